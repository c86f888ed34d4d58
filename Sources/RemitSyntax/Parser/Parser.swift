/// Reads one file into a `Tree`, names resolved. Recursive descent, as deep as `levelsMax`.
///
/// What is no Lua ends the reading with one message as the stock compiler words it; what a policy may not do is
/// collected.
struct Parser {
  /// How deep statements and expressions may nest. The stock compiler gives up at 200, of which our wrapping takes a
  /// few.
  static let levelsMax = 180
  /// Operands of one `..` chain: each needs a register of the stock compiler's 255.
  static let concatMax = 180

  var lexer: Lexer
  var tree: Tree
  var token: Token
  private var ahead: Token?
  /// Behind the last token that was taken.
  var previousEnd: Int32 = 0
  private var levels = 0

  // Where lists grow until they are complete.
  var openExpressions: [ExpressionID] = []
  var openStatements: [StatementID] = []
  var openFields: [Field] = []
  var openClauses: [Clause] = []
  var openOffsets: [Int32] = []

  // Names in scope.
  /// By name: the local that it means now, or -1.
  var meanings: [Int32] = []
  var active: [LocalID] = []
  var function = Tree.main
  var visibleLabels: [LabelID] = []
  var waitingGotos: [StatementID] = []
  /// The visible labels below this one belong to functions around this one.
  var labelBase = 0
  /// The waiting gotos below this one stand before this scope: a label in it is not for them.
  var gotoBase = 0

  static func parse(_ source: [UInt8], file: String) throws(Diagnostics) -> Tree {
    guard source.count < Int(Int32.max) / 2 else {
      throw Diagnostics([Diagnostic(file: file, line: 1, column: 1, message: "the file is too large")])
    }
    if source.first == 0x1B {
      let message = "attempt to load a binary chunk: a policy is text"
      throw Diagnostics([Diagnostic(file: file, line: 1, column: 1, message: message)])
    }
    var parser = Parser(source, file: file)
    do {
      try parser.file()
    } catch {
      parser.tree.names = parser.lexer.names
      throw Diagnostics(parser.lexer.refusals + [error], requires: parser.tree.requirements)
    }
    guard parser.lexer.refusals.isEmpty else {
      throw Diagnostics(parser.lexer.refusals, requires: parser.tree.requirements)
    }
    return parser.tree
  }

  private init(_ source: [UInt8], file: String) {
    lexer = Lexer(source, file: file)
    tree = Tree(source: source, file: file, names: NameTable())
    token = Token(kind: .endOfFile, start: 0, end: 0, line: 1, lastLine: 1)
    tree.expressions.reserveCapacity(source.count / 6)
    tree.statements.reserveCapacity(source.count / 24)
    tree.expressionLists.reserveCapacity(source.count / 16)
  }

  private mutating func file() throws(Diagnostic) {
    tree.textStart = lexer.skipPreamble()
    let start = Int32(tree.textStart)
    previousEnd = start
    tree.functions.append(
      Function(
        parent: nil, parameters: .none, isVararg: true, isMethod: false, body: BlockID(0), start: start, parenAt: start,
        end: start, line: 1, parenLine: 1))
    try advance()
    let body = try block()
    guard token.kind == .endOfFile else { throw expected(.endOfFile) }
    tree.functions[0].body = body
    tree.functions[0].end = token.end
    tree.names = lexer.names
    tree.lineStarts = lexer.lineStarts
  }

  // MARK: Tokens

  mutating func advance() throws(Diagnostic) {
    previousEnd = token.end
    if let next = ahead {
      token = next
      ahead = nil
    } else {
      token = try lexer.next()
    }
  }

  /// The kind of the token after this one.
  mutating func peek() throws(Diagnostic) -> TokenKind {
    if let next = ahead { return next.kind }
    let next = try lexer.next()
    ahead = next
    return next.kind
  }

  mutating func take(_ kind: TokenKind) throws(Diagnostic) -> Bool {
    guard token.kind == kind else { return false }
    try advance()
    return true
  }

  mutating func expect(_ kind: TokenKind) throws(Diagnostic) {
    guard token.kind == kind else { throw expected(kind) }
    try advance()
  }

  /// Expects the token that closes what `opener` opened in `line`.
  mutating func expect(_ kind: TokenKind, toClose opener: TokenKind, in line: Int32) throws(Diagnostic) {
    if token.kind == kind { return try advance() }
    throw line == token.lastLine
      ? expected(kind) : unexpected("\(kind.spelling) expected (to close \(opener.spelling) at line \(line))")
  }

  mutating func expectName() throws(Diagnostic) -> Token {
    guard token.kind == .name else { throw expected(.name) }
    let name = token
    try advance()
    return name
  }

  // MARK: Errors

  func expected(_ kind: TokenKind) -> Diagnostic { unexpected("\(kind.spelling) expected") }

  func unexpected(_ message: String) -> Diagnostic {
    let start = Int(token.start)
    let column = start - Int(lexer.lineStarts[lexer.line(of: start) - 1]) + 1
    let shown = token.kind == .endOfFile ? "<eof>" : Lexer.quote(lexer.source[start..<Int(token.end)])
    return Diagnostic(file: lexer.file, line: Int(token.lastLine), column: column, message: "\(message) near \(shown)")
  }

  mutating func refuse(_ message: String, at offset: Int32) { lexer.refuse(message, at: Int(offset)) }

  // MARK: Levels

  mutating func enter() throws(Diagnostic) {
    levels += 1
    if levels > Self.levelsMax { throw unexpected("nested more than \(Self.levelsMax) levels deep: divide it") }
  }

  mutating func leave() { levels -= 1 }

  // MARK: Growing lists

  mutating func add(_ kind: Expression.Kind, from start: Int32, line: Int32) -> ExpressionID {
    tree.expressions.append(Expression(kind: kind, start: start, end: previousEnd, line: line))
    return ExpressionID(tree.expressions.count - 1)
  }

  mutating func add(_ kind: Statement.Kind, from first: Token) -> StatementID {
    tree.statements.append(Statement(kind: kind, start: first.start, end: previousEnd, line: first.line))
    return StatementID(tree.statements.count - 1)
  }

  /// Moves what was opened since `mark` into the tree.
  mutating func closeExpressions(_ mark: Int) -> Run {
    let run = Run(first: tree.expressionLists.count, count: openExpressions.count - mark)
    tree.expressionLists.append(contentsOf: openExpressions[mark...])
    openExpressions.removeSubrange(mark...)
    return run
  }
}
