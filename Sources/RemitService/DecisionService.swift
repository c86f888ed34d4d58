package import Logging
private import NIOCore
private import NIOPosix
package import RemitEngine
private import RemitLua
private import RemitModel
internal import ServiceLifecycle

/// The service: listens, answers until it is told to end, and then answers what it has received.
package final class DecisionService: Service {
  private let configuration: ServiceConfiguration
  private let setting: RequestEvaluator.Setting
  private let log: Logger
  private let counters: ServiceCounters?

  /// - Parameter counters: What HTTP shows beside decisions.
  package init(
    _ configuration: ServiceConfiguration, _ setting: RequestEvaluator.Setting, counters: ServiceCounters? = nil,
    log: Logger
  ) {
    self.configuration = configuration
    self.counters = counters
    self.setting = setting
    self.log = log
  }

  /// - Throws: `ServiceError` where it cannot listen.
  package func run() async throws {
    SystemMemory.returnLargeBlocks()
    let pool = WorkerPool(setting, threads: configuration.workers)
    defer { pool.end() }
    guard pool.hasThreads else { throw ServiceError("the system has no more threads") }
    let isAdministered = setting.admin != nil && configuration.unix.contains(where: \.isForAdmin)
    let adminPool = isAdministered ? WorkerPool(setting, threads: 1) : nil
    defer { adminPool?.end() }
    guard adminPool?.hasThreads ?? true else { throw ServiceError("the system has no more threads") }
    let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.loops)
    let shared = SharedService(setting, pool: pool, adminPool: adminPool, log: log)
    do {
      try await serve(on: group, shared)
    } catch {
      shared.endLoops()
      try? await group.shutdownGracefully()
      throw error
    }
    // What workers and the log still do is for nobody.
    shared.endLoops()
    try await group.shutdownGracefully()
  }

  private func serve(on group: MultiThreadedEventLoopGroup, _ shared: SharedService) async throws {
    var seats: [NIOLoopBound<LoopSeat>] = []
    for eventLoop in group.makeIterator() {
      seats.append(
        try await eventLoop.submit { NIOLoopBound(LoopSeat(shared, eventLoop: eventLoop), eventLoop: eventLoop) }.get())
    }
    // What may fail without listening comes first.
    let stdio = try configuration.stdio ? StdioConnection(setting) : nil
    let listeners = Listeners(
      group, seats: seats, backlog: Int32(clamping: setting.limits.connectionsMax),
      log: log)
    var addresses: [String] = []
    let (ends, end) = AsyncStream.makeStream(of: Void.self)
    do {
      for address in configuration.tcp { addresses.append(try await listen(address, listeners)) }
      for address in configuration.unix {
        try await listeners.listen(address)
        addresses.append("unix:\(address.path)")
        log.info(
          "listening on unix:\(address.path)\(address.isForAdmin ? ", admin methods too" : "")",
          metadata: ["address": "unix:\(address.path)"])
      }
    } catch {
      await listeners.close()
      throw error
    }
    let http: HTTPFront?
    do {
      http = try await HTTPFront(configuration, shared, counters, group, seats, log)
    } catch {
      await listeners.close()
      throw error
    }
    addresses += http?.addresses ?? []
    let (stdioEnds, stdioEnd) = AsyncStream.makeStream(of: Void.self)
    let isAlone = configuration.tcp.isEmpty && configuration.unix.isEmpty && http == nil
    if let stdio {
      let thread = WorkerThread { [log] in
        stdio.run()
        // Alone it is what the service ends with.
        if !isAlone, let failure = stdio.failure { log.error("\(failure)", metadata: ["address": "stdio"]) }
        stdioEnd.finish()
        if isAlone { end.finish() }
      }
      guard thread != nil else { throw ServiceError("the system has no more threads") }
      addresses.append("stdio")
      log.info("serving standard input and output", metadata: ["address": "stdio"])
    }
    await listeners.accept()
    await http?.ready()
    configuration.whenReady?(addresses)
    await withGracefulShutdownHandler {
      for await _ in ends {}
    } onGracefulShutdown: {
      end.finish()
    }
    await listeners.close()
    if isAlone, let failure = stdio?.failure { throw ServiceError(failure.description) }
    stdio?.stop()
    await ServiceDrain(seats: seats, http: http, shared: shared, stdio: stdio, log: log)
      .run(secondsMax: configuration.drainSecondsMax, stdioEnds: stdioEnds)
    if isAlone, let failure = stdio?.failure { throw ServiceError(failure.description) }
    await http?.close()
  }

  private func listen(_ address: ServiceConfiguration.TCPAddress, _ listeners: Listeners) async throws -> String {
    let bound = try await listeners.listen(address)
    if !bound.isLoopback {
      log.warning(
        "\(ServiceConfiguration.TCPAddress.exposure(of: bound.text))",
        metadata: ["address": "\(bound.text)"])
    }
    log.info("listening on \(bound.text)", metadata: ["address": "\(bound.text)"])
    return bound.text
  }
}
