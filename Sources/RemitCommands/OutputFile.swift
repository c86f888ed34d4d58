private import Glibc
private import RemitModel

/// A file that a command writes as a whole.
enum OutputFile {
  static func write(_ bytes: [UInt8], to path: String) throws {
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw failure(path) }
    var rest = bytes[...]
    while !rest.isEmpty {
      // SAFETY: the bytes are the slice's own, for this call.
      let count = unsafe rest.withUnsafeBytes { bytes in unsafe Glibc.write(file, bytes.baseAddress, bytes.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        let error = failure(path)
        close(file)
        throw error
      }
      rest = rest.dropFirst(count)
    }
    // A full disk may show only now.
    guard close(file) == 0 else { throw failure(path) }
  }

  private static func failure(_ path: String) -> CommandFailure {
    // SAFETY: `strerror` returns a text that ends in a zero byte.
    CommandFailure(.usage, "cannot write \(path): \(unsafe String(cString: strerror(errno)).lowercased())")
  }
}
