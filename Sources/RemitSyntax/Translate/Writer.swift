/// Writes the Lua text that a `Plan` describes: the source, copied, with insertions. Nothing but spaces, comments and
/// tokens that a helper call stands for is ever left out, and no newline ever is, so every token stays on its line.
struct Writer {
  /// The names that the text expects to be called with, in this order.
  static let header =
    "local __remit_B,__remit_spent,__remit_add,__remit_sub,__remit_mul,__remit_div,__remit_idiv,__remit_mod,"
    + "__remit_pow,__remit_band,__remit_bor,__remit_bxor,__remit_shl,__remit_shr,__remit_bnot,__remit_concat,"
    + "__remit_set,__remit_for,__remit_big,__remit_va"
  /// The names behind them that a traced text expects too.
  static let tracedNames = ",__remit_hit,__remit_test,__remit_read"
  static let opening = "=... return function(...)"

  /// Nested helper calls; the stock compiler gives up at 200.
  private static let nestedCallsMax = 150

  let tree: Tree
  let plan: Plan
  var output: [UInt8] = []
  /// What stands before it in the source is written or left out.
  private var cursor: Int
  private var chain: [ExpressionID] = []
  var nestedCalls = 0
  private(set) var failures: [Diagnostic] = []
  let isTraced: Bool
  var sites: [TraceSite] = []

  init(_ tree: Tree, _ plan: Plan, traced: Bool = false) {
    self.tree = tree
    self.plan = plan
    isTraced = traced
    cursor = tree.textStart
    output.reserveCapacity(tree.source.count * 2 + Self.header.utf8.count)
  }

  mutating func write() {
    put(Self.header)
    if isTraced { put(Self.tracedNames) }
    put(Self.opening)
    // The lines of a preamble stay, empty.
    for byte in tree.source[..<tree.textStart] where Lexer.isNewline(Int(byte)) { output.append(byte) }
    block(tree[Tree.main].body)
    copy(to: Int32(tree.source.count))
    put("\nend")
  }

  // MARK: Output

  mutating func put(_ text: String) { output.append(contentsOf: text.utf8) }

  mutating func put(_ number: Int) { put(String(number)) }

  mutating func put(_ name: NameID) { output.append(contentsOf: tree.names.utf8(name)) }

  /// Puts a word, apart from a word before it.
  mutating func putWord(_ word: String) {
    if let last = output.last, Lexer.isNamePart(Int(last)) { put(" ") }
    put(word)
  }

  mutating func copy(to offset: Int32) {
    let end = Int(offset)
    guard cursor < end else { return }
    output.append(contentsOf: tree.source[cursor..<end])
    cursor = end
  }

  /// Copies up to `start` and leaves out the `length` bytes there, which hold no newline.
  mutating func drop(_ length: Int, at start: Int32) {
    copy(to: start)
    cursor = Int(start) + length
  }

  func length(_ name: NameID) -> Int { tree.names.utf8(name).count }

  // MARK: Charges

  mutating func charge(_ steps: Int) {
    guard steps > 0 else { return }
    put(" __remit_B=__remit_B-")
    put(steps)
    put(" if __remit_B<0 then __remit_spent() end ")
  }

  // MARK: Expressions

  private static func helper(_ operation: BinaryOperator) -> String {
    switch operation {
    case .add: "__remit_add("
    case .subtract: "__remit_sub("
    case .multiply: "__remit_mul("
    case .divide: "__remit_div("
    case .floorDivide: "__remit_idiv("
    case .modulo: "__remit_mod("
    case .power: "__remit_pow("
    case .bitwiseAnd: "__remit_band("
    case .bitwiseOr: "__remit_bor("
    case .bitwiseXor: "__remit_bxor("
    case .shiftLeft: "__remit_shl("
    default: "__remit_shr("
    }
  }

  func isHelper(_ id: ExpressionID) -> Bool { plan.edits[id.index] == .helper }

  mutating func expressions(_ run: Run) {
    for index in run.range { expression(tree.expressionLists[index]) }
  }

