/// Tells where the rows of a CSV text end: at a newline that is not inside a quoted field.
///
/// A quote opens a field only as its first byte, so a stray one does not swallow the rows that follow.
struct CSVRowScanner {
  private enum State {
    case fieldStart, unquoted, quoted, quoteSeen
  }
  private var state = State.fieldStart

  /// Takes the next byte; true where a row ends with it.
  @inline(__always)
  mutating func take(_ byte: UInt8) -> Bool {
    switch (state, byte) {
    case (.quoted, UInt8(ascii: "\"")): state = .quoteSeen
    case (.quoted, _): break
    case (.fieldStart, UInt8(ascii: "\"")), (.quoteSeen, UInt8(ascii: "\"")): state = .quoted
    case (_, 10):
      state = .fieldStart
      return true
    case (_, UInt8(ascii: ",")): state = .fieldStart
    default: state = .unquoted
    }
    return false
  }
}
