private import Glibc

/// Why a decision log cannot be opened, written or read.
package struct LogError: Error, Equatable, CustomStringConvertible {
  package let message: String
  /// The log was read, and is not what was written.
  package let isBroken: Bool

  package init(_ message: String, isBroken: Bool = false) {
    self.message = message
    self.isBroken = isBroken
  }

  package var description: String { message }

  /// What the system says of the last call that failed.
  static func systemWords(_ code: Int32 = errno) -> String {
    // SAFETY: `strerror` returns a text that ends in a zero byte.
    unsafe String(cString: strerror(code)).lowercased()
  }
}
