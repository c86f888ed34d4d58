private import Glibc

/// Tells where the rows of a CSV text end: at a newline that is not inside a quoted field.
///
/// A quote opens a field only as its first byte, so a stray one does not swallow the rows that follow.
struct CSVRowScanner {
  private enum State {
    case fieldStart, unquoted, quoted, quoteSeen
  }
  private var state = State.fieldStart

  /// Passes over bytes up to the first newline that ends a row, and returns the place behind it; nil where the row goes
  /// on behind the bytes.
  ///
  /// Linear: newlines are looked for once, and quotes no further than to the next of them.
  @unsafe mutating func rowEnd(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    var position = start
    var newline = -1
    while position < bytes.count {
      if state == .quoteSeen {
        let isDoubled = unsafe bytes[position] == UInt8(ascii: "\"")
        state = isDoubled ? .quoted : .unquoted
        if isDoubled { position += 1 }
        continue
      }
      if state == .quoted {
        let quote = unsafe Self.find(UInt8(ascii: "\""), in: bytes, position..<bytes.count)
        position = quote + 1
        if quote < bytes.count { state = .quoteSeen }
        continue
      }
      if newline < position { newline = unsafe Self.find(10, in: bytes, position..<bytes.count) }
      let quote = unsafe Self.find(UInt8(ascii: "\""), in: bytes, position..<newline)
      if quote < newline {
        let opens = unsafe quote == position ? state == .fieldStart : bytes[quote - 1] == UInt8(ascii: ",")
        state = opens ? .quoted : .unquoted
        position = quote + 1
      } else if newline < bytes.count {
        state = .fieldStart
        return newline + 1
      } else {
        state = unsafe bytes[bytes.count - 1] == UInt8(ascii: ",") ? .fieldStart : .unquoted
        return nil
      }
    }
    return nil
  }

  /// Where the byte stands first in the range; at the range's end where it does not.
  @unsafe private static func find(_ byte: UInt8, in bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int {
    // SAFETY: the slice is inside the caller's bytes.
    let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[range])
    guard let base = part.baseAddress, let found = unsafe memchr(base, Int32(byte), part.count) else {
      return range.upperBound
    }
    return unsafe range.lowerBound + (UnsafeRawPointer(found) - base)
  }
}
