package import RemitLog
package import RemitPolicy

/// Why a replay has not come to its end.
package enum ReplayFailure: Error {
  /// A policy of the log does not load.
  case policy(PolicyLoadError)
  /// The log cannot be read, or is broken.
  case log(LogError)
  case other(String)
}
