extension Parser {
  /// Reads statements up to a token that ends a block, in a scope of their own.
  mutating func block() throws(Diagnostic) -> BlockID {
    let scope = openScope()
    let block = try statements()
    close(scope)
    return block
  }

  private var endsBlock: Bool {
    switch token.kind {
    case .else, .elseif, .end, .endOfFile, .until: true
    default: false
    }
  }

  private mutating func statements() throws(Diagnostic) -> BlockID {
    let start = previousEnd
    let mark = openStatements.count
    while !endsBlock {
      let isReturn = token.kind == .return
      try enter()
      if let statement = try statement() { openStatements.append(statement) }
      leave()
      if isReturn { break }
    }
    let run = Run(first: tree.statementLists.count, count: openStatements.count - mark)
    tree.statementLists.append(contentsOf: openStatements[mark...])
    openStatements.removeSubrange(mark...)
    tree.blocks.append(Block(statements: run, start: start, end: token.start))
    return BlockID(tree.blocks.count - 1)
  }

  /// Nil for the empty statement.
  private mutating func statement() throws(Diagnostic) -> StatementID? {
    let first = token
    switch first.kind {
    case .semicolon:
      try advance()
      return nil
    case .if: return try conditional(first)
    case .while:
      try advance()
      let condition = try expression()
      try expect(.do)
      let body = try block()
      try expect(.end, toClose: .while, in: first.line)
      return add(.while(condition, body), from: first)
    case .do:
      try advance()
      let body = try block()
      try expect(.end, toClose: .do, in: first.line)
      return add(.block(body), from: first)
    case .for: return try loop(first)
    case .repeat: return try repeatLoop(first)
    case .function: return try functionStatement(first)
    case .local:
      try advance()
      if try take(.function) { return try localFunction(first) }
      return try local(first)
    case .doubleColon: return try label(first)
    case .return: return try returned(first)
    case .break:
      try advance()
      return add(.break, from: first)
    case .goto:
      try advance()
      let name = try expectName()
      let statement = add(.goto(name.name, label: nil), from: first)
      jump(statement, to: name.name)
      return statement
    default: return try assignmentOrCall(first)
    }
  }

  private mutating func conditional(_ first: Token) throws(Diagnostic) -> StatementID {
    let mark = openClauses.count
    repeat {
      try advance()
      let condition = try expression()
      try expect(.then)
      openClauses.append(Clause(condition: condition, body: try block()))
    } while token.kind == .elseif
    var otherwise: BlockID?
    if try take(.else) { otherwise = try block() }
    try expect(.end, toClose: .if, in: first.line)
    let run = Run(first: tree.clauses.count, count: openClauses.count - mark)
    tree.clauses.append(contentsOf: openClauses[mark...])
    openClauses.removeSubrange(mark...)
    return add(.if(run, otherwise: otherwise), from: first)
  }

  /// The condition of `until` sees the locals of the body.
  private mutating func repeatLoop(_ first: Token) throws(Diagnostic) -> StatementID {
    try advance()
    let scope = openScope()
    let body = try statements()
    try expect(.until, toClose: .repeat, in: first.line)
    let condition = try expression()
    close(scope)
    return add(.repeat(body, until: condition), from: first)
  }

  private mutating func loop(_ first: Token) throws(Diagnostic) -> StatementID {
    try advance()
    let name = try expectName()
    switch token.kind {
    case .assign: return try numericFor(first, name)
    case .comma, .in: return try genericFor(first, name)
    default: throw unexpected("'=' or 'in' expected")
    }
  }

  private mutating func numericFor(_ first: Token, _ name: Token) throws(Diagnostic) -> StatementID {
    let equalsAt = token.start
    try advance()
    let start = try expression()
    try expect(.comma)
    let limit = try expression()
    let step = try take(.comma) ? try expression() : nil
    let doAt = token.start
    try expect(.do)
    let scope = openScope()
    let variable = declare(name, .numericFor(start: start, step: step))
    activate(variable)
    let body = try block()
    close(scope)
    try expect(.end, toClose: .for, in: first.line)
    let loop = NumericFor(
      variable: variable, start: start, limit: limit, step: step, body: body, equalsAt: equalsAt, doAt: doAt)
    return add(.numericFor(loop), from: first)
  }

  private mutating func genericFor(_ first: Token, _ name: Token) throws(Diagnostic) -> StatementID {
    let firstLocal = tree.locals.count
    _ = declare(name, .genericFor)
    while try take(.comma) { _ = declare(try expectName(), .genericFor) }
    let variables = Run(first: firstLocal, count: tree.locals.count - firstLocal)
    try expect(.in)
    let mark = openExpressions.count
    try expressionList()
    let values = closeExpressions(mark)
    try expect(.do)
    let scope = openScope()
    for index in variables.range { activate(LocalID(index)) }
    let body = try block()
    close(scope)
    try expect(.end, toClose: .for, in: first.line)
    return add(.genericFor(variables, values: values, body), from: first)
  }

  private mutating func returned(_ first: Token) throws(Diagnostic) -> StatementID {
    try advance()
    let mark = openExpressions.count
    if !endsBlock, token.kind != .semicolon { try expressionList() }
    let statement = add(.return(closeExpressions(mark)), from: first)
    _ = try take(.semicolon)
    return statement
  }

