internal import Logging
internal import NIOCore
internal import NIOPosix
private import RemitEngine
private import RemitModel

/// HTTP as one part of a service: begins, is ready, drains and ends with it.
final class HTTPFront: Sendable {
  private let service: HTTPService
  private let listeners: HTTPListeners
  /// Those that are listened on.
  let addresses: [String]

  /// - Returns: Nil where no address is asked for.
  init?(
    _ configuration: ServiceConfiguration, _ shared: SharedService, _ counters: ServiceCounters?,
    _ group: MultiThreadedEventLoopGroup, _ loops: [NIOLoopBound<LoopSeat>], _ log: Logger
  ) async throws {
    guard !configuration.http.isEmpty else { return nil }
    let service = try await HTTPService(
      shared, loops, counters: counters ?? ServiceCounters(), batchesMax: configuration.batchesMax,
      version: configuration.version)
    self.service = service
    let backlog = Int32(clamping: shared.setting.limits.connectionsMax)
    let listeners = HTTPListeners(group, service, backlog: backlog, log: log)
    self.listeners = listeners
    do {
      var addresses: [String] = []
      for address in configuration.http {
        let bound = try await listeners.listen(address)
        let text = "http://\(bound.text)"
        if !bound.isLoopback {
          log.warning(
            "\(ServiceConfiguration.TCPAddress.exposure(of: bound.text))",
            metadata: ["address": "\(text)"])
        }
        log.info("listening on \(text)", metadata: ["address": "\(text)"])
        addresses.append(text)
      }
      self.addresses = addresses
    } catch {
      await listeners.close()
      throw error
    }
  }

  /// All listeners are there: connections are accepted from now on.
  func ready() async {
    service.ready()
    await listeners.accept()
  }

  /// Answers what was sent. The listeners stay, and say that the service ends.
  func drain() async {
    await withTaskGroup(of: Void.self) { drains in
      for seat in service.seats.values {
        drains.addTask { try? await seat.eventLoop.flatSubmit { seat.value.drain() }.get() }
      }
    }
  }

  /// There is no more time.
  func abort() async -> LoopSeat.Cut {
    var cut = LoopSeat.Cut()
    for seat in service.seats.values {
      if let more = try? await seat.eventLoop.submit({ seat.value.abort() }).get() { cut += more }
    }
    return cut
  }

  /// Ends all connections, whatever is under way.
  func close() async {
    await listeners.close()
    service.batches.end()
  }
}
