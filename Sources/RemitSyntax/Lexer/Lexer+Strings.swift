/// Strings and long brackets: checked here, decoded only where somebody asks (`Tree.string`).
extension Lexer {
  /// The number of `=` of a long bracket that opens here, or nil where none does.
  func longBracket() -> Int? {
    var index = position + 1
    while index < source.count, source[index] == UInt8(ascii: "=") { index += 1 }
    return index < source.count && source[index] == UInt8(ascii: "[") ? index - position - 1 : nil
  }

  mutating func longString(_ level: Int) throws(Diagnostic) -> Token {
    let start = position
    let first = line
    try skipLongBracket(level, what: "string")
    return Token(kind: .string, start: Int32(start), end: Int32(position), line: Int32(first), lastLine: Int32(line))
  }

  mutating func skipLongBracket(_ level: Int, what: String) throws(Diagnostic) {
    let first = line
    position += level + 2
    while true {
      switch current {
      case -1:
        throw failure("unfinished long \(what) (starting at line \(first))", near: source.count)
      case 10, 13:
        newline()
      case Int(UInt8(ascii: "]")):
        var index = position + 1
        while index < source.count, source[index] == UInt8(ascii: "=") { index += 1 }
        if index < source.count, source[index] == UInt8(ascii: "]"), index - position - 1 == level {
          position = index + 1
          return
        }
        position = max(index, position + 1)
      default:
        position += 1
      }
    }
  }

  mutating func quotedString() throws(Diagnostic) -> Token {
    let start = position
    let first = line
    let delimiter = current
    position += 1
    while current != delimiter {
      switch current {
      case -1: throw failure("unfinished string", near: source.count)
      case 10, 13: throw failure("unfinished string", near: start)
      case Int(UInt8(ascii: "\\")): try escape(in: start)
      default: position += 1
      }
    }
    position += 1
    return Token(kind: .string, start: Int32(start), end: Int32(position), line: Int32(first), lastLine: Int32(line))
  }

  private mutating func escape(in start: Int) throws(Diagnostic) {
    position += 1
    switch current {
    case -1: return  // the caller reports the unfinished string
    case 10, 13: newline()
    case Int(UInt8(ascii: "z")):
      position += 1
      while true {
        if Self.isNewline(current) {
          newline()
        } else if current == 32 || (9...12).contains(current) {
          position += 1
        } else {
          return
        }
      }
    case Int(UInt8(ascii: "x")):
      position += 1
      for _ in 0..<2 {
        guard Self.isHexDigit(current) else { throw escapeFailure("hexadecimal digit expected", start) }
        position += 1
      }
    case Int(UInt8(ascii: "u")): try unicodeEscape(in: start)
    case 48...57:
      var value = 0
      var count = 0
      while count < 3, Self.isDigit(current) {
        value = value * 10 + current - 48
        count += 1
        position += 1
      }
      if value > 255 { throw escapeFailure("decimal escape too large", start) }
    case let byte where "abfnrtv\\\"'".utf8.contains(UInt8(byte)): position += 1
    default: throw escapeFailure("invalid escape sequence", start)
    }
  }

  private mutating func unicodeEscape(in start: Int) throws(Diagnostic) {
    position += 1
    guard current == Int(UInt8(ascii: "{")) else { throw escapeFailure("missing '{'", start) }
    position += 1
    guard var value = Self.hexValue(current) else { throw escapeFailure("hexadecimal digit expected", start) }
    position += 1
    while let digit = Self.hexValue(current) {
      guard value <= 0x7FF_FFFF else { throw escapeFailure("UTF-8 value too large", start) }
      value = value << 4 | digit
      position += 1
    }
    guard current == Int(UInt8(ascii: "}")) else { throw escapeFailure("missing '}'", start) }
    position += 1
  }

  /// The stock message shows the string up to and with the byte that spoils it.
  private mutating func escapeFailure(_ message: String, _ start: Int) -> Diagnostic {
    if current >= 0 { position += 1 }
    return failure(message, near: start)
  }
}
