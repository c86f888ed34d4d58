/// Splits a file into tokens as the stock Lua does, byte for byte, and refuses those that a policy can't have.
///
/// Strings are checked and skipped, not decoded. What is refused is collected in `refusals` and reading goes on; only
/// what is no Lua at all is thrown.
struct Lexer {
  let source: [UInt8]
  let file: String
  var names = NameTable()
  var refusals: [Diagnostic] = []
  /// Offsets at which lines begin; line n begins at `lineStarts[n - 1]`.
  var lineStarts: [Int32] = [0]
  var position = 0
  /// By name: -1 unknown yet, 0 usable, 1 reserved.
  private var reserved: [Int8] = []

  init(_ source: [UInt8], file: String) {
    self.source = source
    self.file = file
  }

  var line: Int { lineStarts.count }

  /// The next byte, or -1 at the end.
  @inline(__always) var current: Int { position < source.count ? Int(source[position]) : -1 }
  @inline(__always) func byte(after distance: Int) -> Int {
    position + distance < source.count ? Int(source[position + distance]) : -1
  }

  /// The offset at which the text proper starts: behind a byte order mark and a first line with `#`, which the stock
  /// loader skips.
  mutating func skipPreamble() -> Int {
    if source.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    if current == Int(UInt8(ascii: "#")) {
      while current >= 0, !Self.isNewline(current) { position += 1 }
    }
    return position
  }

  mutating func next() throws(Diagnostic) -> Token {
    while true {
      let byte = current
      switch byte {
      case -1: return token(.endOfFile, 0)
      case 10, 13: newline()
      case 32, 9, 11, 12: position += 1
      case Int(UInt8(ascii: "-")):
        guard self.byte(after: 1) == byte else { return token(.minus, 1) }
        try comment()
      default: return try visible(byte)
      }
    }
  }

  private mutating func visible(_ byte: Int) throws(Diagnostic) -> Token {
    if Self.isNameStart(byte) { return name() }
    if Self.isDigit(byte) { return try numeral() }
    let second = self.byte(after: 1)
    switch UInt8(truncatingIfNeeded: byte) {
    case UInt8(ascii: "+"): return token(.plus, 1)
    case UInt8(ascii: "*"): return token(.star, 1)
    case UInt8(ascii: "/"): return second == byte ? token(.doubleSlash, 2) : token(.slash, 1)
    case UInt8(ascii: "%"): return token(.percent, 1)
    case UInt8(ascii: "^"): return token(.caret, 1)
    case UInt8(ascii: "#"): return token(.hash, 1)
    case UInt8(ascii: "&"): return token(.ampersand, 1)
    case UInt8(ascii: "|"): return token(.pipe, 1)
    case UInt8(ascii: "~"): return second == Int(UInt8(ascii: "=")) ? token(.notEqual, 2) : token(.tilde, 1)
    case UInt8(ascii: "<"):
      if second == Int(UInt8(ascii: "=")) { return token(.lessEqual, 2) }
      return second == byte ? token(.shiftLeft, 2) : token(.less, 1)
    case UInt8(ascii: ">"):
      if second == Int(UInt8(ascii: "=")) { return token(.greaterEqual, 2) }
      return second == byte ? token(.shiftRight, 2) : token(.greater, 1)
    case UInt8(ascii: "="): return second == byte ? token(.equal, 2) : token(.assign, 1)
    case UInt8(ascii: "("): return token(.openParen, 1)
    case UInt8(ascii: ")"): return token(.closeParen, 1)
    case UInt8(ascii: "{"): return token(.openBrace, 1)
    case UInt8(ascii: "}"): return token(.closeBrace, 1)
    case UInt8(ascii: "]"): return token(.closeBracket, 1)
    case UInt8(ascii: "["):
      if let level = longBracket() { return try longString(level) }
      guard second == Int(UInt8(ascii: "=")) else { return token(.openBracket, 1) }
      let start = position
      repeat { position += 1 } while current == Int(UInt8(ascii: "="))
      throw failure("invalid long string delimiter", near: start)
    case UInt8(ascii: ":"): return second == byte ? token(.doubleColon, 2) : token(.colon, 1)
    case UInt8(ascii: ";"): return token(.semicolon, 1)
    case UInt8(ascii: ","): return token(.comma, 1)
    case UInt8(ascii: "."):
      if second == byte { return self.byte(after: 2) == byte ? token(.ellipsis, 3) : token(.concat, 2) }
      return Self.isDigit(second) ? try numeral() : token(.dot, 1)
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return try quotedString()
    default:
      position += 1
      throw failure("unexpected symbol", near: position - 1)
    }
  }

