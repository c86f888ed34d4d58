package import RemitEngine
internal import RemitLua
internal import RemitModel
package import RemitPolicy
internal import RemitSyntax
internal import RemitWire

/// Explains decisions under one policy with one set of params, at one time. It belongs to one thread.
package final class Explainer {
  package enum Answer: Sendable {
    case explained(Explanation)
    /// There is no decision: the line that `remit batch` writes for it, with its newline.
    case failed([UInt8])
  }

  private let policy: LoadedPolicy
  private let at: String
  private let budget: SearchBudget
  private let plain: Evaluator
  private let traced: TracedEvaluator
  private let declared: DeclaredType?

  /// - Parameters:
  ///   - params: A JSON object; what it does not name has its default.
  ///   - at: An RFC 3339 time, or a date.
  package init(
    _ policy: LoadedPolicy, params: [UInt8], at: String, budget: SearchBudget = SearchBudget()
  ) throws(EngineError) {
    guard policy.declaration.group == nil else {
      throw EngineError(
        code: .invalidInput,
        message: "\(policy.name) decides rows together: what one row alone would get is no explanation of it")
    }
    self.policy = policy
    self.at = at
    self.budget = budget
    plain = try Evaluator(policy, params: params, at: at)
    traced = try TracedEvaluator(policy, params: params, at: at)
    declared = (try? JSONView(policy.declarationJSON.array()))?["input"].map { DeclaredType($0) }
  }

  /// - Parameter input: One JSON object, on one line or several.
  package func explain(_ input: [UInt8]) throws(EngineError) -> Answer {
    var output = ByteWriter()
    let bytesMax = policy.store.limits.lineBytesMax
    guard input.count <= bytesMax else {
      plain.appendError(
        .lineTooLong, "line is longer than \(bytesMax) bytes", line: 1, hasID: false, into: &output)
      return .failed(output.bytes)
    }
    let block = ByteBlock(input)
    // SAFETY: the block has the padding, and lives during the call.
    let outcome = unsafe plain.decide(UnsafeRawBufferPointer(block.bytes), line: 1, into: &output)
    guard outcome != nil, let line = Self.view(output.bytes), let decision = line["decision"],
      let editable = EditableInput(input)
    else { return .failed(output.bytes) }
    var again = ByteWriter()
    let (tracedOutcome, trace) = try traced.decide(block, into: &again)
    guard tracedOutcome == outcome else {
      throw EngineError(
        code: .budgetExceeded,
        message: "the decision fits its budget, but not while it is traced: it is too near the limit")
    }
    let notes = TraceNotes(trace, policy: policy, files: traced.files, declared: declared)
    let name = decision["outcome"]?.string ?? ""
    var search = TurnFinder(
      editable, outcome: name, notes: notes, declared: declared, constants: Constants(notes, decision, traced.files),
      prober: Prober(traced, budget: budget)
    ) { [unowned self] in judged($0) }
    search.run()
    return .explained(
      Explanation(
        policy: policy.name.description, version: policy.version.description, at: at,
        id: Array(line["id"]?.rawBytes ?? []), outcome: name, reasons: reasons(of: decision),
        decision: Array(decision.rawBytes), decidedAt: notes.decidedAt, reads: notes.reads,
        conditions: notes.conditions, isTruncated: notes.isTruncated, turns: search.turns,
        indifferent: search.indifferent, untried: search.untried, evaluations: search.evaluations,
        isCut: search.isCut))
  }

  /// What the machine of every day, not the traced one, makes of an input; nil for an error.
  private func judged(_ input: [UInt8]) -> TurnFinder.Verdict? {
    var output = ByteWriter()
    let block = ByteBlock(input)
    // SAFETY: the block has the padding, and lives during the call.
    guard unsafe plain.decide(UnsafeRawBufferPointer(block.bytes), line: 1, into: &output) != nil,
      let decision = Self.view(output.bytes)?["decision"], let outcome = decision["outcome"]?.string
    else { return nil }
    return TurnFinder.Verdict(outcome: outcome, reasons: reasons(of: decision))
  }

  private func reasons(of decision: JSONView) -> [Explanation.Reason] {
    let codes = decision["reasons"]?.elements.compactMap(\.string) ?? []
    return codes.map { code in
      let reason = policy.declaration.reasons.first { $0.code == code }
      return Explanation.Reason(code: code, english: reason?.english, chinese: reason?.chinese)
    }
  }

  /// A result line holds a decision, which may be as deep as the limit says, in one level more.
  private static func view(_ line: [UInt8]) -> JSONView? {
    try? JSONView(line, depthMax: 256)
  }
}
