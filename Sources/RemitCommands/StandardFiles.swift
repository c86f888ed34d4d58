private import Glibc
internal import RemitModel

/// Standard input, output and error, which whoever starts a command may have closed.
enum StandardFiles {
  /// Puts something in the place of each that is closed, before the next file that is opened gets its number: an input without a byte, an
  /// output that takes none, so that lost results are still told of, and a standard error that forgets.
  static func open() throws {
    // A file that has reached the most that it may have is told by write(2).
    signal(SIGXFSZ, SIG_IGN)
    for (file, mode) in [(STDIN_FILENO, O_RDONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_WRONLY)] {
      guard fcntl(file, F_GETFD) < 0 else { continue }
      // The lowest number that is free is that of the file, as all below it are open.
      guard unsafe Glibc.open("/dev/null", mode) == file else {
        // SAFETY: `strerror` returns a text that ends in a zero byte.
        let words = unsafe String(cString: strerror(errno)).lowercased()
        throw CommandFailure(.usage, "file \(file) is closed, and /dev/null cannot take its place: \(words)")
      }
    }
  }
}