  @inline(__always) private mutating func token(_ kind: TokenKind, _ length: Int) -> Token {
    let start = Int32(position)
    position += length
    return Token(kind: kind, start: start, end: start + Int32(length), line: Int32(line), lastLine: Int32(line))
  }

  /// Steps over a newline; `\r\n` and `\n\r` are one.
  mutating func newline() {
    let first = current
    position += 1
    if Self.isNewline(current), current != first { position += 1 }
    lineStarts.append(Int32(position))
  }

  private mutating func comment() throws(Diagnostic) {
    position += 2
    if current == Int(UInt8(ascii: "[")), let level = longBracket() {
      try skipLongBracket(level, what: "comment")
      return
    }
    while current >= 0, !Self.isNewline(current) { position += 1 }
  }

  private mutating func name() -> Token {
    let start = position
    repeat { position += 1 } while Self.isNamePart(current)
    let id = names.intern(source, from: start, to: position)
    if id.index < TokenKind.keywords.count, let kind = TokenKind(rawValue: UInt8(id.index)) {
      return Token(
        kind: kind, start: Int32(start), end: Int32(position), line: Int32(line), lastLine: Int32(line), name: id)
    }
    refuseReserved(id, at: start)
    return Token(
      kind: .name, start: Int32(start), end: Int32(position), line: Int32(line), lastLine: Int32(line), name: id)
  }

  private mutating func refuseReserved(_ id: NameID, at start: Int) {
    while reserved.count <= id.index { reserved.append(-1) }
    if reserved[id.index] < 0 {
      let text = names.utf8(id)
      reserved[id.index] = text.elementsEqual("_ENV".utf8) || text.starts(with: "__remit".utf8) ? 1 : 0
    }
    guard reserved[id.index] == 1 else { return }
    let text = names.text(id)
    refuse(
      text == "_ENV"
        ? "'_ENV' is not available in a policy: name the globals directly"
        : "the name '\(text)' is reserved, as is every name that begins with '__remit': choose another",
      at: start)
  }

  private mutating func numeral() throws(Diagnostic) -> Token {
    let start = position
    let isHex = current == Int(UInt8(ascii: "0")) && byte(after: 1) | 0x20 == Int(UInt8(ascii: "x"))
    if isHex { position += 2 }
    let mark = isHex ? Int(UInt8(ascii: "p")) : Int(UInt8(ascii: "e"))
    while true {
      let byte = current
      if byte >= 0, byte | 0x20 == mark {
        position += 1
        if current == Int(UInt8(ascii: "-")) || current == Int(UInt8(ascii: "+")) { position += 1 }
      } else if Self.isHexDigit(byte) || byte == Int(UInt8(ascii: ".")) {
        position += 1
      } else {
        break
      }
    }
    if Self.isNameStart(current) { position += 1 }
    var result = Token(
      kind: .integer, start: Int32(start), end: Int32(position), line: Int32(line), lastLine: Int32(line))
    if isHex {
      try hexadecimal(&result)
    } else {
      guard let numeral = Numeral(source, from: start, to: position) else {
        throw failure("malformed number", near: start)
      }
      switch numeral.classified {
      case .integer(let value): result.integer = value
      case .short: result.kind = .decimal
      case .long:
        result.kind = .decimal
        result.isLong = true
      case .tooManyDigits:
        result.kind = .decimal
        refuse("the numeral '\(text(from: start))' has more than 34 significant digits: write fewer", at: start)
      case .outOfRange:
        result.kind = .decimal
        refuse(
          "the numeral '\(text(from: start))' leaves the range of decimals: its exponent may have 6144 at most",
          at: start)
      }
    }
    return result
  }

