extension Tree {
  /// The bytes that a string literal means, or nil where the expression is none.
  package func string(_ id: ExpressionID) -> [UInt8]? {
    let expression = self[id]
    guard case .string = expression.kind else { return nil }
    var reader = StringReader(source: source, position: Int(expression.start), end: Int(expression.end))
    return reader.read()
  }
}

/// Decodes one string literal that the lexer found right.
private struct StringReader {
  let source: [UInt8]
  var position: Int
  var end: Int
  var result: [UInt8] = []

  mutating func read() -> [UInt8] {
    if source[position] == UInt8(ascii: "[") { readLong() } else { readQuoted() }
    return result
  }

  private mutating func newline() {
    let first = source[position]
    position += 1
    if position < end, source[position] != first, Lexer.isNewline(Int(source[position])) { position += 1 }
  }

  private mutating func readLong() {
    var level = 2
    while source[position + level - 1] == UInt8(ascii: "=") { level += 1 }
    position += level
    end -= level
    if position < end, Lexer.isNewline(Int(source[position])) { newline() }
    while position < end {
      if Lexer.isNewline(Int(source[position])) {
        newline()
        result.append(UInt8(ascii: "\n"))
      } else {
        result.append(source[position])
        position += 1
      }
    }
  }

  private mutating func readQuoted() {
    position += 1
    end -= 1
    while position < end {
      let byte = source[position]
      position += 1
      if byte == UInt8(ascii: "\\") { readEscape() } else { result.append(byte) }
    }
  }

  private mutating func readEscape() {
    let byte = source[position]
    switch byte {
    case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
      newline()
      result.append(UInt8(ascii: "\n"))
      return
    case UInt8(ascii: "z"):
      position += 1
      while position < end, source[position] == 32 || (9...13).contains(source[position]) { position += 1 }
      return
    case UInt8(ascii: "x"):
      let high = Lexer.hexValue(Int(source[position + 1])) ?? 0
      let low = Lexer.hexValue(Int(source[position + 2])) ?? 0
      result.append(UInt8(high << 4 | low))
      position += 3
      return
    case UInt8(ascii: "u"):
      position += 2
      var value: UInt32 = 0
      while let digit = Lexer.hexValue(Int(source[position])) {
        value = value << 4 | UInt32(digit)
        position += 1
      }
      position += 1
      append(scalar: value)
      return
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      var value = 0
      for _ in 0..<3 where position < end && Lexer.isDigit(Int(source[position])) {
        value = value * 10 + Int(source[position]) - 48
        position += 1
      }
      result.append(UInt8(truncatingIfNeeded: value))
      return
    case UInt8(ascii: "a"): result.append(7)
    case UInt8(ascii: "b"): result.append(8)
    case UInt8(ascii: "f"): result.append(12)
    case UInt8(ascii: "n"): result.append(10)
    case UInt8(ascii: "r"): result.append(13)
    case UInt8(ascii: "t"): result.append(9)
    case UInt8(ascii: "v"): result.append(11)
    default: result.append(byte)
    }
    position += 1
  }

  /// Lua's UTF-8, which reaches to 2^31.
  private mutating func append(scalar: UInt32) {
    guard scalar >= 0x80 else {
      result.append(UInt8(scalar))
      return
    }
    var rest = scalar
    var tail: [UInt8] = []
    var firstMax: UInt32 = 0x3F
    repeat {
      tail.append(UInt8(0x80 | (rest & 0x3F)))
      rest >>= 6
      firstMax >>= 1
    } while rest > firstMax
    result.append(UInt8(truncatingIfNeeded: (~firstMax << 1) | rest))
    result.append(contentsOf: tail.reversed())
  }
}
