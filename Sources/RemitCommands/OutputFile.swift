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

  /// Makes the folders that the file is to stand in, where they are not there.
  static func makeFolder(above path: String) throws {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    for count in parts.indices {
      let folder = parts[...count].joined(separator: "/")
      guard !folder.isEmpty, unsafe mkdir(folder, 0o777) != 0, errno != EEXIST else { continue }
      // SAFETY: `strerror` returns a text that ends in a zero byte.
      let why = unsafe String(cString: strerror(errno)).lowercased()
      throw CommandFailure(.usage, "cannot make the folder \(folder): \(why)")
    }
  }

  private static func failure(_ path: String) -> CommandFailure {
    // SAFETY: `strerror` returns a text that ends in a zero byte.
    CommandFailure(.usage, "cannot write \(path): \(unsafe String(cString: strerror(errno)).lowercased())")
  }
}
