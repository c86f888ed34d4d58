private import Glibc

/// The clocks of the system, in nanoseconds since moments of their own.
enum Clock {
  /// What a clock on the wall shows.
  case wall
  /// What the processor has worked for this process, all threads together: others on the machine hardly change it.
  case processor

  var nanoseconds: UInt64 {
    var now = timespec()
    // SAFETY: it outlives the call.
    unsafe _ = clock_gettime(self == .wall ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
  }

  /// What it takes to look at the wall's clock twice, and so is part of each clocked decision.
  static func cost() -> Double {
    var pairs: [Double] = []
    for _ in 0..<10_000 {
      let start = Clock.wall.nanoseconds
      pairs.append(Double(Clock.wall.nanoseconds - start))
    }
    return pairs.median
  }
}

extension [Double] {
  var median: Double { percentile(50) }

  /// The value that so many percent of them do not pass.
  func percentile(_ percent: Int) -> Double {
    precondition(!isEmpty, "nothing was measured")
    let sorted = sorted()
    return sorted[(sorted.count * percent + 99) / 100 - 1]
  }
}
