private import Glibc
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import RemitEngine

/// The sockets that accept connections, once all of them are there: a service that does not start must not have let anybody in. Who
/// connects before waits in a socket's queue.
final class Listeners {
  private let group: MultiThreadedEventLoopGroup
  private let seats: [ObjectIdentifier: NIOLoopBound<LoopSeat>]
  private let backlog: Int32
  private let shortage: AcceptPause.Shortage
  private var channels: [any Channel] = []
  private var files: [UnixSocketFile] = []

  /// An address that was bound.
  struct Bound {
    let text: String
    let isLoopback: Bool
  }

  init(_ group: MultiThreadedEventLoopGroup, seats: [NIOLoopBound<LoopSeat>], backlog: Int32, log: Logger) {
    self.group = group
    self.seats = Dictionary(uniqueKeysWithValues: seats.map { (ObjectIdentifier($0.eventLoop), $0) })
    self.backlog = backlog
    shortage = AcceptPause.Shortage(log)
  }

  func listen(_ address: ServiceConfiguration.TCPAddress) async throws -> Bound {
    let (channel, bound) = try await Self.bind(bootstrap(isTCP: true), to: address)
    channels.append(channel)
    return bound
  }

  static func bind(
    _ bootstrap: ServerBootstrap, to address: ServiceConfiguration.TCPAddress
  ) async throws -> (any Channel, Bound) {
    let channel: any Channel
    do {
      channel = try await bootstrap.bind(host: address.host, port: address.port).get()
    } catch {
      throw ServiceError("cannot listen on \(address.text): \(Self.words(error))")
    }
    guard let bound = channel.localAddress, let ip = bound.ipAddress, let port = bound.port else {
      throw ServiceError("cannot listen on \(address.text): no internet address")
    }
    let isLoopback = ServiceConfiguration.TCPAddress.isLoopback(ip) ?? false
    let text = ip.contains(":") ? "[\(ip)]:\(port)" : "\(ip):\(port)"
    return (channel, Bound(text: text, isLoopback: isLoopback))
  }

  func listen(_ address: ServiceConfiguration.UnixAddress) async throws {
    // Another spelling of a path that is listened on already: nobody else does.
    guard !files.contains(where: { $0.stands(at: address.path) }) else {
      throw ServiceError("cannot listen on \(address.path): it is given twice")
    }
    let socket = try UnixSocketFile.bind(address.path, mode: address.mode)
    let channel: any Channel
    do {
      channel = try await bootstrap(isTCP: false, .init(admin: address.isForAdmin, longWork: false))
        .withBoundSocket(socket).get()
    } catch {
      throw ServiceError("cannot listen on \(address.path): \(Self.words(error))")
    }
    channels.append(channel)
    files.append(try UnixSocketFile(path: address.path, mode: address.mode))
  }

  /// Accepts connections from now on.
  func accept() async {
    await Self.accept(channels)
  }

  static func accept(_ channels: [any Channel]) async {
    // It fails only where a listener has been closed meanwhile.
    for channel in channels { try? await channel.setOption(.autoRead, value: true).get() }
  }

  /// Accepts nobody any more.
  func close() async {
    for channel in channels { try? await channel.close().get() }
    for file in files { file.remove() }
    channels = []
    files = []
  }

  private func bootstrap(
    isTCP: Bool, _ permission: RequestEvaluator.Permission = .init(longWork: false)
  ) -> ServerBootstrap {
    let seats = seats
    let shortage = shortage
    var permission = permission
    permission.transport = isTCP ? .tcp : .unix
    let granted = permission
    var bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: backlog)
      .serverChannelOption(.autoRead, value: false)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(AcceptPause(shortage))
        }
      }
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelOption(.writeBufferWaterMark, value: .init(low: 64 << 10, high: 256 << 10))
      .childChannelOption(
        .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 4096, initial: 16384, maximum: 65536)
      )
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          guard let seat = seats[ObjectIdentifier(channel.eventLoop)] else {
            preconditionFailure("a connection belongs to a loop of the service")
          }
          try channel.pipeline.syncOperations.addHandler(ConnectionHandler(seat.value, granted))
        }
      }
    if isTCP {
      bootstrap = bootstrap.serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
    }
    return bootstrap
  }

  /// What the system says, in one line.
  private static func words(_ error: any Error) -> String {
    if let error = error as? IOError { return unsafe String(cString: strerror(error.errnoCode)).lowercased() }
    if let error = error as? SocketAddressError.UnknownHost {
      return error.errorCode == Int(EAI_NONAME) ? "no such host" : error.errorDescription.lowercased()
    }
    return "\(error)"
  }
}
