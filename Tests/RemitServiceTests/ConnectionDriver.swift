import RemitService

/// Plays the handler of a state machine: keeps the bytes, and notes what it is told to do.
struct ConnectionDriver {
  enum Event: Equatable {
    case line(String)
    case refusal
    case finish
  }

  var machine: ConnectionStateMachine
  var kept: [UInt8] = []
  var events: [Event] = []
  /// Lines for which a worker is asked.
  var isLong: (String) -> Bool = { _ in false }

  init(lineBytesMax: Int = 16, waitingLinesMax: Int = 4) {
    machine = ConnectionStateMachine(.init(lineBytesMax: lineBytesMax, waitingLinesMax: waitingLinesMax))
  }

  var lines: [String] {
    events.compactMap { if case .line(let text) = $0 { text } else { nil } }
  }

  mutating func receive(_ text: String) {
    receive(Array(text.utf8))
  }

  mutating func receive(_ bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    kept += bytes
    unsafe bytes.withUnsafeBytes { unsafe machine.received($0) }
    run()
  }

  mutating func end() {
    machine.inputEnded()
    run()
  }

  mutating func stopReading() {
    machine.stopReading()
    run()
  }

  mutating func clog() { unsafe kept.withUnsafeBytes { unsafe machine.clogged(kept: $0) } }
  mutating func yield() { unsafe kept.withUnsafeBytes { unsafe machine.yielded(kept: $0) } }

  mutating func unclog() {
    machine.unclogged()
    run()
  }

  mutating func resume() {
    machine.resumed()
    run()
  }

  mutating func comeBack() {
    machine.cameBack()
    run()
  }

  mutating func run() {
    while true {
      switch unsafe kept.withUnsafeBytes({ unsafe machine.next($0) }) {
      case .answer(let length, let consuming):
        let text = String(decoding: kept[..<length], as: UTF8.self)
        events.append(.line(text))
        kept.removeFirst(consuming)
        if isLong(text) { unsafe kept.withUnsafeBytes { unsafe machine.wentAway(kept: $0) } }
      case .refuse(let consuming):
        events.append(.refusal)
        kept.removeFirst(consuming)
      case .drop(let count):
        kept.removeFirst(count)
      case .wait:
        return
      case .finish:
        events.append(.finish)
      }
    }
  }
}
