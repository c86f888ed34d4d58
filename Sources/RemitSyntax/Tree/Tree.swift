/// One file as a syntax tree: pools of nodes that know each other by number, with every name resolved.
///
/// Left-hand chains (`a + b + c …`, `a.b.c …`) may be as deep as the text is long: walk them with `leftmost`, not by
/// recursion. Everything else nests at most `Parser.levelsMax` deep.
package struct Tree: Sendable {
  package let source: [UInt8]
  package let file: String
  package internal(set) var names: NameTable
  package internal(set) var expressions: [Expression] = []
  package internal(set) var statements: [Statement] = []
  package internal(set) var blocks: [Block] = []
  package internal(set) var functions: [Function] = []
  package internal(set) var locals: [Local] = []
  package internal(set) var labels: [Label] = []
  package internal(set) var fields: [Field] = []
  package internal(set) var clauses: [Clause] = []
  package internal(set) var expressionLists: [ExpressionID] = []
  package internal(set) var statementLists: [StatementID] = []
  package internal(set) var offsets: [Int32] = []
  /// Assignments to locals; see `Local.lastAssignment`.
  package internal(set) var assignments: [Assignment] = []
  package internal(set) var lineStarts: [Int32] = [0]
  /// Behind a byte order mark and a `#` line.
  package internal(set) var textStart = 0

  /// The function that is the file itself.
  package static var main: FunctionID { FunctionID(0) }

  package subscript(_ id: ExpressionID) -> Expression { expressions[id.index] }
  package subscript(_ id: StatementID) -> Statement { statements[id.index] }
  package subscript(_ id: BlockID) -> Block { blocks[id.index] }
  package subscript(_ id: FunctionID) -> Function { functions[id.index] }
  package subscript(_ id: LocalID) -> Local { locals[id.index] }
  package subscript(_ id: LabelID) -> Label { labels[id.index] }

  package func expressions(_ run: Run) -> ArraySlice<ExpressionID> { expressionLists[run.range] }
  package func statements(_ block: BlockID) -> ArraySlice<StatementID> { statementLists[self[block].statements.range] }

  /// The operand, base or callee with which an operation starts, or nil where it is no left-hand chain.
  func left(of id: ExpressionID) -> ExpressionID? {
    switch expressions[id.index].kind {
    case .binary(_, let left, _, _): left
    case .field(let base, _, _, _), .index(let base, _, _): base
    case .call(let callee, _): callee
    case .method(let object, _, _, _): object
    default: nil
    }
  }

  /// Without the parentheses around it.
  package func bare(_ id: ExpressionID) -> ExpressionID {
    var id = id
    while case .parenthesised(let inner) = self[id].kind { id = inner }
    return id
  }

  /// A call or `...`: may give any number of values where it stands last.
  package func isMultiple(_ id: ExpressionID) -> Bool {
    switch self[id].kind {
    case .call, .method, .varargs: true
    default: false
    }
  }

  /// The whole number that a literal such as `5` or `-5` says.
  package func integerLiteral(_ id: ExpressionID) -> Int64? {
    switch self[bare(id)].kind {
    case .integer(let value): return value
    case .unary(.negate, let operand):
      guard case .integer(let value) = self[bare(operand)].kind else { return nil }
      return -value
    default: return nil
    }
  }

  /// Line and column, both from 1, of an offset.
  package func position(of offset: Int32) -> (line: Int, column: Int) {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return (low + 1, Int(offset - lineStarts[low]) + 1)
  }
}
