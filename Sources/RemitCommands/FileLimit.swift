private import Glibc
internal import Logging
private import RemitModel

/// How many files the system lets this process have.
enum FileLimit {
  /// Beside connections: files of listeners and loops, and connections that are being refused.
  private static let others = 256

  /// What a loop has by itself, and a service without any connection beside its loops. Where they are not to be had the library that has
  /// the loops would end the process.
  private static let eachLoop = 3
  private static let least = 24

  /// As many as there may be, and a warning where they are too few.
  ///
  /// - Throws: Where they are too few to begin.
  static func raise(forConnections connections: Int, loops: Int, log: Logger) throws {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    if limit.rlim_cur < limit.rlim_max {
      limit.rlim_cur = limit.rlim_max
      unsafe _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
    let needed = least + eachLoop * loops
    guard limit.rlim_cur >= rlim_t(needed) else {
      throw CommandFailure(
        .usage, "the system lets this process have \(limit.rlim_cur) files, and it needs \(needed) (see ulimit -n)")
    }
    if limit.rlim_cur < rlim_t(connections + others) {
      log.warning(
        """
        the system lets this process have \(limit.rlim_cur) files, too few for \(connections) connections (see ulimit -n)
        """, metadata: ["files": .stringConvertible(Int(limit.rlim_cur))])
    }
  }
}
