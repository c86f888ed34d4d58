private import Glibc

/// What the system says of this process, under the names that all exporters use.
struct ProcessMetrics {
  private let startSeconds: Double

  /// - Parameter startSeconds: When the process was started, since 1970.
  init(startSeconds: Double) {
    self.startSeconds = startSeconds
  }

  func write(into text: inout PrometheusText) {
    var time = timespec()
    // SAFETY: it outlives the call.
    if unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 {
      text.family("process_cpu_seconds_total", .counter, help: "Processor time that was used, in seconds.")
      text.sample("process_cpu_seconds_total", [], Double(time.tv_sec) + Double(time.tv_nsec) / 1e9)
    }
    var limit = rlimit()
    if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      text.family("process_max_fds", .gauge, help: "The most files that may be open.")
      text.sample("process_max_fds", [], Double(limit.rlim_cur))
    }
    if let count = Self.openFiles() {
      text.family("process_open_fds", .gauge, help: "Files that are open.")
      text.sample("process_open_fds", [], count)
    }
    if let pages = Self.memoryPages() {
      let pageBytes = sysconf(Int32(_SC_PAGESIZE))
      text.family("process_resident_memory_bytes", .gauge, help: "Memory that is held, in bytes.")
      text.sample("process_resident_memory_bytes", [], pages.resident * pageBytes)
      text.family("process_virtual_memory_bytes", .gauge, help: "Addresses that are in use, in bytes.")
      text.sample("process_virtual_memory_bytes", [], pages.total * pageBytes)
    }
    text.family("process_start_time_seconds", .gauge, help: "When the process was started, in seconds since 1970.")
    text.sample("process_start_time_seconds", [], startSeconds)
  }

  private static func openFiles() -> Int? {
    guard let folder = unsafe opendir("/proc/self/fd") else { return nil }
    defer { unsafe _ = closedir(folder) }
    var count = 0
    while let entry = unsafe readdir(folder) {
      if unsafe entry.pointee.d_name.0 != 46 { count += 1 }
    }
    // The folder itself is a file while it is read.
    return count - 1
  }

  private static func memoryPages() -> (total: Int, resident: Int)? {
    let file = unsafe open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 256)
    // SAFETY: the array has room for as many bytes.
    let count = unsafe read(file, &bytes, bytes.count)
    guard count > 0 else { return nil }
    let words = String(decoding: bytes[..<count], as: UTF8.self).split(separator: " ")
    let fields = words.compactMap { Int($0) }
    return fields.count >= 2 ? (fields[0], fields[1]) : nil
  }
}
