internal import RemitLua
internal import RemitModel
package import RemitPolicy
internal import RemitWire

/// Decisions of a policy as they once were, a JSON object a line, in `<family>/<name>_golden.ndjson` beside it:
///
/// ```json
/// {"input":{…},"params":{…},"at":"2025-06-15","decision":{…}}
/// ```
///
/// `params` and `at` may be absent; `error` stands in the place of `decision` where there is none. A line without either waits for
/// being recorded.
package struct GoldenFile {
  private let policy: LoadedPolicy
  private let lines: [(number: Int, text: [UInt8])]

  /// Nil where the policy has no such file.
  init?(of policy: LoadedPolicy) {
    guard let bytes = policy.store.data(ofFile: policy.name.goldenFile) else { return nil }
    self.policy = policy
    lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
      .map { (number: $0 + 1, text: Array($1)) }
      .filter { line in line.text.contains { $0 > 0x20 } }
  }

  /// Every line as a case.
  var cases: [PolicyTestRunner.Case] {
    lines.enumerated().map { index, line in
      var mistakes: [String] = []
      var test: JSONView?
      do {
        let view = try JSONView(line.text)
        mistakes = self.mistakes(in: view)
        test = view
      } catch {
        mistakes = ["the line is no JSON: \(error)"]
      }
      guard let view = test ?? (try? JSONView("{}")) else { preconditionFailure("an empty object is JSON") }
      return .init(
        name: "golden line \(line.number)", test: view, mistakes: mistakes, file: policy.name.goldenFile,
        line: line.number, number: index + 1, isGolden: true)
    }
  }

  private static let keys = ["input", "params", "at", "decision", "error"]

  private func mistakes(in line: JSONView) -> [String] {
    guard policy.declaration.group == nil else {
      return ["\(policy.name) decides rows together: golden decisions are of policies that decide one by one"]
    }
    guard line.kind == .object else { return ["expected an object with an input and a decision, got \(line.rawText)"] }
    var found = PolicyTestShape.unknownKeys(of: line, known: Self.keys, in: "a golden line")
    if line["input"] == nil { found.append("input: expected an object, got nothing") }
    if let params = line["params"], params.kind != .object {
      found.append("params: expected an object, got \(params.rawText)")
    }
    if let at = line["at"], at.string == nil { found.append("at: expected a text, got \(at.rawText)") }
    if line["decision"] != nil && line["error"] != nil { found.append("decision and error stand both there") }
    return found
  }

  /// What `remit test --record` writes.
  package struct Recording {
    /// The whole file; nil where it stays as it is.
    package var bytes: [UInt8]?
    package var lines: Int
    package var changed: Int
    /// What is wrong with lines, `file:line: words`; nothing is recorded then.
    package var mistakes: [String]
  }

  /// Decides every line anew. Nil where the policy has no golden file.
  package static func recording(of policy: LoadedPolicy) -> Recording? {
    guard let file = GoldenFile(of: policy) else { return nil }
    let runner = PolicyTestRunner(PolicyLoader(policy.store))
    var recording = Recording(lines: file.lines.count, changed: 0, mistakes: [])
    var output = ByteWriter()
    for (line, item) in zip(file.lines, file.cases) {
      recording.mistakes += item.mistakes.map { "\(item.file):\(item.line): \($0)" }
      guard item.mistakes.isEmpty else { continue }
      let start = output.count
      append(item.test, runner.goldenResult(item.test, of: policy), to: &output)
      if output.bytes[start...].dropLast() != Self.trimmed(line.text) { recording.changed += 1 }
    }
    if recording.mistakes.isEmpty && recording.changed > 0 { recording.bytes = output.bytes }
    return recording
  }

  private static func append(_ line: JSONView, _ result: JSONView, to output: inout ByteWriter) {
    output.append("{")
    for key in ["input", "params", "at"] {
      guard let value = line[key] else { continue }
      if key != "input" { output.append(",") }
      output.appendJSONString(key)
      output.append(":")
      output.append(value.rawText)
    }
    for (key, value) in result.members where key == "decision" || key == "error" {
      output.append(",")
      output.appendJSONString(key)
      output.append(":")
      output.append(value.rawText)
    }
    output.append("}\n")
  }

  private static func trimmed(_ text: [UInt8]) -> ArraySlice<UInt8> {
    var text = text[...]
    while let last = text.last, last <= 0x20 { text = text.dropLast() }
    return text
  }
}

extension PolicyTestRunner {
  /// Decides a golden line again, and says what differs.
  func runGolden(_ item: Case, of policy: LoadedPolicy) -> [String] {
    let key = item.test["error"] == nil ? "decision" : "error"
    guard let expected = item.test[key] else {
      return ["no decision is recorded: run remit test --record, and look at what it writes"]
    }
    let result = goldenResult(item.test, of: policy)
    if let actual = result[key] { return TestDifference.lines(expected: expected, actual: actual, at: key) }
    return Self.differences(item.test, decision: result["decision"], error: result["error"])
  }

  /// An object with the decision, or with the error.
  fileprivate func goldenResult(_ line: JSONView, of policy: LoadedPolicy) -> JSONView {
    let input = ByteBlock(line["input"].map { Array($0.rawBytes) } ?? [])
    do throws(EngineError) {
      let evaluator = try evaluator(of: line, policy)
      var output = ByteWriter()
      // SAFETY: the block lives through the call, and has its padding.
      _ = unsafe evaluator.decide(UnsafeRawBufferPointer(input.bytes), line: 1, into: &output)
      guard let result = try? JSONView(output.bytes) else { preconditionFailure("a result line is JSON") }
      if result["decision"] != nil { observer?.decided(result) }
      return result
    } catch {
      let text = Self.json(error)?.rawText ?? "{}"
      guard let result = try? JSONView("{\"error\":\(text)}") else { preconditionFailure("an error is JSON") }
      return result
    }
  }
}