  private mutating func hexadecimal(_ token: inout Token) throws(Diagnostic) {
    let start = Int(token.start)
    var value: UInt64 = 0
    var digits = 0
    var isFloat = false
    var isLarge = false
    var index = start + 2
    while index < position {
      let byte = Int(source[index])
      if let digit = Self.hexValue(byte) {
        digits += 1
        isLarge = isLarge || value > Numeral.integerMax >> 4
        value = value << 4 | UInt64(digit)
      } else if byte == Int(UInt8(ascii: ".")), !isFloat {
        isFloat = true
      } else {
        break
      }
      index += 1
    }
    if digits > 0, index < position, Int(source[index]) | 0x20 == Int(UInt8(ascii: "p")) {
      isFloat = true
      index += 1
      if index < position, source[index] == UInt8(ascii: "-") || source[index] == UInt8(ascii: "+") { index += 1 }
      if index == position { digits = 0 }
      while index < position, Self.isDigit(Int(source[index])) { index += 1 }
    }
    guard digits > 0, index == position else { throw failure("malformed number", near: start) }
    if isFloat {
      token.kind = .decimal
      refuse(
        "hexadecimal fractions such as '\(text(from: start))' are not available in a policy: write it in decimal",
        at: start)
    } else if isLarge || value > Numeral.integerMax {
      refuse("the numeral '\(text(from: start))' is past 2^53 - 1, the largest integer: write it in decimal", at: start)
    } else {
      token.integer = Int64(value)
    }
  }

  // MARK: Bytes

  static func isNewline(_ byte: Int) -> Bool { byte == 10 || byte == 13 }
  static func isDigit(_ byte: Int) -> Bool { byte >= 48 && byte <= 57 }
  static func isHexDigit(_ byte: Int) -> Bool { hexValue(byte) != nil }
  static func isNameStart(_ byte: Int) -> Bool {
    (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90) || byte == 95
  }
  static func isNamePart(_ byte: Int) -> Bool { isNameStart(byte) || isDigit(byte) }
  static func hexValue(_ byte: Int) -> Int? {
    if isDigit(byte) { return byte - 48 }
    let lower = byte | 0x20
    return byte > 0 && lower >= 97 && lower <= 102 ? lower - 87 : nil
  }
}

// MARK: - Messages

extension Lexer {
  /// The text from `start` to what was read, short enough for a message.
  func text(from start: Int) -> String { text(from: start, to: position) }

  func text(from start: Int, to end: Int) -> String {
    let kept = min(end, start + 60)
    return String(decoding: source[start..<kept], as: UTF8.self) + (kept < end ? "..." : "")
  }

  func diagnostic(_ message: String, at offset: Int) -> Diagnostic {
    let line = line(of: offset)
    return Diagnostic(file: file, line: line, column: offset - Int(lineStarts[line - 1]) + 1, message: message)
  }

  /// The line of a byte that was read already.
  func line(of offset: Int) -> Int {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if Int(lineStarts[middle]) <= offset { low = middle } else { high = middle }
    }
    return low + 1
  }

  /// An error of the lexer itself, on the line that it has reached, near what it read of the token at `start`.
  func failure(_ message: String, near start: Int) -> Diagnostic {
    let end = min(max(position, start + 1), source.count)
    let shown = start < source.count ? Self.quote(source[start..<end]) : "<eof>"
    return Diagnostic(
      file: file, line: line, column: max(1, start - Int(lineStarts[line - 1]) + 1), message: "\(message) near \(shown)"
    )
  }

  mutating func refuse(_ message: String, at offset: Int) { refusals.append(diagnostic(message, at: offset)) }

  /// As the stock Lua shows a token in a message: between quotes, a lone control byte as its number.
  static func quote(_ bytes: ArraySlice<UInt8>) -> String {
    if bytes.count == 1, let byte = bytes.first, byte < 32 || byte > 126 { return "'<\\\(byte)>'" }
    let kept = bytes.prefix(80)
    return "'" + String(decoding: kept, as: UTF8.self) + (kept.count < bytes.count ? "..." : "") + "'"
  }
}
