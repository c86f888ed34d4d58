internal import RemitPolicy
private import RemitSyntax
internal import RemitWire

/// Cases of a test file against the policy that they are of: what it does not declare, no decision can have.
struct TestFileRules {
  let source: SourceFile
  let policy: String
  let declaration: PolicyDeclaration
  var suggestions: Suggestions
  private(set) var findings: [Finding] = []

  init(_ source: SourceFile, policy: String, _ declaration: PolicyDeclaration, suggestions: Suggestions) {
    self.source = source
    self.policy = policy
    self.declaration = declaration
    self.suggestions = suggestions
  }

  /// - Parameter cases: As the machine writes them.
  mutating func run(_ cases: [JSONView]) {
    let reasons = Set(declaration.reasons.map(\.code))
    let outcomes = Set(declaration.outcomes)
    let params = Set(declaration.params.map(\.name))
    for test in cases {
      let expected = test["expect"]
      for case let code? in (expected?["reasons"]?.elements ?? []).map(\.string) where !reasons.contains(code) {
        add(.undeclaredReason, "reason", code, among: reasons)
      }
      if let outcome = expected?["outcome"]?.string, !outcomes.contains(outcome) {
        add(.undeclaredOutcome, "outcome", outcome, among: outcomes)
      }
      // A case that expects an error may want to see how a param is refused.
      guard test["error"] == nil else { continue }
      for (name, _) in test["params"]?.members ?? [] where !params.contains(name) {
        add(.unknownParam, "param", name, among: params)
      }
    }
  }

  private mutating func add(_ rule: Rule, _ word: String, _ name: String, among known: Set<String>) {
    let hint = suggestions.hint(name, among: known, of: "\(policy) \(word)")
    let message = "\(policy) declares no \(word) \"\(name)\"\(hint)"
    for place in places(of: name, isKey: rule == .unknownParam) {
      findings.append(source.finding(rule, at: place.start, to: place.end, message))
    }
  }

  /// Where the file says the word; its beginning where it makes it in other ways.
  private func places(of word: String, isKey: Bool) -> [(start: Int32, end: Int32?)] {
    let tree = source.tree
    var found: [(start: Int32, end: Int32?)] = []
    for (index, expression) in tree.expressions.enumerated() {
      if case .string = expression.kind, source.text(ExpressionID(index)) == word {
        found.append((expression.start, expression.end))
      } else if isKey, case .table(let run) = expression.kind {
        for field in tree.fields[run.range] {
          guard case .name(let name) = field.key, source.name(name) == word else { continue }
          found.append((field.start, field.start + Int32(word.utf8.count)))
        }
      }
    }
    return found.isEmpty ? [(Int32(tree.textStart), nil)] : found
  }
}
