private import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOPosix
private import Synchronization

/// The sockets that accept HTTP connections, and the tasks of those.
final class HTTPListeners: Sendable {
  private let group: MultiThreadedEventLoopGroup
  private let service: HTTPService
  private let channel: HTTPChannel
  private let backlog: Int32
  private let shortage: AcceptPause.Shortage
  private let sockets = Mutex<[any Channel]>([])
  private let accepted: AsyncStream<HTTPChannel.Value>.Continuation
  private let tasks: Task<Void, Never>

  /// What libraries would log is not for users.
  private static let quiet = Logger(label: "http") { _ in SwiftLogNoOpLogHandler() }

  init(_ group: MultiThreadedEventLoopGroup, _ service: HTTPService, backlog: Int32, log: Logger) {
    self.group = group
    self.service = service
    self.backlog = backlog
    shortage = AcceptPause.Shortage(log)
    let channel = HTTPChannel(service.seats) { request, writer, channel in
      try await service.respond(to: request, writer, channel)
    }
    self.channel = channel
    let (values, accepted) = AsyncStream.makeStream(of: HTTPChannel.Value.self)
    self.accepted = accepted
    tasks = Task.detached {
      await withDiscardingTaskGroup { group in
        for await value in values {
          let executor = service.executors[ObjectIdentifier(value.channel.eventLoop)]
          group.addTask(executorPreference: executor) { await channel.handle(value: value, logger: Self.quiet) }
        }
      }
    }
  }

  func listen(_ address: ServiceConfiguration.TCPAddress) async throws -> Listeners.Bound {
    let channel = channel
    let accepted = accepted
    let shortage = shortage
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: backlog)
      .serverChannelOption(.autoRead, value: false)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelInitializer { socket in
        socket.eventLoop.makeCompletedFuture {
          try socket.pipeline.syncOperations.addHandler(AcceptPause(shortage))
        }
      }
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelOption(.writeBufferWaterMark, value: .init(low: 64 << 10, high: 256 << 10))
      .childChannelOption(
        .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 4096, initial: 16384, maximum: 65536)
      )
      .childChannelInitializer { child in
        channel.setup(channel: child, logger: Self.quiet).map { value in
          guard case .terminated = accepted.yield(value) else { return }
          // The service has ended in the meantime.
          Task.detached { try? await value.executeThenClose { _, _ in } }
        }
      }
    let (socket, bound) = try await Listeners.bind(bootstrap, to: address)
    sockets.withLock { $0.append(socket) }
    return bound
  }

  /// Accepts connections from now on.
  func accept() async {
    await Listeners.accept(sockets.withLock { $0 })
  }

  /// Accepts nobody any more, and ends all connections.
  func close() async {
    for socket in sockets.withLock({ $0 }) { try? await socket.close().get() }
    service.abort()
    accepted.finish()
    await tasks.value
  }
}
