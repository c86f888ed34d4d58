private import Glibc
private import RemitModel
internal import RemitPolicy
private import Synchronization

/// Text for people: standard output and standard error.
enum Terminal {
  /// Why standard output took no more; 0 as long as it did.
  private static let outputError = Atomic<Int32>(0)

  /// What ends a command whose results were lost, on a full disk for one. A pipe that its reader has closed is no
  /// failure: nobody wants the rest.
  static var outputFailure: CommandFailure? {
    let error = outputError.load(ordering: .relaxed)
    guard error != 0, error != EPIPE else { return nil }
    // SAFETY: `strerror` returns a text that ends in a zero byte.
    let words = unsafe String(cString: strerror(error)).lowercased()
    return CommandFailure(.usage, "cannot write standard output: \(words)")
  }

  /// Writes one line to standard output.
  static func print(_ line: String) {
    print(Array((visible(line) + "\n").utf8))
  }

  /// Writes bytes to standard output as they are.
  static func print(_ bytes: [UInt8]) {
    write(bytes, to: STDOUT_FILENO)
  }

  /// Writes one line to standard error, as all our messages begin.
  static func error(_ line: String) {
    write(Array("remit: \(visible(line))\n".utf8), to: STDERR_FILENO)
  }

  /// Whether standard error takes a line now: a pipe that nobody reads does not.
  static var errorTakesMore: Bool {
    var file = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
    // SAFETY: one structure, which outlives the call.
    return unsafe poll(&file, 1, 0) != 0
  }

  /// Writes bytes to standard error as they are.
  static func error(bytes: [UInt8]) {
    write(bytes, to: STDERR_FILENO)
  }

  /// Says of a file that it is no policy, though it looks like one.
  static func warn(misnamed file: String) {
    error("warning: \(file) is left out: \(PolicyFolder.rule)")
  }

  /// The same of whatever is left out among the policies.
  static func warn(leftOut: PolicyFolder.LeftOut) {
    error("warning: \(words(leftOut))")
  }

  static func words(_ leftOut: PolicyFolder.LeftOut) -> String { "\(leftOut.path) is left out: \(leftOut.why)" }

  /// Writes over the line that standard error stands in.
  static func progress(_ text: String) {
    write(Array("\r\u{1B}[K\(text)".utf8), to: STDERR_FILENO)
  }

  static var inputIsTerminal: Bool { isatty(STDIN_FILENO) == 1 }
  static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
  static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// How wide text for people may be: as the terminal is, within reason.
  static var outputColumns: Int {
    var size = winsize()
    // SAFETY: the call fills the structure, which outlives it.
    guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 100 }
    return min(140, max(60, Int(size.ws_col)))
  }

  /// The text with its control characters written out: what a policy or an argument says must neither move the cursor
  /// nor break a line in two.
  private static func visible(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var shown = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": shown += "\\n"
      case "\r": shown += "\\r"
      case "\t": shown += "\\t"
      case _ where isControl(scalar): shown += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      default: shown.unicodeScalars.append(scalar)
      }
    }
    return shown
  }

  /// Controls, line and paragraph separators, and what turns the direction of the text around it.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  /// What standard error does not take is lost: there is nobody to tell.
  private static func write(_ bytes: [UInt8], to file: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
      // SAFETY: the bytes are the slice's own, for this call.
      let count = unsafe rest.withUnsafeBytes { bytes in unsafe Glibc.write(file, bytes.baseAddress, bytes.count) }
      if count < 0 && errno == EINTR { continue }
      if count < 0 && errno == EAGAIN && file == STDOUT_FILENO {
        // Somebody else, who has it too, has made it non-blocking.
        var output = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
        // SAFETY: one structure, which outlives the call.
        _ = unsafe poll(&output, 1, -1)
        continue
      }
      guard count > 0 else {
        if file == STDOUT_FILENO { outputError.store(errno, ordering: .relaxed) }
        return
      }
      rest = rest.dropFirst(count)
    }
  }
}
