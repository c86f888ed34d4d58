private import Crypto
private import Glibc

/// What stands around a line of the log, and chains it to the one before:
/// `{"n":17,"previous":"<64 hex>",` … `,"hash":"<64 hex>"}`.
package enum LineFrame {
  /// Digits of a hash.
  package static let hashDigits = 64
  /// The `previous` of the first line of all.
  package static let noHash = [UInt8](repeating: UInt8(ascii: "0"), count: hashDigits)
  /// The most bytes of a line. The writer refuses what is longer, so that a reader that meets more knows that it reads something else.
  package static let lineBytesMax = 256 << 20

  static let start: StaticString = #"{"n":"#
  static let previousStart: StaticString = #","previous":""#
  static let hashStart: StaticString = #","hash":""#
  static let end: StaticString = #""}"#
  /// Of everything behind the hashed bytes, without the newline.
  static let suffixLength = hashStart.utf8CodeUnitCount + hashDigits + end.utf8CodeUnitCount
  /// The most that the frame and the time of logging add to a line.
  static let lengthMax = 5 + 20 + 13 + hashDigits + 2 + 36 + suffixLength + 1

  /// What a frame says. Its parts lie in the line.
  @unsafe struct Parts {
    var number: Int
    var previous: UnsafeRawBufferPointer
    var hash: UnsafeRawBufferPointer
    /// What the hash is over.
    var hashed: UnsafeRawBufferPointer
  }

  /// Reads the frame of a line without its newline; nil where it has none.
  static func read(_ line: UnsafeRawBufferPointer) -> Parts? {
    var at = 0
    guard line.count > suffixLength, line.count <= lineBytesMax, unsafe skip(start, line, &at) else { return nil }
    guard let number = unsafe readNumber(line, &at), unsafe skip(previousStart, line, &at) else { return nil }
    guard let previous = unsafe readHash(line, &at), unsafe skip("\",", line, &at) else { return nil }
    var tail = line.count - suffixLength
    guard tail >= at else { return nil }
    // SAFETY: the bounds were compared above.
    let hashed = unsafe UnsafeRawBufferPointer(rebasing: line[..<tail])
    guard unsafe skip(hashStart, line, &tail), let hash = unsafe readHash(line, &tail), unsafe skip(end, line, &tail)
    else {
      return nil
    }
    return unsafe Parts(number: number, previous: previous, hash: hash, hashed: hashed)
  }

  /// Where the time begins in a line of that frame.
  static func timeStart(_ frame: Parts) -> Int {
    // SAFETY: both lie in the same line.
    unsafe frame.previous.baseAddress! - frame.hashed.baseAddress! + hashDigits + #"","time":""#.utf8.count
  }

  private static func skip(_ text: StaticString, _ line: UnsafeRawBufferPointer, _ at: inout Int) -> Bool {
    let count = text.utf8CodeUnitCount
    guard at + count <= line.count, let base = line.baseAddress else { return false }
    // SAFETY: both have `count` bytes.
    guard unsafe memcmp(base + at, text.utf8Start, count) == 0 else { return false }
    at += count
    return true
  }

  private static func readNumber(_ line: UnsafeRawBufferPointer, _ at: inout Int) -> Int? {
    let start = at
    var number = 0
    while at < line.count, case let digit = unsafe line[at] &- UInt8(ascii: "0"), digit < 10, at - start < 18 {
      number = number * 10 + Int(digit)
      at += 1
    }
    // As it is written, and no other way.
    return unsafe number > 0 && line[start] != UInt8(ascii: "0") ? number : nil
  }

  private static func readHash(_ line: UnsafeRawBufferPointer, _ at: inout Int) -> UnsafeRawBufferPointer? {
    guard at + hashDigits <= line.count else { return nil }
    // SAFETY: the bounds were compared.
    let digits = unsafe UnsafeRawBufferPointer(rebasing: line[at..<at + hashDigits])
    guard unsafe digits.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x61 && $0 <= 0x66) }) else { return nil }
    at += hashDigits
    return unsafe digits
  }

  /// Writes the hash over some bytes, as digits.
  static func hash(_ bytes: UnsafeRawBufferPointer, into digits: inout [UInt8]) {
    var hasher = SHA256()
    unsafe hasher.update(bufferPointer: bytes)
    unsafe hasher.finalize().withUnsafeBytes { digest in
      unsafe digits.withUnsafeMutableBytes { digits in
        for place in 0..<hashDigits / 2 {
          let byte = unsafe digest[place]
          unsafe digits[2 * place] = Hex.digit(byte >> 4)
          unsafe digits[2 * place + 1] = Hex.digit(byte & 15)
        }
      }
    }
  }

  /// Whether that is the hash over these bytes.
  static func isHash(_ digits: UnsafeRawBufferPointer, of bytes: UnsafeRawBufferPointer) -> Bool {
    var hasher = SHA256()
    unsafe hasher.update(bufferPointer: bytes)
    return unsafe hasher.finalize().withUnsafeBytes { digest in
      for place in 0..<hashDigits / 2 {
        let byte = unsafe digest[place]
        guard unsafe digits[2 * place] == Hex.digit(byte >> 4), unsafe digits[2 * place + 1] == Hex.digit(byte & 15)
        else { return false }
      }
      return true
    }
  }
}

/// Bytes as hexadecimal digits in lower case.
enum Hex {
  static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + (value - 10)
  }

  static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  static func digits(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    bytes.flatMap { [digit($0 >> 4), digit($0 & 15)] }
  }

  /// Nil where that is something else.
  static func bytes(_ digits: some Collection<UInt8>) -> [UInt8]? {
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in digits {
      guard let value = value(digit) else { return nil }
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    return bytes
  }
}
