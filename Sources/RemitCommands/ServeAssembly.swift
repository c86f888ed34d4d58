private import Glibc
internal import Logging
private import RemitEngine
private import RemitLog
private import RemitModel
private import RemitPolicy
private import RemitService
private import ServiceLifecycle

/// Makes a service of its settings: what each of them means stands here.
struct ServeAssembly {
  private let settings: Settings
  private let log: Logger

  init(_ settings: Settings, log: Logger) {
    self.settings = settings
    self.log = log
  }

  /// Does what a start does up to listening, and says how it would be.
  func check() throws {
    for line in settings.report { Terminal.print(line) }
    _ = try configuration()
    for warning in ListenPlaces(settings).warnings { log.warning("\(warning)") }
    _ = try DecisionLogOpening(settings).configuration()
    let snapshot = try loadPolicies().store.current
    Terminal.print("")
    Terminal.print("\(Self.count(snapshot.policies.count)), snapshot \(snapshot.id)")
  }

  /// Returns once the service has ended.
  func run() throws {
    let start = SystemClock.seconds()
    var configuration = try configuration()
    let counters = configuration.http.isEmpty ? nil : ServiceCounters()
    let loaded = try loadPolicies(counters)
    let snapshot = loaded.store.current
    configuration.whenReady = { [log, id = snapshot.id, count = snapshot.policies.count] addresses in
      log.info(
        "ready: remit \(RemitCommand.version), \(Self.count(count)), snapshot \(id)",
        metadata: [
          "version": "\(RemitCommand.version)", "snapshot": "\(id)", "policies": .stringConvertible(count),
          "addresses": .array(addresses.map { .string($0) }), "pid": .stringConvertible(Int(getpid())),
        ])
    }
    try FileLimit.raise(forConnections: limits.connectionsMax, loops: configuration.loops, log: log)
    let clock = ServiceClock(
      milliseconds: { SystemClock.milliseconds() }, uptimeSeconds: { Int(SystemClock.seconds() - start) })
    var setting = RequestEvaluator.Setting(store: loaded.store, clock: clock, limits: limits)
    setting.explainer = RequestExplainer()
    setting.admin = loaded.reloader
    setting.metrics = counters
    if counters != nil { setting.meters = DecisionMeters() }
    let decisions = try DecisionLogOpening(settings).open(milliseconds: clock.milliseconds, log)
    setting.sink = decisions
    // All have been answered by then.
    defer { decisions?.close() }
    let service = DecisionService(configuration, setting, counters: counters, log: log)
    try ServiceRunner.run([service, loaded.service])
    let uptime = Int(SystemClock.seconds() - start)
    log.info("ended after \(uptime) s", metadata: ["uptime_s": .stringConvertible(uptime)])
  }

  private static func count(_ policies: Int) -> String { policies == 1 ? "1 policy" : "\(policies) policies" }

  private func loadPolicies(_ metrics: (any ServiceMetrics)? = nil) throws -> ReloadAssembly {
    var folders = FolderOptions()
    folders.policies = settings.text("policies") ?? ""
    folders.plugins = settings.text("plugins") ?? ""
    folders.nativePlugins = settings.texts("native_plugin")
    return try ReloadAssembly(
      folders, limits: limits, nativePlace: settings.mention("native_plugin"), metrics, log: log)
  }

  /// Who may do more than ask is the user that the service runs as.
  private static let adminMode: UInt32 = 0o600

  private func configuration() throws -> ServiceConfiguration {
    var configuration = ServiceConfiguration()
    configuration.tcp = settings.texts("listen").compactMap(ServiceConfiguration.TCPAddress.init)
    let mode = settings.text("unix_mode").flatMap { UInt32($0, radix: 8) } ?? 0
    configuration.unix = settings.texts("unix").map { ServiceConfiguration.UnixAddress(path: $0, mode: mode) }
    configuration.unix += settings.texts("admin_unix").map {
      ServiceConfiguration.UnixAddress(path: $0, mode: Self.adminMode, isForAdmin: true)
    }
    // A variable or a file may be for several services; a flag is for this one.
    if settings.texts("unix").isEmpty, settings[SettingTable["unix_mode"]].source == .flag {
      log.warning("--unix-mode: means nothing without --unix PATH")
    }
    configuration.http = settings.texts("http").compactMap(ServiceConfiguration.TCPAddress.init)
    configuration.stdio = settings.boolean("stdio")
    let isReached = !(configuration.tcp.isEmpty && configuration.unix.isEmpty && configuration.http.isEmpty)
    guard isReached || configuration.stdio else {
      throw CommandFailure(
        .usage,
        "say where to listen: --listen HOST:PORT, --unix PATH, --admin-unix PATH, --http HOST:PORT or --stdio")
    }
    configuration.loops = settings.number("loops")
    configuration.workers = settings.number("workers")
    configuration.batchesMax = settings.number("streams")
    configuration.version = RemitCommand.version
    configuration.drainSecondsMax = settings.number("drain")
    return configuration
  }

  private var limits: Limits {
    var limits = Limits()
    limits.lineBytesMax = settings.number("line_bytes")
    limits.nestingDepthMax = settings.number("nesting")
    limits.connectionsMax = settings.number("connections")
    limits.waitingRequestsMax = settings.number("waiting")
    limits.idleSecondsMax = settings.number("idle")
    limits.instructionsMax = Int64(settings.number("instructions"))
    limits.memoryBytesMax = settings.number("memory_bytes")
    limits.decisionMillisecondsMax = UInt32(settings.number("decision_ms"))
    return limits
  }
}
