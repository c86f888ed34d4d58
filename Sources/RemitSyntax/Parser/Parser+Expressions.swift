extension Parser {
  private static let unaryPriority = 12
  private static let concatPriority = 9

  /// What the stock grammar calls priorities: how strongly an operator binds to its left and to its right.
  private static func binary(_ kind: TokenKind) -> (operation: BinaryOperator, left: Int, right: Int)? {
    switch kind {
    case .plus: (.add, 10, 10)
    case .minus: (.subtract, 10, 10)
    case .star: (.multiply, 11, 11)
    case .percent: (.modulo, 11, 11)
    case .slash: (.divide, 11, 11)
    case .doubleSlash: (.floorDivide, 11, 11)
    case .caret: (.power, 14, 13)
    case .ampersand: (.bitwiseAnd, 6, 6)
    case .tilde: (.bitwiseXor, 5, 5)
    case .pipe: (.bitwiseOr, 4, 4)
    case .shiftLeft: (.shiftLeft, 7, 7)
    case .shiftRight: (.shiftRight, 7, 7)
    case .equal: (.equal, 3, 3)
    case .notEqual: (.notEqual, 3, 3)
    case .less: (.less, 3, 3)
    case .lessEqual: (.lessEqual, 3, 3)
    case .greater: (.greater, 3, 3)
    case .greaterEqual: (.greaterEqual, 3, 3)
    case .and: (.and, 2, 2)
    case .or: (.or, 1, 1)
    default: nil
    }
  }

  mutating func expression() throws(Diagnostic) -> ExpressionID { try expression(above: 0) }

  /// Reads an expression whose binary operators all bind more strongly than `limit`.
  private mutating func expression(above limit: Int) throws(Diagnostic) -> ExpressionID {
    try enter()
    let first = token
    var left: ExpressionID
    if let operation = unaryOperator(first.kind) {
      try advance()
      let operand = try expression(above: Self.unaryPriority)
      left = add(.unary(operation, operand), from: first.start, line: first.line)
    } else {
      left = try simple()
    }
    while true {
      if token.kind == .concat, Self.concatPriority > limit {
        left = try concatenation(from: left, first)
        continue
      }
      guard let (operation, leftPriority, rightPriority) = Self.binary(token.kind), leftPriority > limit else { break }
      let operatorAt = token.start
      try advance()
      let right = try expression(above: rightPriority)
      left = add(.binary(operation, left, right, operatorAt: operatorAt), from: first.start, line: first.line)
    }
    leave()
    return left
  }

  private func unaryOperator(_ kind: TokenKind) -> UnaryOperator? {
    switch kind {
    case .minus: .negate
    case .not: .not
    case .hash: .length
    case .tilde: .bitwiseNot
    default: nil
    }
  }

  /// `..` associates to the right, but the whole chain is one operation: its operands are evaluated from left to right.
  private mutating func concatenation(from left: ExpressionID, _ first: Token) throws(Diagnostic) -> ExpressionID {
    let mark = openExpressions.count
    let offsetMark = openOffsets.count
    openExpressions.append(left)
    while token.kind == .concat {
      if openExpressions.count - mark > Self.concatMax {
        throw unexpected("more than \(Self.concatMax) operands of '..': use table.concat")
      }
      openOffsets.append(token.start)
      try advance()
      openExpressions.append(try expression(above: Self.concatPriority))
    }
    let operators = Run(first: tree.offsets.count, count: openOffsets.count - offsetMark)
    tree.offsets.append(contentsOf: openOffsets[offsetMark...])
    openOffsets.removeSubrange(offsetMark...)
    return add(
      .concat(operands: closeExpressions(mark), operators: operators), from: first.start, line: first.line)
  }

  private mutating func simple() throws(Diagnostic) -> ExpressionID {
    let first = token
    let kind: Expression.Kind
    switch first.kind {
    case .integer: kind = .integer(first.integer)
    case .decimal: kind = .decimal(isLong: first.isLong)
    case .string: kind = .string
    case .nil: kind = .nil
    case .true: kind = .true
    case .false: kind = .false
    case .ellipsis:
      guard tree.functions[function.index].isVararg else {
        throw unexpected("cannot use '...' outside a vararg function")
      }
      kind = .varargs
    case .openBrace: return try table()
    case .function:
      try advance()
      let id = try functionBody(from: first)
      return add(.function(id), from: first.start, line: first.line)
    default: return try suffixed()
    }
    try advance()
    return add(kind, from: first.start, line: first.line)
  }

  private mutating func primary() throws(Diagnostic) -> ExpressionID {
    let first = token
    switch first.kind {
    case .name:
      try advance()
      return add(resolve(first.name), from: first.start, line: first.line)
    case .openParen:
      try advance()
      let inner = try expression()
      try expect(.closeParen, toClose: .openParen, in: first.line)
      return add(.parenthesised(inner), from: first.start, line: first.line)
    default: throw unexpected("unexpected symbol")
    }
  }

  /// A name or parentheses, with any number of fields, indices and calls behind.
  mutating func suffixed() throws(Diagnostic) -> ExpressionID {
    let first = token
    var result = try primary()
    while true {
      let kind: Expression.Kind
      switch token.kind {
      case .dot:
        let dotAt = token.start
        try advance()
        let name = try expectName()
        kind = .field(base: result, name: name.name, dotAt: dotAt, nameAt: name.start)
      case .openBracket:
        let bracketAt = token.start
        try advance()
        let key = try expression()
        try expect(.closeBracket)
        kind = .index(base: result, key: key, bracketAt: bracketAt)
      case .colon:
        try advance()
        let name = try expectName()
        kind = .method(object: result, name: name.name, nameAt: name.start, arguments: try arguments())
      case .openParen, .string, .openBrace: kind = .call(callee: result, arguments: try arguments())
      default: return result
      }
      result = add(kind, from: first.start, line: first.line)
    }
  }

  private mutating func arguments() throws(Diagnostic) -> Run {
    let first = token
    let mark = openExpressions.count
    switch first.kind {
    case .string:
      try advance()
      openExpressions.append(add(.string, from: first.start, line: first.line))
    case .openBrace: openExpressions.append(try table())
    case .openParen:
      try advance()
      if token.kind != .closeParen { try expressionList() }
      try expect(.closeParen, toClose: .openParen, in: first.line)
    default: throw unexpected("function arguments expected")
    }
    return closeExpressions(mark)
  }

  /// Reads at least one expression onto the open list.
  mutating func expressionList() throws(Diagnostic) {
    openExpressions.append(try expression())
    while try take(.comma) { openExpressions.append(try expression()) }
  }

  private mutating func table() throws(Diagnostic) -> ExpressionID {
    let first = token
    let mark = openFields.count
    try expect(.openBrace)
    while token.kind != .closeBrace {
      openFields.append(try field())
      if token.kind == .comma || token.kind == .semicolon { try advance() } else { break }
    }
    try expect(.closeBrace, toClose: .openBrace, in: first.line)
    let run = Run(first: tree.fields.count, count: openFields.count - mark)
    tree.fields.append(contentsOf: openFields[mark...])
    openFields.removeSubrange(mark...)
    return add(.table(run), from: first.start, line: first.line)
  }

  private mutating func field() throws(Diagnostic) -> Field {
    let first = token
    var key = Field.Key.positional
    if first.kind == .name, try peek() == .assign {
      try advance()
      try advance()
      key = .name(first.name)
    } else if first.kind == .openBracket {
      try advance()
      key = .expression(try expression())
      try expect(.closeBracket)
      try expect(.assign)
    }
    return Field(key: key, value: try expression(), start: first.start, line: first.line)
  }
}
