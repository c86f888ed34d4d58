internal import RemitEngine
internal import RemitLog
internal import RemitLua
internal import RemitPolicy
internal import RemitWire

/// Decides inputs of which some values are masked, where these make no difference. It belongs to one thread.
///
/// A value of the declared type stands in for each, and the decision is traced: up to the first read of such a value it goes the way that the
/// true ones would have taken, so where none is read its result is theirs, too.
final class MaskedDecider {
  private let policy: LoadedPolicy
  private var traced: TracedEvaluator?
  private var line = ByteWriter()
  private var element = ByteWriter()

  /// Nil for a policy that decides rows together, which is not traced.
  init?(_ policy: LoadedPolicy) {
    guard policy.declaration.group == nil else { return nil }
    self.policy = policy
  }

  /// Decides, and appends the result as an element.
  ///
  /// - Parameter decider: Made ready for the line. Its result counts: in traced text some errors of the machine do not know a name that they
  ///   have without.
  /// - Returns: False where the result may depend on a masked value; then nothing is appended.
  func decide(
    _ entry: LogLine, _ values: [MaskedFields.Hidden], by decider: Redecider, into output: inout ByteWriter
  ) throws(StreamError) -> Bool {
    let was = unsafe ReplayResult(isError: entry.isError, json: entry.resultBytes)
    let hidden = values.map(\.mask.path)
    guard unsafe !Self.depends(was, on: hidden), let input = unsafe Self.filled(entry, values),
      let reads = unsafe trace(input, entry), !reads.contains(where: { Self.isHidden($0, hidden) })
    else { return false }
    let start = output.count
    _ = unsafe try decider.decide(UnsafeRawBufferPointer(input.bytes), into: &output)
    readElement()
    let isKnown = unsafe output.withBytes { bytes in
      let now = unsafe UnsafeRawBufferPointer(rebasing: bytes[start...])
      return unsafe isTraced(now) && !Self.depends(now, on: hidden)
    }
    if !isKnown { output.truncate(to: start) }
    return isKnown
  }

  /// The input with other values in the place of the masked ones; nil where none is found.
  private static func filled(_ entry: LogLine, _ values: [MaskedFields.Hidden]) -> ByteBlock? {
    guard let input = unsafe entry.input else { return nil }
    var filled: [UInt8] = []
    var end = 0
    for hidden in values {
      guard let value = StandIn.json(for: hidden.type) else { return nil }
      unsafe filled.append(contentsOf: input[end..<hidden.mask.range.lowerBound])
      filled += value
      end = hidden.mask.range.upperBound
    }
    unsafe filled.append(contentsOf: input[end...])
    return ByteBlock(filled)
  }

  /// Fills `line` with the result line of a traced decision.
  ///
  /// - Returns: The paths in the input that were read; nil where these are not known.
  private func trace(_ input: ByteBlock, _ entry: LogLine) -> [String]? {
    line.removeAll()
    let params = unsafe entry.params.map { unsafe Array($0) } ?? Array("{}".utf8)
    let at = unsafe JSONBytes.unescaped(entry.at)
    do {
      let traced = try self.traced ?? TracedEvaluator(policy, params: params, at: at)
      self.traced = traced
      try traced.set(params: params, at: at)
      let (_, trace) = try traced.decide(input, into: &line)
      guard trace["truncated"]?.boolean != true, let reads = trace["reads"], let met = trace["met"] else { return nil }
      return reads.elements.compactMap { $0["path"]?.string } + met.elements.compactMap(\.string)
    } catch {
      // The params were accepted before, so it is want of memory.
      return nil
    }
  }

  /// Turns `line` into an element.
  private func readElement() {
    // What looks into it asks for padding; white space behind a line does not count.
    for _ in 0..<ByteBlock.padding { line.append(UInt8(ascii: "\n")) }
    element.removeAll()
    unsafe line.withBytes { line in unsafe element.appendElement(ofResultLine: line) }
  }

  /// Whether the traced decision has come to that element too, but for the words of an error. A policy that looks into such words may go
  /// another way.
  private func isTraced(_ now: UnsafeRawBufferPointer) -> Bool {
    unsafe element.withBytes { traced in
      if unsafe now.elementsEqual(traced) { return true }
      let results = unsafe (ReplayResult(element: now), ReplayResult(element: traced))
      guard unsafe results.0.isError && results.1.isError else { return false }
      return unsafe Self.withCopy(results.0) { now in
        unsafe Self.withCopy(results.1) { traced in
          unsafe now.rawMember("code") == traced.rawMember("code") && now.rawMember("line") == traced.rawMember("line")
        }
      }
    }
  }

  private static func depends(_ element: UnsafeRawBufferPointer, on hidden: [String]) -> Bool {
    let result = unsafe ReplayResult(element: element)
    return unsafe result.isError && withCopy(result) { unsafe depends($0, on: hidden) }
  }

  /// What looks into a result asks for padding.
  private static func withCopy<Value>(_ result: ReplayResult, _ body: (ReplayResult) -> Value) -> Value {
    let copy = unsafe ByteBlock(result.json)
    defer { withExtendedLifetime(copy) {} }
    return unsafe body(ReplayResult(isError: result.isError, json: UnsafeRawBufferPointer(copy.bytes)))
  }

  /// Whether a result says something of a hidden value, or might say something else with the true one.
  private static func depends(_ result: ReplayResult, on hidden: [String]) -> Bool {
    guard unsafe result.isError else { return false }
    return unsafe result.isOfBudget || result.isLeftOut || result.paths.contains { isHidden($0, hidden) }
  }

  /// Whether that is the path of a hidden value, or of something in it.
  private static func isHidden(_ path: String, _ hidden: [String]) -> Bool {
    hidden.contains { path == $0 || (path.hasPrefix($0) && path.dropFirst($0.count).first == "/") }
  }
}
