package import Logging
private import NIOCore
private import NIOPosix
package import RemitEngine
private import RemitModel
internal import ServiceLifecycle

/// The service: listens, answers until it is told to end, and then answers what it has received.
package final class DecisionService: Service {
  private let configuration: ServiceConfiguration
  private let setting: RequestEvaluator.Setting
  private let log: Logger

  package init(_ configuration: ServiceConfiguration, _ setting: RequestEvaluator.Setting, log: Logger) {
    self.configuration = configuration
    self.setting = setting
    self.log = log
  }

  /// - Throws: `ServiceError` where it cannot listen.
  package func run() async throws {
    let pool = WorkerPool(setting, threads: configuration.workers)
    guard pool.hasThreads else { throw ServiceError("the system has no more threads") }
    defer { pool.end() }
    let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.loops)
    do {
      try await serve(on: group, SharedService(setting, pool: pool))
    } catch {
      try? await group.shutdownGracefully()
      throw error
    }
    try await group.shutdownGracefully()
  }

  private func serve(on group: MultiThreadedEventLoopGroup, _ shared: SharedService) async throws {
    var seats: [NIOLoopBound<LoopSeat>] = []
    for eventLoop in group.makeIterator() {
      seats.append(
        try await eventLoop.submit { NIOLoopBound(LoopSeat(shared, eventLoop: eventLoop), eventLoop: eventLoop) }.get())
    }
    let listeners = Listeners(
      group, seats: seats, backlog: Int32(clamping: setting.limits.connectionsMax),
      log: log)
    let (ends, end) = AsyncStream.makeStream(of: Void.self)
    do {
      for address in configuration.tcp { try await listen(address, listeners) }
      for address in configuration.unix {
        try await listeners.listen(address)
        log.info("listening on unix:\(address.path)")
      }
    } catch {
      await listeners.close()
      throw error
    }
    let stdio = try configuration.stdio ? StdioConnection(setting) : nil
    let (stdioEnds, stdioEnd) = AsyncStream.makeStream(of: Void.self)
    if let stdio {
      let isAlone = configuration.tcp.isEmpty && configuration.unix.isEmpty
      let thread = WorkerThread {
        stdio.run()
        stdioEnd.finish()
        if isAlone { end.finish() }
      }
      guard thread != nil else { throw ServiceError("the system has no more threads") }
      log.info("serving standard input and output")
    }
    await withGracefulShutdownHandler {
      for await _ in ends {}
    } onGracefulShutdown: {
      end.finish()
    }
    await listeners.close()
    stdio?.stop()
    await drain(seats, stdioEnds: stdio == nil ? nil : stdioEnds)
  }

  private func listen(_ address: ServiceConfiguration.TCPAddress, _ listeners: Listeners) async throws {
    let bound = try await listeners.listen(address)
    if !bound.isLoopback {
      log.warning("\(bound.text) is no loopback address: whoever reaches it may ask for decisions")
    }
    log.info("listening on \(bound.text)")
  }

  /// Waits until all connections have their answers, or the time for that is over.
  private func drain(_ seats: [NIOLoopBound<LoopSeat>], stdioEnds: AsyncStream<Void>?) async {
    let seconds = configuration.drainSecondsMax
    await withTaskGroup(of: Bool.self) { group in
      group.addTask {
        await withTaskGroup(of: Void.self) { drains in
          for seat in seats {
            drains.addTask { try? await seat.eventLoop.flatSubmit { seat.value.drain() }.get() }
          }
          if let stdioEnds { drains.addTask { for await _ in stdioEnds {} } }
        }
        return true
      }
      group.addTask {
        try? await Task.sleep(for: .seconds(seconds))
        return false
      }
      if await group.next() == false {
        log.warning("some clients have not read their answers within \(seconds) s")
        for seat in seats { seat.eventLoop.execute { seat.value.abort() } }
      }
      group.cancelAll()
    }
  }
}