  private mutating func label(_ first: Token) throws(Diagnostic) -> StatementID {
    try advance()
    let name = try expectName()
    try expect(.doubleColon)
    return add(.label(declareLabel(name)), from: first)
  }

  // MARK: Functions

  /// Reads from `(` to `end`.
  mutating func functionBody(from first: Token, isMethod: Bool = false) throws(Diagnostic) -> FunctionID {
    let id = FunctionID(tree.functions.count)
    tree.functions.append(
      Function(
        parent: function, parameters: .none, isVararg: false, isMethod: isMethod, body: BlockID(0), start: first.start,
        parenAt: token.start, end: 0, line: first.line, parenLine: token.line))
    let outer = openFunction(id)
    try expect(.openParen)
    let firstLocal = tree.locals.count
    if isMethod { declareSelf(at: token) }
    if token.kind != .closeParen {
      repeat {
        if try take(.ellipsis) {
          tree.functions[id.index].isVararg = true
          break
        }
        guard token.kind == .name else { throw unexpected("<name> or '...' expected") }
        _ = declare(token, .parameter)
        try advance()
      } while try take(.comma)
    }
    let parameters = Run(first: firstLocal, count: tree.locals.count - firstLocal)
    try expect(.closeParen)
    for index in parameters.range { activate(LocalID(index)) }
    let body = try block()
    try expect(.end, toClose: .function, in: first.line)
    tree.functions[id.index].parameters = parameters
    tree.functions[id.index].body = body
    tree.functions[id.index].end = previousEnd
    close(outer)
    return id
  }

  private mutating func functionStatement(_ first: Token) throws(Diagnostic) -> StatementID {
    try advance()
    let name = try expectName()
    var target = add(resolve(name.name), from: name.start, line: name.line)
    var isMethod = false
    while token.kind == .dot || token.kind == .colon {
      isMethod = token.kind == .colon
      let dotAt = token.start
      try advance()
      let field = try expectName()
      target = add(
        .field(base: target, name: field.name, dotAt: dotAt, nameAt: field.start), from: name.start, line: name.line)
      if isMethod { break }
    }
    let body = try functionBody(from: first, isMethod: isMethod)
    assign(to: target, value: nil, defines: true)
    return add(.function(target: target, body), from: first)
  }

  private mutating func localFunction(_ first: Token) throws(Diagnostic) -> StatementID {
    let name = try expectName()
    let local = declare(name, .parameter)
    activate(local)
    let body = try functionBody(from: first)
    tree.locals[local.index].origin = .function(body)
    return add(.localFunction(local, body), from: first)
  }

  // MARK: Locals and assignments

  private mutating func local(_ first: Token) throws(Diagnostic) -> StatementID {
    let firstLocal = tree.locals.count
    repeat {
      let id = declare(try expectName(), .variable(nil, startsNil: true))
      try attribute(of: id)
    } while try take(.comma)
    let run = Run(first: firstLocal, count: tree.locals.count - firstLocal)
    let mark = openExpressions.count
    if try take(.assign) { try expressionList() }
    let values = closeExpressions(mark)
    let isOpen = !values.isEmpty && tree.isMultiple(tree.expressionLists[values.range.upperBound - 1])
    for (position, index) in run.range.enumerated() {
      let value = position < values.count ? tree.expressionLists[values.range.lowerBound + position] : nil
      tree.locals[index].origin = .variable(value, startsNil: value == nil && !isOpen)
      activate(LocalID(index))
    }
    return add(.local(run, values: values), from: first)
  }

  private mutating func attribute(of local: LocalID) throws(Diagnostic) {
    let at = token.start
    guard try take(.less) else { return }
    let name = try expectName()
    guard token.kind == .greater else { throw expected(.greater) }
    switch lexer.names.text(name.name) {
    case "const": tree.locals[local.index].isConstant = true
    case "close":
      refuse("'<close>' variables are not available in a policy: declare a plain local, or one with '<const>'", at: at)
    case let other:
      throw Diagnostic(
        file: lexer.file, line: Int(token.lastLine), column: lexer.diagnostic("", at: Int(name.start)).column,
        message: "unknown attribute '\(other)'")
    }
    try advance()
  }

  private mutating func assignmentOrCall(_ first: Token) throws(Diagnostic) -> StatementID {
    let target = try suffixed()
    guard token.kind == .assign || token.kind == .comma else {
      switch tree.expressions[target.index].kind {
      case .call, .method: return add(.call(target), from: first)
      default: throw unexpected("syntax error")
      }
    }
    let mark = openExpressions.count
    openExpressions.append(target)
    while true {
      switch tree.expressions[openExpressions[openExpressions.count - 1].index].kind {
      case .local, .global, .field, .index: break
      default: throw unexpected("syntax error")
      }
      guard try take(.comma) else { break }
      openExpressions.append(try suffixed())
    }
    let targets = closeExpressions(mark)
    let equalsAt = token.start
    try expect(.assign)
    try expressionList()
    let values = closeExpressions(mark)
    for (position, index) in targets.range.enumerated() {
      let value = position < values.count ? tree.expressionLists[values.range.lowerBound + position] : nil
      assign(to: tree.expressionLists[index], value: value, defines: false)
    }
    return add(.assign(targets: targets, values: values, equalsAt: equalsAt), from: first)
  }
}
