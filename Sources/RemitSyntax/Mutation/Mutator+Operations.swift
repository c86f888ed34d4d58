extension Mutator {
  mutating func mutateOperation(_ id: ExpressionID) {
    switch tree[id].kind {
    case .binary(let operation, _, _, let at):
      let place = Int(at)..<Int(at + operation.length)
      for other in Self.others(operation) { add(place, other, context: range(id)) }
    case .unary(let operation, let operand) where operation == .not || operation == .negate && !isNumber(operand):
      // Not to make one word of `and-x`.
      add(range(id).lowerBound..<range(operand).lowerBound, " ", context: range(id))
    default: break
    }
  }

  /// The boundary first, then the opposite.
  private static func others(_ operation: BinaryOperator) -> [String] {
    switch operation {
    case .less: ["<=", ">="]
    case .lessEqual: ["<", ">"]
    case .greater: [">=", "<="]
    case .greaterEqual: [">", "<"]
    case .equal: ["~="]
    case .notEqual: ["=="]
    case .add: ["-"]
    case .subtract: ["+"]
    case .multiply: ["/"]
    case .divide, .floorDivide, .modulo, .power: ["*"]
    case .and: ["or"]
    case .or: ["and"]
    case .bitwiseAnd: ["|"]
    case .bitwiseOr, .bitwiseXor: ["&"]
    case .shiftLeft: [">>"]
    case .shiftRight: ["<<"]
    }
  }

  private func isNumber(_ id: ExpressionID) -> Bool {
    switch tree[id].kind {
    case .integer, .decimal: true
    default: false
    }
  }

  /// Conditions of statements: those that are comparisons or negations have their opposites already.
  mutating func mutateConditions() {
    for statement in tree.statements {
      switch statement.kind {
      case .if(let clauses, _): for clause in tree.clauses[clauses.range] { negate(clause.condition) }
      case .while(let condition, _), .repeat(_, let condition): negate(condition)
      default: break
      }
    }
  }

  private mutating func negate(_ condition: ExpressionID) {
    switch tree[tree.bare(condition)].kind {
    case .true, .false, .nil, .unary(.not, _): return
    case .binary(.less, _, _, _), .binary(.lessEqual, _, _, _), .binary(.greater, _, _, _),
      .binary(.greaterEqual, _, _, _),
      .binary(.equal, _, _, _), .binary(.notEqual, _, _, _):
      return
    default:
      let place = range(condition)
      let text = String(decoding: tree.source[place], as: UTF8.self)
      add(place, "not (\(text.filter { !$0.isNewline }))")
    }
  }

  mutating func mutateStatements() {
    let outermost = Set(tree.statements(tree[Tree.main].body))
    for (index, statement) in tree.statements.enumerated() {
      let range = Int(statement.start)..<Int(statement.end)
      switch statement.kind {
      case .assign, .call, .break:
        addRemoval(range, replacement: ";")
      case .return(let values):
        // What a file returns is what it is.
        guard !outermost.contains(StatementID(index)) else { continue }
        addRemoval(range, replacement: ";")
        for value in tree.expressions(values) { mutateDecision(value) }
      default: break
      }
    }
  }

  /// What stands in a decision beside its outcome and reasons is what tests forget.
  private mutating func mutateDecision(_ id: ExpressionID) {
    guard case .table(let run) = tree[tree.bare(id)].kind else { return }
    let fields = tree.fields[run.range]
    guard fields.contains(where: { name(of: $0).map { $0.elementsEqual("outcome".utf8) } ?? false }) else { return }
    for field in fields {
      guard let name = name(of: field), !name.elementsEqual("outcome".utf8), !name.elementsEqual("reasons".utf8) else {
        continue
      }
      if case .nil = tree[tree.bare(field.value)].kind { continue }
      add(range(field.value), "nil", context: Int(field.start)..<range(field.value).upperBound)
    }
  }
}
