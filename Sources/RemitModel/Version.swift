/// A hash over everything that a policy is made of, shown as its first 12 hex digits.
package struct Version: Hashable, Sendable, CustomStringConvertible {
  /// All digits of the hash, in lower-case hex.
  package let hex: String

  package static let shownDigits = 12

  /// - Parameter digest: The bytes of the hash, at least six.
  package init(digest: some Sequence<UInt8>) {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in digest {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    precondition(text.count >= Self.shownDigits, "a version is made from at least six bytes")
    hex = String(decoding: text, as: UTF8.self)
  }

  package var description: String { String(hex.prefix(Self.shownDigits)) }
}
