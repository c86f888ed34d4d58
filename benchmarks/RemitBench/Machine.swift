private import Glibc

/// What the figures were taken on.
enum Machine {
  /// The processor's name, the cores that are there, and how much else runs on them.
  static var description: String {
    let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    let load = words(of: "/proc/loadavg").first ?? "unknown"
    return "\(processor), \(cores) cores, load average \(load)"
  }

  private static var processor: String {
    let text = String(decoding: (try? readFile("/proc/cpuinfo")) ?? [], as: UTF8.self)
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    guard let name = line?.split(separator: ":", maxSplits: 1).last else { return "unknown processor" }
    return String(name.drop { $0 == " " })
  }

  private static func words(of path: String) -> [Substring] {
    String(decoding: (try? readFile(path)) ?? [], as: UTF8.self).split(separator: " ")
  }
}
