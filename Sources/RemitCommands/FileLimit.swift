private import Glibc
internal import Logging

/// How many files the system lets this process have.
enum FileLimit {
  /// Beside connections: files of listeners and loops, and connections that are being refused.
  private static let others = 256

  /// As many as there may be, and a warning where they are too few.
  static func raise(forConnections connections: Int, log: Logger) {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    if limit.rlim_cur < limit.rlim_max {
      limit.rlim_cur = limit.rlim_max
      unsafe _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
    if limit.rlim_cur < rlim_t(connections + others) {
      log.warning(
        """
        the system lets this process have \(limit.rlim_cur) files, too few for \(connections) connections (see ulimit -n)
        """, metadata: ["files": .stringConvertible(Int(limit.rlim_cur))])
    }
  }
}
