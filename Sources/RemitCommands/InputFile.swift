private import Glibc
internal import RemitEngine
private import RemitModel

/// The file that a command reads, open for as long as this lives.
final class InputFile {
  let stream: FileStream
  /// As messages name it.
  let name: String
  private let file: Int32
  private let isOurs: Bool

  /// - Parameter path: `-` or nil is standard input.
  init(_ path: String?) throws {
    guard let path, path != "-" else {
      file = STDIN_FILENO
      isOurs = false
      name = "standard input"
      stream = FileStream(file, name: name)
      return
    }
    file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    isOurs = true
    guard file >= 0 else { throw CommandFailure(.usage, StreamError.system("cannot read \(path)").description) }
    name = path
    stream = FileStream(file, name: path)
  }

  deinit {
    if isOurs && file >= 0 { close(file) }
  }
}

extension FileStream {
  /// Reads to the end, or until more than so many bytes are there.
  func readAll(past bytesMax: Int) throws(StreamError) -> [UInt8] {
    var bytes: [UInt8] = []
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
    defer { unsafe block.deallocate() }
    while bytes.count <= bytesMax {
      // SAFETY: the block lives until the end, and is read as far as it was filled.
      let count = try unsafe read(into: block)
      guard count > 0 else { break }
      unsafe bytes.append(contentsOf: block[..<count])
    }
    return bytes
  }
}
