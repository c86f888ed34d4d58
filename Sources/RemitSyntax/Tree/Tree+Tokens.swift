extension Tree {
  /// The offset of the first token at or behind `offset`, itself the end of a token.
  func token(after offset: Int32) -> Int32 {
    var lexer = Lexer(source, file: file)
    lexer.position = Int(offset)
    guard let token = try? lexer.next() else { return offset }
    return token.start
  }
}
