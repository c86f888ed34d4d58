private import RemitModel

/// Everything that `remit serve` can be told, in the order in which it is shown.
///
/// A row here and a property of the same name in `ServeOptions` make a flag, a variable and a key of the file, with their help, check and
/// report; what it means stands where `Settings` is asked for it.
package enum SettingTable {
  private static let limits = Limits()
  package static let threadsMax = 256

  package static let all: [Setting] = service + budgets + decisionLog + messages

  private static let service: [Setting] = [
    Setting("listen", .address, list: true, as: "host:port", "A TCP address, such as 127.0.0.1:7400 or [::1]:7400."),
    Setting("unix", .socket, list: true, as: "path", "A Unix socket; its file is made, and taken away at the end."),
    Setting(
      "unix_mode", .mode, default: .value("660"), as: "mode",
      "Who may connect to the Unix sockets: the files' mode, in octal."),
    Setting(
      "admin_unix", .socket, list: true, as: "path",
      "A Unix socket with the admin methods beside the others, for the service's own user alone."),
    Setting("http", .address, list: true, as: "host:port", "A TCP address for HTTP, such as 127.0.0.1:7480."),
    Setting(
      "stdio", .boolean, default: .value("false"),
      "Serve standard input and output; alone, the service ends with the input."),
    Setting("policies", .path, default: .value("policies"), as: "dir", "The folder of the policies."),
    Setting("plugins", .path, default: .value("plugins"), as: "dir", "The folder of the plugins."),
    Setting(
      "native_plugin", .library, list: true, as: "name=path", "Let policies require a native plugin, a shared library."),
    Setting("loops", .number(1...threadsMax), default: .cores, as: "n", "Event loops, each with its own policies."),
    Setting("workers", .number(1...threadsMax), default: .cores, as: "n", "Threads for batches and long lines."),
    Setting(
      "streams", .number(1...threadsMax), default: .value("16"), as: "n",
      "The most batches over HTTP at a time, each with a thread of its own."),
    Setting(
      "line_bytes", .number(64...(1 << 30)), default: .value("\(limits.lineBytesMax)"), as: "bytes",
      "The most bytes of a line."),
    Setting(
      "nesting", .number(1...1000), default: .value("\(limits.nestingDepthMax)"), as: "n",
      "The most arrays and objects inside each other, of an input."),
    Setting(
      "connections", .number(1...100_000), default: .value("\(limits.connectionsMax)"), as: "n",
      "The most connections at a time."),
    Setting(
      "waiting", .number(1...1_000_000), default: .value("\(limits.waitingRequestsMax)"), as: "n",
      "The most requests of one connection that wait; then it is not read from."),
    Setting(
      "idle", .number(1...(365 * 86_400)), default: .value("\(limits.idleSecondsMax)"), as: "seconds",
      "How long a connection may do nothing."),
    Setting(
      "drain", .number(0...86_400), default: .value("10"), as: "seconds",
      "How long clients may take to fetch their answers once the service ends."),
  ]

  /// What one decision may use up. `DecisionBudgets` gives them to other commands.
  private static let budgets: [Setting] = [
    Setting(
      "instructions", .number(1_000...1_000_000_000), default: .value("\(limits.instructionsMax)"), as: "n",
      "The most steps of one decision, each about one instruction of the machine."),
    Setting(
      "memory_bytes", .number((64 << 10)...(4 << 30)), default: .value("\(limits.memoryBytesMax)"), as: "bytes",
      "The most memory of one decision."),
    Setting(
      "decision_ms", .number(1...60_000), default: .value("\(limits.decisionMillisecondsMax)"), as: "milliseconds",
      "How long one decision may take, should the other two not have ended it."),
  ]

  /// The first of them says whether decisions are logged.
  package static let decisionLog: [Setting] = [
    Setting("log", .path, as: "dir", "Log every decision in this folder, which is made where it is not there."),
    Setting(
      "log_sync", .choice(["never", "always"]), default: .value("never"), as: "when",
      "When a decision is answered: never, once the system has its line; always, once that is on the disk."),
    Setting(
      "log_key", .path, as: "file",
      "The key under which sensitive values are kept; without it they are not (openssl rand -hex 32 makes one)."),
    Setting(
      "log_full", .whenFull, default: .value("block"), as: "mode",
      "When the log's disk is full or too slow: block, answers wait; spill, it goes on in log_spill; refuse, decisions are refused."
    ),
    Setting("log_spill", .path, as: "dir", "The folder, on another disk, in which the log goes on."),
    Setting(
      "log_segment_bytes", .number(1...(1 << 40)), default: .value("\(256 << 20)"), as: "bytes",
      "A new segment of the log begins before one is larger."),
    Setting(
      "log_segment_seconds", .number(1...(366 * 86_400)), default: .value("86400"), as: "seconds",
      "A new segment begins whenever so many seconds are over, counted from midnight in UTC."),
  ]

  private static let messages: [Setting] = [
    Setting(
      "log_format", .choice(["text", "json"]), default: .value("text"), as: "format",
      "How messages on standard error are written: text, or json, one object a line."),
    Setting(
      "log_level", .choice(["info", "warning", "error"]), default: .value("info"), as: "level",
      "The least important messages that are written: info, warning or error."),
  ]

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  package static subscript(name: String) -> Setting {
    guard let setting = byName[name] else { preconditionFailure("\(name) is a setting of the table") }
    return setting
  }

  package static func has(_ name: String) -> Bool { byName[name] != nil }
}
