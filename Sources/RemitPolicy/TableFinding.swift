package import RemitLua
package import RemitModel
private import RemitWire

/// What is wrong with a rule of a decision table, or with all of them together.
package struct TableFinding: Hashable, Sendable {
  package enum Kind: String, Sendable {
    /// Two rules match one input: in a table whose hit policy is U, or A and their outputs differ.
    case overlap
    /// A rule that never matches, or never counts because others come first.
    case never
    /// An input that no rule has an answer for.
    case gap
    /// An answer that falls where the table's row `check` says that it rises, or the other way round.
    case trend
    /// A search was ended before it was through. Nothing is wrong for that alone.
    case incomplete
  }

  package let kind: Kind
  /// The sheet, and the row of the rule at fault; 1 where it is no single rule's.
  package let file: String
  package let line: Int
  /// The rule's number, as decisions name it; nil where it is no single rule's.
  package let rule: Int?
  package let message: String
  /// An input that shows it, as a JSON object; nil where there can be none.
  package let example: String?

  /// `approval/matrix.csv:7: rules 2 and 5 both match, …: for example {"amount":5000}`.
  package var diagnostic: Diagnostic {
    Diagnostic(file: file, line: line, message: example.map { "\(message): for example \($0)" } ?? message)
  }
}

extension PolicyMachine {
  /// Searches the decision tables that the policy reads; its params have their defaults.
  ///
  /// Takes up to a few seconds where a table has many thousands of rules, and is bounded whatever it holds.
  package func tableFindings() throws(LuaError) -> [TableFinding] {
    let json = try machine.tableFindings(policy)
    guard let view = try? JSONView(json.array()) else {
      throw LuaError(code: .internalError, message: "the findings of the decision tables cannot be read")
    }
    return view.elements.compactMap { TableFinding($0, recorder) }
  }
}

extension TableFinding {
  fileprivate init?(_ view: JSONView, _ recorder: ModuleRecorder) {
    guard let kind = view["kind"]?.string.flatMap(Kind.init), let file = view["file"]?.string,
      let line = view["line"]?.integer, let message = view["message"]?.string
    else { return nil }
    self.init(
      kind: kind, file: recorder.shown(file), line: line, rule: view["rule"]?.integer, message: message,
      example: view["example"]?.rawText)
  }
}
