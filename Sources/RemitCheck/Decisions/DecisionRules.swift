internal import RemitPolicy
internal import RemitSyntax

/// Decisions against what the policy declares.
struct DecisionRules {
  let source: SourceFile
  let declaration: PolicyDeclaration
  let decisions: Decisions
  var suggestions: Suggestions
  private(set) var findings: [Finding] = []

  init(_ source: SourceFile, _ declaration: PolicyDeclaration, _ decisions: Decisions, suggestions: Suggestions) {
    self.source = source
    self.declaration = declaration
    self.decisions = decisions
    self.suggestions = suggestions
  }

  mutating func run() {
    findings += decisions.incomplete
    let codes = Set(declaration.reasons.map(\.code))
    for id in decisions.reasons.sorted(by: { $0.index < $1.index }) {
      guard let code = source.text(id), !codes.contains(code) else { continue }
      let hint = suggestions.hint(code, among: codes, of: "reasons")
      findings.append(source.finding(.undeclaredReason, at: id, "the reason \"\(code)\" is not declared\(hint)"))
    }
    let outcomes = Set(declaration.outcomes)
    for id in decisions.outcomes.sorted(by: { $0.index < $1.index }) {
      guard let outcome = source.text(id), !outcomes.contains(outcome) else { continue }
      let hint = suggestions.hint(outcome, among: outcomes, of: "outcomes")
      findings.append(source.finding(.undeclaredOutcome, at: id, "the outcome \"\(outcome)\" is not declared\(hint)"))
    }
    texts()
  }

  /// What the declaration leaves unsaid.
  private mutating func texts() {
    let tree = source.tree
    for reason in declaration.reasons {
      guard let field = tree.field(ofDeclaration: ["reasons", reason.code]) else { continue }
      let missing = [("en", reason.english), ("zh", reason.chinese)].filter { $0.1?.isEmpty ?? true }.map(\.0)
      guard !missing.isEmpty else { continue }
      let words = missing.joined(separator: " and no ")
      findings.append(
        source.finding(.missingReasonText, at: field.start, "the reason \"\(reason.code)\" has no \(words)"))
    }
    for param in declaration.params where param.summary?.isEmpty ?? true {
      guard let field = tree.field(ofDeclaration: ["params", param.name]) else { continue }
      findings.append(
        source.finding(.missingSummary, at: field.start, "the param \"\(param.name)\" has no summary"))
    }
    guard let declared = tree.declaration?.call else { return }
    let start = tree[declared].start
    if declaration.summary.isEmpty {
      findings.append(source.finding(.missingSummary, at: start, "the policy has no summary"))
    }
    if declaration.source?.isEmpty ?? true {
      findings.append(
        source.finding(.missingSource, at: start, "the policy names no source: the rule that it implements"))
    }
  }
}
