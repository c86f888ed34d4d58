/// Finds the mutations of one file. It goes through the pools of nodes, not down the tree, so that no depth matters.
struct Mutator {
  let tree: Tree
  var found: [Mutation] = []
  /// What an expression is a part of.
  private(set) var parents: [Int: ExpressionID] = [:]
  /// The field that an expression is the value of, and its table.
  private(set) var fields: [Int: (field: Field, table: ExpressionID)] = [:]

  /// The statement that an expression is a value of, as far as it is worth showing.
  private var statements: [Int: Range<Int>] = [:]

  init(_ tree: Tree) {
    self.tree = tree
    for index in tree.expressions.indices { noteChildren(of: ExpressionID(index)) }
    for statement in tree.statements { noteValues(of: statement) }
  }

  mutating func mutate() {
    let vocabulary = Vocabulary(self)
    for index in tree.expressions.indices {
      mutateOperation(ExpressionID(index))
      mutateConstant(ExpressionID(index), vocabulary)
    }
    mutateConditions()
    mutateStatements()
  }

  // MARK: The tree, upwards

  private mutating func noteChildren(of id: ExpressionID) {
    func note(_ children: ExpressionID...) { for child in children { parents[child.index] = id } }
    switch tree[id].kind {
    case .field(let base, _, _, _): note(base)
    case .index(let base, let key, _): note(base, key)
    case .call(let callee, let arguments):
      note(callee)
      for argument in tree.expressions(arguments) { note(argument) }
    case .method(let object, _, _, let arguments):
      note(object)
      for argument in tree.expressions(arguments) { note(argument) }
    case .unary(_, let operand), .parenthesised(let operand): note(operand)
    case .binary(_, let left, let right, _): note(left, right)
    case .concat(let operands, _): for operand in tree.expressions(operands) { note(operand) }
    case .table(let run):
      for field in tree.fields[run.range] {
        note(field.value)
        fields[field.value.index] = (field, id)
        if case .expression(let key) = field.key { note(key) }
      }
    default: break
    }
  }

  private mutating func noteValues(of statement: Statement) {
    func note(_ values: some Sequence<ExpressionID>, to end: Int32) {
      for value in values { statements[value.index] = Int(statement.start)..<Int(end) }
    }
    switch statement.kind {
    case .local(_, let values), .assign(_, let values, _), .return(let values):
      note(tree.expressions(values), to: statement.end)
    case .numericFor(let loop):
      let values = [loop.start, loop.limit] + (loop.step.map { [$0] } ?? [])
      note(values, to: tree[values[values.count - 1]].end)
    default: break
    }
  }

  /// A field's name, where it is written in the file.
  func name(of field: Field) -> [UInt8]? {
    switch field.key {
    case .name(let id): Array(tree.names.utf8(id))
    case .expression(let id): tree.string(tree.bare(id))
    case .positional: nil
    }
  }

  /// What a local holds from its declaration on, or the expression itself.
  func held(_ id: ExpressionID) -> ExpressionID {
    let id = tree.bare(id)
    guard case .local(let local, _) = tree[id].kind, case .variable(let value?, _) = tree[local].origin else {
      return id
    }
    return tree.bare(value)
  }

  // MARK: Mutations

  /// - Parameter context: What of the file is shown, with the change in it.
  mutating func add(_ range: Range<Int>, _ replacement: String, context: Range<Int>? = nil) {
    add(range, replacement, context ?? range) { before, after in "`\(before)` → `\(after)`" }
  }

  mutating func addRemoval(_ range: Range<Int>, replacement: String) {
    add(range, replacement, range) { before, _ in "`\(before)` removed" }
  }

  private mutating func add(
    _ range: Range<Int>, _ replacement: String, _ context: Range<Int>, _ words: (String, String) -> String
  ) {
    // No line moves: an error's line, and so a test of it, stays what it was.
    let lines = String(repeating: "\n", count: tree.source[range].count { $0 == UInt8(ascii: "\n") })
    let bytes = Array((replacement + lines).utf8)
    let (line, column) = tree.position(of: Int32(range.lowerBound))
    let after =
      tree.source[context.lowerBound..<range.lowerBound] + Array(replacement.utf8)
      + tree.source[range.upperBound..<context.upperBound]
    found.append(
      Mutation(
        range: range, replacement: bytes, line: line, column: column,
        description: words(Self.excerpt(tree.source[context]), Self.excerpt(after))))
  }

  /// On one line; cut where it is long.
  private static func excerpt(_ bytes: ArraySlice<UInt8>) -> String {
    let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return words.count > 100 ? "\(words.prefix(99))…" : words
  }

  func range(_ id: ExpressionID) -> Range<Int> { Int(tree[id].start)..<Int(tree[id].end) }

  /// What to show of an expression: its field, or the operation that it is a part of, where that is short.
  func context(_ id: ExpressionID) -> Range<Int> {
    if let (field, _) = fields[id.index], case .positional = field.key {
    } else if let (field, _) = fields[id.index] {
      return Int(field.start)..<range(id).upperBound
    }
    guard let parent = parents[id.index] else { return short(statements[id.index], or: id) }
    switch tree[parent].kind {
    case .unary, .parenthesised: return context(parent)
    case .binary, .call, .method, .concat, .index, .table:
      return short(range(parent), or: id)
    default: return range(id)
    }
  }

  private func short(_ whole: Range<Int>?, or id: ExpressionID) -> Range<Int> {
    whole.flatMap { $0.count <= 80 ? $0 : nil } ?? range(id)
  }
}
