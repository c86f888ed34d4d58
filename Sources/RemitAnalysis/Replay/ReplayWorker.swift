internal import RemitEngine
internal import RemitLog
internal import RemitLua
internal import RemitPolicy
internal import RemitWire

/// Decides the lines of blocks once more, and compares. It belongs to one thread.
final class ReplayWorker {
  private let policies: ReplayPolicies
  private let keys: [LogKey]
  /// How many differences of a kind are kept of one block; the others are counted.
  private let keptMax: Int
  private var seats: [ReplaySeat] = []
  private var lastSeat = 0
  /// What came of lines whose policy is not there, as requests name it.
  private var strangers: [[UInt8]: ReplayTally] = [:]
  private var output = ByteWriter()
  private var kept: [ReplayDifference.Kind: Int] = [:]

  /// So many names of policies that are not there are told apart.
  private static let strangersMax = 1000

  init(_ policies: ReplayPolicies, keys: [LogKey], keptMax: Int) {
    self.policies = policies
    self.keys = keys
    self.keptMax = keptMax
  }

  /// What came of all lines, by the policy as requests name it.
  func tallies() -> [[UInt8]: ReplayTally] {
    var sums = strangers
    for seat in seats {
      seat.settle()
      sums[seat.written, default: ReplayTally()].add(seat.tally)
    }
    return sums
  }

  func decide(_ block: ReplayBlock) throws(ReplayFailure) {
    kept.removeAll(keepingCapacity: true)
    unsafe try block.withLines { (line) throws(ReplayFailure) in
      for index in 0..<block.count {
        guard let number = block.group(of: index) else {
          unsafe try decide(line(index), block)
          continue
        }
        let group = block.groups[number]
        if group.lines.first == index { unsafe try decide(group.lines.map { unsafe line($0) }, of: group, block) }
      }
    }
    if !block.groups.isEmpty { block.differences.sort { $0.number < $1.number } }
  }

  // MARK: One line

  private func decide(_ line: LogLine, _ block: ReplayBlock) throws(ReplayFailure) {
    output.removeAll()
    guard let seat = unsafe try seat(line) else { return unsafe decideStranger(line, block) }
    unsafe seat.count(version: line.version)
    guard unsafe seat.decider.prepare(line, into: &output) else { return unsafe compare(line, 0, seat, block) }
    guard let input = unsafe line.input else {
      // A batch that was refused as a whole, and would not be now.
      unsafe output.append(ReplayResult.nothingToCompare)
      return unsafe compare(line, 0, seat, block)
    }
    if case .row(_, together: nil) = unsafe line.method, seat.isForGroups {
      // Which rows were one batch is not in the log.
      seat.tally.incomplete += 1
      seat.tally.regrouped += 1
      return
    }
    let masks = unsafe line.masks
    if masks.isEmpty {
      try write { (output) throws(StreamError) in try unsafe seat.decider.decide(input, into: &output) }
      return unsafe compare(line, 0, seat, block)
    }
    if let whole = unsafe try unseal(line, seat) {
      try write { (output) throws(StreamError) in
        try unsafe seat.decider.decide(UnsafeRawBufferPointer(whole.bytes), into: &output)
      }
      return unsafe compare(line, 0, seat, block)
    }
    guard let hidden = unsafe seat.fields?.hidden(line, masks) else {
      seat.tally.masked += 1
      seat.tally.undeclared += 1
      return
    }
    var isKnown = hidden.isEmpty
    try write { (output) throws(StreamError) in
      if isKnown {
        try unsafe seat.decider.decide(input, into: &output)
      } else if let masked = seat.masked {
        isKnown = unsafe try masked.decide(line, hidden, by: seat.decider, into: &output)
      }
    }
    if isKnown { unsafe compare(line, 0, seat, block) } else { seat.tally.masked += 1 }
  }

  /// A line whose policy is not there, or which names none.
  private func decideStranger(_ line: LogLine, _ block: ReplayBlock) {
    Redecider.refuse(policy: unsafe line.policyName, among: policies.names, into: &output)
    var name = unsafe Array(line.policy)
    if strangers[name] == nil && strangers.count >= Self.strangersMax { name = Array("\"…\"".utf8) }
    var tally = strangers[name] ?? ReplayTally()
    tally.lines += 1
    tally.isGone = true
    if let version = unsafe line.version {
      let former = unsafe String(decoding: version, as: UTF8.self)
      tally.formerVersions[former, default: 0] += 1
    }
    unsafe compare(line, 0, nil, &tally, block)
    strangers[name] = tally
  }

  // MARK: Rows together

