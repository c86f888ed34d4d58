private import Glibc

/// A file without a name, which is gone with its owner whatever happens.
final class TemporaryFile: ByteSink, ByteSource {
  private let file: Int32
  private let stream: FileStream

  init() throws(StreamError) {
    let folder = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    var path = Array("\(folder)/remit-XXXXXX".utf8CString)
    // SAFETY: the template ends in a zero byte, and is changed in place.
    file = unsafe mkstemp(&path)
    stream = FileStream(file, name: "the temporary file")
    guard file >= 0, fcntl(file, F_SETFD, FD_CLOEXEC) == 0 else {
      throw StreamError.system("cannot make a temporary file in \(folder)")
    }
    // Nobody else needs its name.
    _ = unsafe unlink(path)
  }

  deinit {
    if file >= 0 { close(file) }
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    try unsafe stream.write(bytes)
  }

  func read(into target: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    try unsafe stream.read(into: target)
  }

  /// Reads from the start from here on.
  func rewind() throws(StreamError) {
    guard lseek(file, 0, SEEK_SET) == 0 else { throw StreamError.system("cannot read the temporary file") }
  }
}
