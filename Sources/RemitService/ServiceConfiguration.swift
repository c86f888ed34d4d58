/// Where a service listens, and how much it may use.
package struct ServiceConfiguration: Sendable {
  package struct TCPAddress: Sendable, Equatable {
    package var host: String
    /// 0: any that is free.
    package var port: Int

    /// Reads `HOST:PORT`, the host of IPv6 in brackets; nil where it is something else.
    package init?(_ text: String) {
      guard let colon = text.lastIndex(of: ":") else { return nil }
      let digits = text[text.index(after: colon)...]
      guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let port = Int(digits), (0...65535).contains(port) else {
        return nil
      }
      var host = text[..<colon]
      if host.hasPrefix("["), host.hasSuffix("]") {
        host = host.dropFirst().dropLast()
      } else if host.contains(":") {
        return nil
      }
      guard !host.isEmpty else { return nil }
      self.host = String(host)
      self.port = port
    }
  }

  package struct UnixAddress: Sendable, Equatable {
    package var path: String
    package var mode: UInt32
    /// Whether `admin.…` methods are there.
    package var isForAdmin: Bool

    package init(path: String, mode: UInt32, isForAdmin: Bool = false) {
      self.path = path
      self.mode = mode
      self.isForAdmin = isForAdmin
    }
  }

  package var tcp: [TCPAddress] = []
  package var unix: [UnixAddress] = []
  package var stdio = false
  package var http: [TCPAddress] = []
  /// Streams of lines over HTTP that may be under way at the same time.
  package var batchesMax = 16
  /// Of Remit.
  package var version = ""
  /// Event loops.
  package var loops = 1
  /// Threads for what takes long.
  package var workers = 1
  /// How long clients may take to fetch their answers once the service ends.
  package var drainSecondsMax = 10
  /// Called once it listens, with the addresses.
  package var whenReady: (@Sendable (_ addresses: [String]) -> Void)?

  package init() {}
}

/// Why a service cannot start or go on.
package struct ServiceError: Error, Equatable, CustomStringConvertible {
  package let message: String

  package init(_ message: String) {
    self.message = message
  }

  package var description: String { message }
}
