private import Glibc

/// Keeps bytes until all are there: the first in memory, and where there are more all of them in a temporary file
/// without a name.
final class Spool: ByteSink, ByteSource {
  /// More goes to the file.
  private let memoryBytesMax: Int
  private var memory: [UInt8] = []
  private var position = 0
  private var file: Int32 = -1
  private var stream: FileStream?

  init(memoryBytesMax: Int = 8 << 20) {
    self.memoryBytesMax = memoryBytesMax
  }

  deinit {
    if file >= 0 { close(file) }
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    if let stream { return try unsafe stream.write(bytes) }
    unsafe memory.append(contentsOf: bytes)
    guard memory.count > memoryBytesMax else { return }
    let opened = try openFile()
    try writeMemory(to: opened)
    memory = []
    stream = opened
  }

  /// Reads what was written, from the start: call `rewind` first.
  func read(into target: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    if let stream { return try unsafe stream.read(into: target) }
    let count = min(target.count, memory.count - position)
    unsafe memory[position..<position + count].withUnsafeBytes { bytes in unsafe target.copyMemory(from: bytes) }
    position += count
    return count
  }

  func rewind() throws(StreamError) {
    position = 0
    guard file >= 0 else { return }
    guard lseek(file, 0, SEEK_SET) == 0 else { throw StreamError.system("cannot read the temporary file") }
  }

  private func writeMemory(to stream: FileStream) throws(StreamError) {
    let bytes = memory
    try unsafe bytes.withUnsafeBufferPointer { (bytes) throws(StreamError) in
      try unsafe stream.write(UnsafeRawBufferPointer(bytes))
    }
  }

  private func openFile() throws(StreamError) -> FileStream {
    let folder = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    var path = Array("\(folder)/remit-XXXXXX".utf8CString)
    // SAFETY: the template ends in a zero byte, and is changed in place.
    file = unsafe mkstemp(&path)
    guard file >= 0, fcntl(file, F_SETFD, FD_CLOEXEC) == 0 else {
      throw StreamError.system("cannot make a temporary file in \(folder)")
    }
    // Nobody else needs its name, and so nothing is left behind whatever happens.
    _ = unsafe unlink(path)
    return FileStream(file, name: "the temporary file")
  }
}
