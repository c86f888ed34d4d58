private import RemitSyntax

/// Comparisons of a declared value with a literal that can have only one answer, or none.
struct Comparisons {
  let source: SourceFile
  let shapes: Shapes
  var suggestions: Suggestions
  private(set) var findings: [Finding] = []

  init(_ shapes: Shapes, suggestions: Suggestions) {
    source = shapes.source
    self.shapes = shapes
    self.suggestions = suggestions
  }

  mutating func run() {
    for expression in source.tree.expressions {
      guard case .binary(let operation, let left, let right, _) = expression.kind else { continue }
      switch operation {
      case .equal, .notEqual:
        compare(left, with: right, isOrder: false)
        compare(right, with: left, isOrder: false)
      case .less, .lessEqual, .greater, .greaterEqual:
        compare(left, with: right, isOrder: true)
        compare(right, with: left, isOrder: true)
      default: continue
      }
    }
  }

  private enum Literal {
    case text(String)
    case number, boolean, table
  }

  private func literal(_ id: ExpressionID) -> Literal? {
    let id = source.tree.bare(id)
    switch source.tree[id].kind {
    case .string: return source.text(id).map { .text($0) }
    case .integer, .decimal: return .number
    case .unary(.negate, let operand):
      if case .number? = literal(operand) { return .number }
      return nil
    case .true, .false: return .boolean
    case .table: return .table
    default: return nil
    }
  }

  private mutating func compare(_ value: ExpressionID, with other: ExpressionID, isOrder: Bool) {
    guard case .declared(let number) = shapes[value], let literal = literal(other) else { return }
    let type = shapes.types[number]
    let name = type.path
    switch (type.kind, literal) {
    case (.number, .number), (.text, .text), (.boolean, .boolean), (.other, _): return
    case (.choice(let values), .text(let text)):
      guard !isOrder, !values.contains(text) else { return }
      let hint = suggestions.hint(text, among: values, of: "=\(number)")
      add("\"\(name)\" is never \"\(text)\"\(hint)", at: other)
    case (.record, .table) where !isOrder, (.list, .table) where !isOrder, (.map, .table) where !isOrder:
      add("a new table is equal to nothing but itself", at: other)
    default:
      let words = type.word == "enum" || type.word == "integer" ? "an \(type.word)" : "a \(type.word)"
      let what = "\"\(name)\" is \(words) and \(isOrder ? "cannot be compared with" : "never equals") \(word(literal))"
      add(
        type.path.isEmpty
          ? "\(type.word) \(isOrder ? "cannot be compared with" : "never equals") \(word(literal))" : what, at: other)
    }
  }

  private func word(_ literal: Literal) -> String {
    switch literal {
    case .text: "a text"
    case .number: "a number"
    case .boolean: "a boolean"
    case .table: "a table"
    }
  }

  private mutating func add(_ message: String, at id: ExpressionID) {
    findings.append(source.finding(.impossibleComparison, at: id, message))
  }
}
