internal import ArgumentParser
private import Glibc
private import Logging
private import RemitEngine
private import RemitModel
private import RemitPolicy
private import RemitService
private import ServiceLifecycle
private import Synchronization
private import UnixSignals

/// `remit serve`: the service.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Answer requests for decisions: JSON-RPC 2.0, one message a line.",
    discussion: """
      Listens where --listen, --unix and --stdio say; each of the first two may be given several times. Once it is ready, a line on \
      standard error names each address, as in `remit: listening on 127.0.0.1:7400`. With port 0 the system picks one.

      All policies are loaded first; where one is broken the service does not start. SIGTERM ends it: what was received is answered.

      Exit status: 0 after SIGTERM or the end of standard input, 2 wrong usage or an address that cannot be had, 4 a policy could \
      not be loaded.
      """
  )

  @Option(help: ArgumentHelp("A TCP address, such as 127.0.0.1:7400 or [::1]:7400.", valueName: "host:port"))
  var listen: [String] = []

  @Option(help: ArgumentHelp("A Unix socket; its file is made, and taken away at the end.", valueName: "path"))
  var unix: [String] = []

  @Option(help: ArgumentHelp("Who may connect to the Unix sockets: the files' mode, in octal.", valueName: "mode"))
  var unixMode = "660"

  @Flag(help: "Serve standard input and output; alone, the service ends with the input.")
  var stdio = false

  @Option(help: ArgumentHelp("Event loops, each with its own policies. (default: one for each core)", valueName: "n"))
  var loops: Int?

  @Option(help: ArgumentHelp("Threads for batches and long lines. (default: one for each core)", valueName: "n"))
  var workers: Int?

  @Option(help: ArgumentHelp("The most bytes of a line.", valueName: "bytes"))
  var lineBytes = Limits().lineBytesMax

  @Option(help: ArgumentHelp("The most arrays and objects inside each other, of an input.", valueName: "n"))
  var nesting = Limits().nestingDepthMax

  @Option(help: ArgumentHelp("The most connections at a time.", valueName: "n"))
  var connections = Limits().connectionsMax

  @Option(
    help: ArgumentHelp("The most requests of one connection that wait; then it is not read from.", valueName: "n"))
  var waiting = Limits().waitingRequestsMax

  @Option(help: ArgumentHelp("How long a connection may do nothing.", valueName: "seconds"))
  var idle = Limits().idleSecondsMax

  @OptionGroup var folders: FolderOptions

  private static let threadsMax = 256

  func run() throws {
    // A client that has gone is told by write(2).
    signal(SIGPIPE, SIG_IGN)
    let configuration = try configuration()
    let limits = try limits()
    let loader = try folders.loader(limits: limits)
    let snapshot: Snapshot
    do throws(PolicyLoadError) {
      snapshot = try Snapshot(loading: loader.store)
    } catch {
      throw CommandFailure(error)
    }
    for file in loader.store.folder.misnamedFiles() { Terminal.warn(misnamed: file) }
    raiseFileLimit(to: limits.connectionsMax)
    let start = SystemClock.seconds()
    let clock = ServiceClock(
      milliseconds: { SystemClock.milliseconds() }, uptimeSeconds: { Int(SystemClock.seconds() - start) })
    var setting = RequestEvaluator.Setting(store: SnapshotStore(snapshot), clock: clock, limits: limits)
    setting.explainer = RequestExplainer()
    let log = Logger(label: "remit") { _ in TerminalLog() }
    try wait(for: DecisionService(configuration, setting, log: log))
  }

  /// Runs the service, and returns once it has ended.
  private func wait(for service: DecisionService) throws {
    let result = ServiceResult()
    Task.detached {
      // What libraries would log is not for users; an error is thrown.
      let quiet = Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }
      let group = ServiceGroup(
        configuration: .init(
          services: [
            .init(
              service: service, successTerminationBehavior: .gracefullyShutdownGroup,
              failureTerminationBehavior: .cancelGroup)
          ], gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
      do {
        try await group.run()
        result.set(nil)
      } catch {
        result.set("\(error)")
      }
    }
    if let problem = result.wait() { throw CommandFailure(.usage, problem) }
  }

  private func configuration() throws -> ServiceConfiguration {
    var configuration = ServiceConfiguration()
    configuration.tcp = try listen.map { text in
      guard let address = ServiceConfiguration.TCPAddress(text) else {
        throw CommandFailure(.usage, "--listen: expected HOST:PORT, such as 127.0.0.1:7400, got \"\(text)\"")
      }
      return address
    }
    guard let mode = UInt32(unixMode, radix: 8), mode <= 0o777 else {
      throw CommandFailure(.usage, "--unix-mode: expected an octal number up to 777, got \"\(unixMode)\"")
    }
    configuration.unix = unix.map { ServiceConfiguration.UnixAddress(path: $0, mode: mode) }
    configuration.stdio = stdio
    guard !listen.isEmpty || !unix.isEmpty || stdio else {
      throw CommandFailure(.usage, "say where to listen: --listen HOST:PORT, --unix PATH or --stdio")
    }
    let cores = max(1, min(Self.threadsMax, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    configuration.loops = try Self.check("--loops", loops ?? cores, 1...Self.threadsMax)
    configuration.workers = try Self.check("--workers", workers ?? cores, 1...Self.threadsMax)
    return configuration
  }

  private func limits() throws -> Limits {
    var limits = Limits()
    limits.lineBytesMax = try Self.check("--line-bytes", lineBytes, 64...(1 << 30))
    limits.nestingDepthMax = try Self.check("--nesting", nesting, 1...1000)
    limits.connectionsMax = try Self.check("--connections", connections, 1...100_000)
    limits.waitingRequestsMax = try Self.check("--waiting", waiting, 1...1_000_000)
    limits.idleSecondsMax = try Self.check("--idle", idle, 1...(365 * 86_400))
    return limits
  }

  private static func check(_ option: String, _ value: Int, _ range: ClosedRange<Int>) throws -> Int {
    guard range.contains(value) else {
      throw CommandFailure(
        .usage, "\(option): expected a number from \(range.lowerBound) to \(range.upperBound), got \(value)")
    }
    return value
  }

  /// Connections need files: as many as the system lets us have, and a warning where they are too few.
  private func raiseFileLimit(to connections: Int) {
    // Beside them: files of listeners and loops, and connections that are being refused.
    let wanted = rlim_t(connections + 256)
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    if limit.rlim_cur < limit.rlim_max {
      limit.rlim_cur = limit.rlim_max
      unsafe _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
    if limit.rlim_cur < wanted {
      Terminal.error(
        "warning: the system lets this process have \(limit.rlim_cur) files, too few for \(connections) connections "
          + "(see ulimit -n)")
    }
  }
}

/// How a service has ended, for the thread that waits for it.
private final class ServiceResult: Sendable {
  private let monitor = Monitor()
  private let ended = Mutex<String??>(nil)

  func set(_ problem: String?) {
    ended.withLock { $0 = .some(problem) }
    monitor.lock()
    monitor.wakeAll()
    monitor.unlock()
  }

  func wait() -> String? {
    monitor.lock()
    defer { monitor.unlock() }
    while true {
      if let problem = ended.withLock({ $0 }) { return problem }
      monitor.wait()
    }
  }
}

/// Writes a service's messages as all ours are: on standard error, one line each.
private struct TerminalLog: LogHandler {
  var logLevel = Logger.Level.info
  var metadata = Logger.Metadata()

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    Terminal.error(event.level >= .warning ? "\(event.level): \(event.message)" : "\(event.message)")
  }
}
