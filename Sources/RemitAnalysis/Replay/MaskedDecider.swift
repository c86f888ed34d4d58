private import Glibc
internal import RemitEngine
internal import RemitLog
internal import RemitLua
internal import RemitModel
internal import RemitPolicy
internal import RemitWire

/// Decides inputs of which some values are masked, where these make no difference. It belongs to one thread.
///
/// A value of the declared type stands in for each, and the decision is traced: up to the first read of such a value it goes the way that the
/// true ones would have taken, so where none is read its result is theirs, too.
final class MaskedDecider {
  private let policy: LoadedPolicy
  private let version: [UInt8]
  private let declared: DeclaredType
  private var traced: TracedEvaluator?
  private var line = ByteWriter()

  /// Nil for a policy that decides rows together, which is not traced.
  init?(_ policy: LoadedPolicy) {
    guard policy.declaration.group == nil,
      let declared = (try? JSONView(policy.declarationJSON.array()))?["input"].map({ DeclaredType($0) })
    else { return nil }
    self.policy = policy
    self.declared = declared
    version = Array(policy.version.description.utf8)
  }

  /// Decides, and appends the result as an element.
  ///
  /// - Returns: False where it may depend on a masked value; then nothing is appended.
  func decide(_ entry: LogLine, _ masks: [LogLine.Mask], into output: inout ByteWriter) -> Bool {
    guard let input = unsafe entry.input else { return false }
    let was = unsafe ReplayResult(isError: entry.isError, json: entry.resultBytes)
    let isSameVersion = unsafe entry.version.map { unsafe $0.elementsEqual(version) } ?? false
    var filled: [UInt8] = []
    var end = 0
    var hidden: [String] = []
    for mask in masks {
      let names = mask.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(ValuePath.unescaped)
      // Nobody reads what is not declared, and under the same version only what holds something sensitive has been masked.
      guard let type = declared.type(at: names), type.holdsSensitive || !isSameVersion else { continue }
      guard let value = StandIn.json(for: type) else { return false }
      unsafe filled.append(contentsOf: input[end..<mask.range.lowerBound])
      filled += value
      end = mask.range.upperBound
      hidden.append(mask.path)
    }
    unsafe filled.append(contentsOf: input[end...])
    guard unsafe !Self.depends(was, on: hidden), let reads = unsafe decide(filled, entry),
      !reads.contains(where: { Self.isHidden($0, hidden) })
    else { return false }
    let start = output.count
    unsafe line.withBytes { line in unsafe output.appendElement(ofResultLine: line) }
    let now = unsafe output.withBytes { bytes in unsafe ByteBlock(bytes[start...]) }
    let element = unsafe UnsafeRawBufferPointer(now.bytes)
    defer { withExtendedLifetime(now) {} }
    if unsafe Self.depends(ReplayResult(element: element), on: hidden) {
      output.truncate(to: start)
      return false
    }
    return true
  }

  /// Fills `line` with the result line of a traced decision.
  ///
  /// - Returns: The paths in the input that were read; nil where these are not known.
  private func decide(_ input: [UInt8], _ entry: LogLine) -> [String]? {
    line.removeAll()
    let params = unsafe entry.params.map { unsafe Array($0) } ?? Array("{}".utf8)
    let at = unsafe JSONBytes.unescaped(entry.at)
    do {
      let traced = try self.traced ?? TracedEvaluator(policy, params: params, at: at)
      self.traced = traced
      try traced.set(params: params, at: at)
      let (_, trace) = try traced.decide(ByteBlock(input), into: &line)
      guard trace["truncated"]?.boolean != true else { return nil }
      // What looks into it asks for padding; white space behind a line does not count.
      for _ in 0..<ByteBlock.padding { line.append(UInt8(ascii: "\n")) }
      return trace["reads"]?.elements.compactMap { $0["path"]?.string }
    } catch {
      // The params were accepted before, so it is want of memory.
      return nil
    }
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