  private func decide(
    _ lines: [LogLine], of group: RowGrouping.Group, _ block: ReplayBlock
  ) throws(ReplayFailure) {
    output.removeAll()
    guard let seat = unsafe try seat(lines[0]) else {
      for index in unsafe lines.indices {
        output.removeAll()
        unsafe decideStranger(lines[index], block)
      }
      return
    }
    for index in unsafe lines.indices { unsafe seat.count(version: lines[index].version) }
    guard group.isComplete, unsafe lines.first?.method == .row(0, together: group.rows) else {
      unsafe seat.tally.incomplete += lines.count
      return
    }
    guard unsafe seat.decider.prepare(lines[0], into: &output) else {
      for index in unsafe lines.indices { unsafe compare(lines[index], 0, seat, block) }
      return
    }
    var whole: [ByteBlock] = []
    var inputs: [UnsafeRawBufferPointer] = unsafe []
    var isHidden = false
    for index in unsafe lines.indices {
      let line = unsafe lines[index]
      guard let input = unsafe line.input else { preconditionFailure("a row of a batch has an input") }
      let masks = unsafe line.masks
      if masks.isEmpty {
        unsafe inputs.append(input)
      } else if let opened = unsafe try unseal(line, seat) {
        whole.append(opened)
        unsafe inputs.append(UnsafeRawBufferPointer(opened.bytes))
      } else if let hidden = unsafe seat.fields?.hidden(line, masks), hidden.isEmpty {
        unsafe inputs.append(input)
      } else {
        isHidden = true
      }
    }
    if isHidden {
      // What one row has may decide about all.
      unsafe seat.tally.masked += lines.count
      return
    }
    var places: [Range<Int>] = []
    try write { (output) throws(StreamError) in
      places = try unsafe seat.decider.decideTogether(inputs, into: &output)
    }
    withExtendedLifetime(whole) {}
    for (index, place) in places.enumerated() {
      unsafe compare(lines[index], place.lowerBound, seat, block, end: place.upperBound)
    }
  }

  // MARK: Before a decision

  private func seat(_ line: LogLine) throws(ReplayFailure) -> ReplaySeat? {
    let written = unsafe line.policy
    if seats.indices.contains(lastSeat), unsafe seats[lastSeat].isCalled(written) { return seats[lastSeat] }
    if let index = seats.firstIndex(where: { unsafe $0.isCalled(written) }) {
      lastSeat = index
      return seats[index]
    }
    guard let name = unsafe line.policyName else { return nil }
    do {
      guard let policy = try policies.policy(named: name) else { return nil }
      lastSeat = seats.count
      let policies = policies
      seats.append(
        try ReplaySeat(policy, written: unsafe Array(written), former: { policies.former(named: policy.name) }))
      return seats[lastSeat]
    } catch let error as PolicyLoadError {
      throw .policy(error)
    } catch {
      throw .other("\(error)")
    }
  }

  /// The input as the request had it; nil where none of the keys opens it.
  private func unseal(_ line: LogLine, _ seat: ReplaySeat) throws(ReplayFailure) -> ByteBlock? {
    guard !keys.isEmpty else { return nil }
    do throws(LogError) {
      switch unsafe try line.unsealedInput(with: keys) {
      case .whole(let input): return ByteBlock(input)
      case .nothingSealed: return nil
      case .underOtherKey:
        seat.tally.underOtherKeys += 1
        return nil
      }
    } catch {
      throw .log(error)
    }
  }

  private func write(_ body: (inout ByteWriter) throws(StreamError) -> Void) throws(ReplayFailure) {
    do throws(StreamError) {
      try body(&output)
    } catch {
      throw .other(error.description)
    }
  }

  // MARK: After it

  private func compare(_ line: LogLine, _ start: Int, _ seat: ReplaySeat, _ block: ReplayBlock, end: Int? = nil) {
    unsafe compare(line, start, seat, &seat.tally, block, end: end)
  }

  /// Compares what was logged with the element that `output` has from `start` on.
  private func compare(
    _ line: LogLine, _ start: Int, _ seat: ReplaySeat?, _ tally: inout ReplayTally, _ block: ReplayBlock,
    end: Int? = nil
  ) {
    let was = unsafe ReplayResult(isError: line.isError, json: line.resultBytes)
    let difference: ReplayDifference? = unsafe output.withBytes { bytes in
      let written = unsafe ReplayResult(element: UnsafeRawBufferPointer(rebasing: bytes[start..<(end ?? bytes.count)]))
      if unsafe written.isEqual(to: was) {
        tally.equal += 1
        return nil
      }
      // What looks into it asks for padding.
      let copy = unsafe ByteBlock(written.json)
      defer { withExtendedLifetime(copy) {} }
      let now = unsafe ReplayResult(isError: written.isError, json: UnsafeRawBufferPointer(copy.bytes))
      if unsafe now.isOfTime || was.isOfTime {
        tally.timed += 1
        return nil
      }
      let transition = unsafe ReplayTally.Transition(from: was.label, to: now.label)
      tally.transitions[transition, default: 0] += 1
      let kind = unsafe ReplayDifference.Kind(policy: Array(line.policy), transition: transition)
      let count = kept[kind, default: 0]
      guard count < keptMax else { return nil }
      kept[kind] = count + 1
      return unsafe ReplayDifference(
        place: line.place, number: line.number, id: line.shownID.map { unsafe Array($0) }, policy: kind.policy,
        at: Array(line.at), formerVersion: line.version.map { unsafe String(decoding: $0, as: UTF8.self) },
        version: seat.map { String(decoding: $0.version, as: UTF8.self) }, transition: transition,
        was: was.copy, now: now.copy)
    }
    if let difference { block.differences.append(difference) }
  }
}

extension Redecider {
  /// Makes ready for what a line asks.
  fileprivate func prepare(_ line: LogLine, into output: inout ByteWriter) -> Bool {
    let at = unsafe line.at
    guard unsafe at.contains(UInt8(ascii: "\\")) else {
      return unsafe prepare(Circumstances(at: at, params: line.params), into: &output)
    }
    return unsafe Array(JSONBytes.unescaped(at).utf8).withUnsafeBytes { at in
      unsafe prepare(Circumstances(at: at, params: line.params), into: &output)
    }
  }
}
