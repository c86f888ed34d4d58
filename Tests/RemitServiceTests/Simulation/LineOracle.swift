import RemitService

/// What a connection has to do, said as plainly as can be: it keeps all bytes and looks at them anew each time.
struct LineOracle: Hashable {
  enum Event: Hashable {
    case line([UInt8])
    case refusal
    case finish
  }

  enum Ending {
    case open, restIsLine, restIsNothing, finished
  }

  let lineBytesMax: Int
  let waitingLinesMax: Int
  private(set) var pending: [UInt8] = []
  private(set) var ending = Ending.open
  private var isPassingOver = false
  var isAway = false
  var isClogged = false
  var isYielding = false
  var isHeld = false

  init(lineBytesMax: Int, waitingLinesMax: Int) {
    self.lineBytesMax = lineBytesMax
    self.waitingLinesMax = waitingLinesMax
  }

  var isBlocked: Bool { isAway || isClogged || isYielding || isHeld }

  var wantsInput: Bool {
    guard ending == .open else { return false }
    return !isBlocked || (pending.count { $0 == 10 } < waitingLinesMax && pending.count < 2 * lineBytesMax)
  }

  mutating func receive(_ bytes: [UInt8]) { pending += bytes }

  mutating func end(restIsLine: Bool) {
    if ending == .open { ending = restIsLine ? .restIsLine : .restIsNothing }
  }

  /// What is due. A line that begins with `w` is answered elsewhere.
  mutating func run() -> [Event] {
    var events: [Event] = []
    while !isBlocked && ending != .finished {
      if let newline = pending.firstIndex(of: 10) {
        let line = Array(pending[..<newline])
        pending.removeFirst(newline + 1)
        take(line, &events)
      } else if ending == .open {
        if isPassingOver {
          pending = []
        } else if pending.count > lineBytesMax + 1 {
          isPassingOver = true
          pending = []
          events.append(.refusal)
        }
        break
      } else {
        if ending == .restIsLine {
          let line = pending
          pending = []
          if !line.isEmpty {
            take(line, &events)
            continue
          }
        }
        ending = .finished
        events.append(.finish)
      }
    }
    return events
  }

  private mutating func take(_ bytes: [UInt8], _ events: inout [Event]) {
    if isPassingOver {
      isPassingOver = false
      return
    }
    var line = bytes
    if line.last == 13 { line.removeLast() }
    if line.count > lineBytesMax {
      events.append(.refusal)
    } else if line.contains(where: { $0 != 32 && $0 != 9 && $0 != 13 }) {
      events.append(.line(line))
      if line[0] == UInt8(ascii: "w") { isAway = true }
    }
  }
}

/// A machine with its bytes beside the oracle: both are told the same.
struct MachineAndOracle: Hashable {
  enum Input: Hashable {
    case receive([UInt8])
    case clog, unclog, yield, resume, hold, release, comeBack, end, stop
  }

  var machine: ConnectionStateMachine
  var kept: [UInt8] = []
  var oracle: LineOracle

  init(lineBytesMax: Int, waitingLinesMax: Int) {
    machine = .init(.init(lineBytesMax: lineBytesMax, waitingLinesMax: waitingLinesMax))
    oracle = LineOracle(lineBytesMax: lineBytesMax, waitingLinesMax: waitingLinesMax)
  }

  /// Tells both, and compares what they do.
  mutating func step(_ input: Input) throws(SimulationFailure) {
    switch input {
    case .receive(let bytes):
      kept += bytes
      unsafe bytes.withUnsafeBytes { unsafe machine.received($0) }
      oracle.receive(bytes)
    case .clog:
      unsafe kept.withUnsafeBytes { unsafe machine.clogged(kept: $0) }
      oracle.isClogged = true
    case .unclog:
      machine.unclogged()
      oracle.isClogged = false
    case .yield:
      unsafe kept.withUnsafeBytes { unsafe machine.yielded(kept: $0) }
      oracle.isYielding = true
    case .resume:
      machine.resumed()
      oracle.isYielding = false
    case .hold:
      unsafe kept.withUnsafeBytes { unsafe machine.held(kept: $0) }
      oracle.isHeld = true
    case .release:
      machine.released()
      oracle.isHeld = false
    case .comeBack:
      machine.cameBack()
      oracle.isAway = false
    case .end:
      machine.inputEnded()
      oracle.end(restIsLine: true)
    case .stop:
      machine.stopReading()
      oracle.end(restIsLine: false)
    }
    let done = run()
    let due = oracle.run()
    try require(done == due, "did \(done), and due was \(due)")
    try require(kept == oracle.pending, "kept \(kept), and \(oracle.pending) is not done with")
    try require(
      machine.wantsInput == oracle.wantsInput,
      "\(machine.wantsInput ? "wants" : "does not want") more, with \(kept) kept")
    try require(
      machine.wantsInput || oracle.isBlocked || oracle.ending != .open, "waits for input without reading any")
    try require(machine.isIdle == (!oracle.isAway && !oracle.isYielding && !oracle.isHeld), "is wrong about being idle")
  }

  private mutating func run() -> [LineOracle.Event] {
    var events: [LineOracle.Event] = []
    while true {
      switch unsafe kept.withUnsafeBytes({ unsafe machine.next($0) }) {
      case .answer(let length, let consuming):
        let line = Array(kept[..<length])
        events.append(.line(line))
        kept.removeFirst(consuming)
        if line[0] == UInt8(ascii: "w") { unsafe kept.withUnsafeBytes { unsafe machine.wentAway(kept: $0) } }
      case .refuse(let consuming):
        events.append(.refusal)
        kept.removeFirst(consuming)
      case .drop(let count):
        kept.removeFirst(count)
      case .wait:
        return events
      case .finish:
        events.append(.finish)
      }
    }
  }
}
