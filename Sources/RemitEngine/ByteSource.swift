private import Glibc

/// Why bytes could not be read or written.
package struct StreamError: Error, Equatable, CustomStringConvertible {
  /// True where the reader of our output has gone: no mistake of anyone's.
  package let isClosedPipe: Bool
  /// In words, with what was attempted.
  package let description: String

  package init(_ description: String, isClosedPipe: Bool = false) {
    self.isClosedPipe = isClosedPipe
    self.description = description
  }

  /// What `errno` says now.
  package static func system(_ attempt: String) -> StreamError {
    let number = errno
    // SAFETY: `strerror` returns a text that ends in a zero byte.
    let reason = unsafe String(cString: strerror(number)).lowercased()
    return StreamError("\(attempt): \(reason)", isClosedPipe: number == EPIPE)
  }
}

/// Where a batch reads from. Used by one thread at a time.
package protocol ByteSource: AnyObject {
  /// Reads what is there, at least one byte, into `target`; waits where nothing is. Returns 0 at the end.
  func read(into target: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int
}

/// Where a batch writes to. Used by one thread at a time.
package protocol ByteSink: AnyObject {
  /// Writes all of `bytes`.
  func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError)
}

/// An open file, which it does not close.
package final class FileStream: ByteSource, ByteSink {
  private let file: Int32
  private let name: String

  /// - Parameter name: As messages name it.
  package init(_ file: Int32, name: String) {
    self.file = file
    self.name = name
  }

  package func read(into target: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    while true {
      // SAFETY: `target` is the caller's, for this call.
      let count = unsafe Glibc.read(file, target.baseAddress, target.count)
      if count >= 0 { return count }
      guard errno == EINTR || isReadyAgain(for: POLLIN) else { throw StreamError.system("cannot read \(name)") }
    }
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    var rest = unsafe bytes
    while unsafe !rest.isEmpty {
      // SAFETY: `rest` is the caller's, for this call.
      let count = unsafe Glibc.write(file, rest.baseAddress, rest.count)
      if count >= 0 {
        unsafe rest = unsafe UnsafeRawBufferPointer(rebasing: rest[count...])
      } else if errno != EINTR && !isReadyAgain(for: POLLOUT) {
        throw StreamError.system("cannot write \(name)")
      }
    }
  }

  /// Waits for a file that somebody else, who has it too, has made non-blocking: then to wait is no failure.
  private func isReadyAgain(for events: Int32) -> Bool {
    guard errno == EAGAIN else { return false }
    var file = pollfd(fd: file, events: Int16(events), revents: 0)
    // SAFETY: one structure, which outlives the call.
    return unsafe poll(&file, 1, -1) >= 0 || errno == EINTR
  }
}