  /// Writes an expression with its edits. Where there are none it is left to a later `copy`.
  mutating func expression(_ id: ExpressionID) {
    guard plan.edits[id.index] != .none else { return }
    let mark = chain.count
    var leftmost = id
    copy(to: tree[id].start)
    let outerCalls = nestedCalls
    while let left = tree.left(of: leftmost) {
      chain.append(leftmost)
      if isHelper(leftmost), case .binary(let operation, _, _, _) = tree[leftmost].kind {
        putWord(Self.helper(operation))
        nestedCalls += 1
      } else if isTraced, let kind = tracedKind(leftmost) {
        openTrace(kind, at: leftmost)
        nestedCalls += 1
      }
      leftmost = left
    }
    if nestedCalls > Self.nestedCallsMax {
      let (line, column) = tree.position(of: tree[id].start)
      failures.append(
        Diagnostic(
          file: tree.file, line: line, column: column,
          message: "more than \(Self.nestedCallsMax) operations in one expression: divide it"))
      nestedCalls = 0
    }
    start(leftmost)
    while chain.count > mark { extend(chain.removeLast()) }
    nestedCalls = outerCalls
  }

  /// Writes one value: of a call's values, the first.
  mutating func single(_ id: ExpressionID) {
    guard tree.isMultiple(id) else { return expression(id) }
    copy(to: tree[id].start)
    put("(")
    expression(id)
    copy(to: tree[id].end)
    put(")")
  }

  private mutating func start(_ id: ExpressionID) {
    let node = tree[id]
    guard plan.edits[id.index] != .none else { return }
    switch node.kind {
    case .varargs:
      copy(to: node.start)
      putWord("__remit_va(")
      copy(to: node.end)
      put(")")
    case .decimal:
      copy(to: node.start)
      putWord("__remit_big(\"")
      copy(to: node.end)
      put("\")")
    case .function(let function):
      body(function)
      copy(to: node.end)
    case .parenthesised(let inner): expression(inner)
    case .unary(let operation, let operand):
      if operation == .bitwiseNot {
        copy(to: node.start)
        putWord("__remit_bnot(")
        drop(1, at: node.start)
        single(operand)
        copy(to: node.end)
        put(")")
      } else {
        expression(operand)
      }
    case .concat(let operands, let operators): concat(id, operands, operators)
    case .table(let fields):
      for index in fields.range {
        if case .expression(let key) = tree.fields[index].key { expression(key) }
        expression(tree.fields[index].value)
      }
    default: break
    }
  }

  private mutating func extend(_ id: ExpressionID) {
    let node = tree[id]
    if isTraced, tracedKind(id) != nil { return extendTraced(id) }
    switch node.kind {
    case .index(_, let key, _): expression(key)
    case .call(let callee, let arguments):
      if let table = tree.declaredTable(callee, arguments) {
        declaration(callee, table, end: node.end)
      } else {
        expressions(arguments)
      }
    case .method(_, _, _, let arguments): expressions(arguments)
    case .binary(let operation, _, let right, let operatorAt):
      guard isHelper(id) else { return expression(right) }
      drop(Int(operation.length), at: operatorAt)
      put(",")
      single(right)
      copy(to: node.end)
      put(")")
      nestedCalls -= 1
    default: break
    }
  }

  private mutating func concat(_ id: ExpressionID, _ operands: Run, _ operators: Run) {
    guard isHelper(id) else { return expressions(operands) }
    copy(to: tree[id].start)
    putWord("__remit_concat(")
    for position in 0..<operands.count {
      if position > 0 {
        drop(2, at: tree.offsets[operators.range.lowerBound + position - 1])
        put(",")
      }
      single(tree.expressionLists[operands.range.lowerBound + position])
    }
    copy(to: tree[id].end)
    put(")")
  }

  /// Writes a function from its parameters to its `end`, charged.
  mutating func body(_ id: FunctionID) {
    block(tree[id].body)
  }

  // MARK: Blocks

  mutating func block(_ id: BlockID) {
    copy(to: tree[id].start)
    charge(plan.blockCharges[id.index])
    for index in tree[id].statements.range {
      if isTraced { traceStatement(tree.statementLists[index]) }
      statement(tree.statementLists[index])
    }
  }
}
