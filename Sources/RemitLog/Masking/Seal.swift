internal import Crypto

/// How masked values are kept: a commitment in the place of each, and all of them together, encrypted, beside the input.
///
/// Sealed, in base64: 16 bytes that make a key of their own, 12 bytes of nonce, the encrypted text, and 16 bytes of tag. The text is the salt
/// and, for each value in the order of the input, its length in four bytes, the lowest first, and its bytes. The masked input is
/// authenticated with it, so that sealed values fit no other line's input.
enum Seal {
  static let saltBytes = 16
  static let sessionBytes = 16
  static let nonceBytes = 12
  static let tagBytes = 16
  /// Digits of a commitment: enough that nobody finds two values for one.
  static let commitmentDigits = 32
  private static let purpose = Array("remit decision log".utf8)

  /// The key of one writer, of which no two have the same 16 bytes: so their nonces may be counted.
  static func sessionKey(_ key: LogKey, _ session: some Sequence<UInt8>) -> SymmetricKey {
    var code = HMAC<SHA256>(key: key.key)
    code.update(data: purpose)
    code.update(data: Array(session))
    return SymmetricKey(data: code.finalize())
  }

  /// What stands in the place of a value. Without the salt nobody can tell whether it is that of a value that they guess; with its
  /// place in the count, equal values of a line look different.
  static func commitment(salt: [UInt8], place: Int, _ value: UnsafeRawBufferPointer) -> [UInt8] {
    var hasher = SHA256()
    hasher.update(data: salt)
    hasher.update(data: littleEndian(place))
    unsafe hasher.update(bufferPointer: value)
    return Hex.digits(hasher.finalize().prefix(commitmentDigits / 2))
  }

  static func littleEndian(_ value: Int) -> [UInt8] {
    [UInt8(value & 0xFF), UInt8(value >> 8 & 0xFF), UInt8(value >> 16 & 0xFF), UInt8(value >> 24 & 0xFF)]
  }
}
