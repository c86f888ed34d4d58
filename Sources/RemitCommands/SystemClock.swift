private import Glibc

/// What the machine's clocks say. Decisions never ask them: a command does, once, and hands the time in.
enum SystemClock {
  /// Now as an RFC 3339 time in UTC, in whole seconds.
  static func now() -> String { "\(text(seconds: time(nil)))Z" }

  /// Now as an RFC 3339 time in UTC, in milliseconds.
  static func nowMilliseconds() -> String {
    let now = milliseconds()
    let fraction = String(now % 1000)
    return "\(text(seconds: time_t(now / 1000))).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)Z"
  }

  private static func text(seconds: time_t) -> String {
    var seconds = seconds
    var parts = unsafe tm()
    // SAFETY: both outlive the call.
    unsafe _ = gmtime_r(&seconds, &parts)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let day = unsafe "\(1900 + parts.tm_year)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
    return unsafe "\(day)T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
  }

  /// Milliseconds since 1970 in UTC.
  static func milliseconds() -> Int64 {
    var now = timespec()
    // SAFETY: it outlives the call.
    unsafe _ = clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
  }

  /// Seconds since some moment, never backwards.
  static func seconds() -> Double {
    var now = timespec()
    // SAFETY: it outlives the call.
    unsafe _ = clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }

  /// With so many digits behind the point.
  static func text(_ value: Double, places: Int) -> String {
    var scale = 1
    for _ in 0..<places { scale *= 10 }
    let scaled = Int((value * Double(scale)).rounded())
    let fraction = String(scaled % scale)
    return "\(scaled / scale)." + String(repeating: "0", count: places - fraction.count) + fraction
  }
}
