private import Glibc
internal import RemitEngine
private import RemitModel

/// The file that a command reads, open for as long as this lives.
final class InputFile {
  let stream: FileStream
  private let file: Int32
  private let isOurs: Bool

  /// - Parameter path: `-` or nil is standard input.
  init(_ path: String?) throws {
    guard let path, path != "-" else {
      file = STDIN_FILENO
      isOurs = false
      stream = FileStream(file, name: "standard input")
      return
    }
    file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    isOurs = true
    guard file >= 0 else { throw CommandFailure(.usage, StreamError.system("cannot read \(path)").description) }
    stream = FileStream(file, name: path)
  }

  deinit {
    if isOurs && file >= 0 { close(file) }
  }
}
