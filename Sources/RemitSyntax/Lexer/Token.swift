/// What a token is. Keywords come first, in the order in which `NameTable` interns them.
package enum TokenKind: UInt8, Sendable {
  case and, `break`, `do`, `else`, elseif, end, `false`, `for`, function, goto, `if`, `in`, local, `nil`, not, or,
    `repeat`
  case `return`, then, `true`, until, `while`

  case plus, minus, star, slash, doubleSlash, percent, caret, hash
  case ampersand, tilde, pipe, shiftLeft, shiftRight
  case equal, notEqual, lessEqual, greaterEqual, less, greater
  case assign, openParen, closeParen, openBrace, closeBrace, openBracket, closeBracket
  case doubleColon, semicolon, colon, comma, dot, concat, ellipsis

  case name, string, integer, decimal, endOfFile

  static let keywords: [StaticString] = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
    "not",
    "or", "repeat", "return", "then", "true", "until", "while",
  ]

  /// As messages name a token that was expected.
  var spelling: String {
    if Int(rawValue) < Self.keywords.count { return "'\(Self.keywords[Int(rawValue)])'" }
    switch self {
    case .plus: return "'+'"
    case .minus: return "'-'"
    case .star: return "'*'"
    case .slash: return "'/'"
    case .doubleSlash: return "'//'"
    case .percent: return "'%'"
    case .caret: return "'^'"
    case .hash: return "'#'"
    case .ampersand: return "'&'"
    case .tilde: return "'~'"
    case .pipe: return "'|'"
    case .shiftLeft: return "'<<'"
    case .shiftRight: return "'>>'"
    case .equal: return "'=='"
    case .notEqual: return "'~='"
    case .lessEqual: return "'<='"
    case .greaterEqual: return "'>='"
    case .less: return "'<'"
    case .greater: return "'>'"
    case .assign: return "'='"
    case .openParen: return "'('"
    case .closeParen: return "')'"
    case .openBrace: return "'{'"
    case .closeBrace: return "'}'"
    case .openBracket: return "'['"
    case .closeBracket: return "']'"
    case .doubleColon: return "'::'"
    case .semicolon: return "';'"
    case .colon: return "':'"
    case .comma: return "','"
    case .dot: return "'.'"
    case .concat: return "'..'"
    case .ellipsis: return "'...'"
    case .name: return "<name>"
    case .string: return "<string>"
    case .integer: return "<integer>"
    case .decimal: return "<number>"
    default: return "<eof>"
    }
  }
}

/// One token; its text is `source[start..<end]`.
struct Token {
  var kind: TokenKind
  var start: Int32
  var end: Int32
  /// Of its first byte.
  var line: Int32
  /// Of its last byte: differs in long strings and strings with escaped newlines. The stock compiler counts with this
  /// one.
  var lastLine: Int32
  /// Of a name: its number in the name table.
  var name = NameID(0)
  /// Of an integer.
  var integer: Int64 = 0
  /// Of a decimal: needs more than a double; see `Numeral`.
  var isLong = false
}
