private import Glibc

/// A clock that nobody sets, for how long something takes. Decisions never ask it.
package enum MonotonicClock {
  /// Since some moment, in milliseconds.
  package static var milliseconds: Int64 { nanoseconds / 1_000_000 }

  /// The same in nanoseconds.
  static var nanoseconds: Int64 {
    var now = timespec()
    // SAFETY: it outlives the call.
    unsafe _ = clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
  }
}
