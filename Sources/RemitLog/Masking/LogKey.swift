internal import Crypto
private import Glibc

/// What masked values are encrypted under: 32 bytes in a file of one's own.
package struct LogKey: Sendable {
  let key: SymmetricKey

  package static let byteCount = 32
  private static let fileBytesMax = 4096

  package init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    key = SymmetricKey(data: bytes)
  }

  /// Reads 64 hexadecimal digits, or the same bytes in base64, with white space around them.
  ///
  /// - Throws: Where the file cannot be read, holds something else, or can be read by every user.
  package init(file path: String) throws(LogError) {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw LogError("cannot read \(path): \(LogError.systemWords())") }
    defer { close(file) }
    var status = stat()
    guard unsafe fstat(file, &status) == 0 else { throw LogError("cannot read \(path): \(LogError.systemWords())") }
    guard status.st_mode & S_IFMT != S_IFREG || status.st_mode & 0o007 == 0 else {
      throw LogError("\(path): every user may read or change this key (chmod 600 \(path))")
    }
    var bytes = [UInt8](repeating: 0, count: Self.fileBytesMax)
    var count = 0
    while count < bytes.count {
      // SAFETY: so much room is left.
      let got = unsafe bytes.withUnsafeMutableBytes { unsafe read(file, $0.baseAddress! + count, $0.count - count) }
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { throw LogError("cannot read \(path): \(LogError.systemWords())") }
      if got == 0 { break }
      count += got
    }
    let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
    let text = bytes[..<count].drop(while: isSpace).reversed().drop(while: isSpace).reversed()
    guard let read = Hex.bytes(Array(text)) ?? Base64.bytes(Array(text)), let key = LogKey(read) else {
      throw LogError("\(path): expected a key of 64 hexadecimal digits (openssl rand -hex 32 makes one)")
    }
    self = key
  }
}
