internal import HummingbirdCore
internal import Logging
internal import NIOCore
private import NIOHTTP1

/// Hummingbird's HTTP/1.1 with our handler below the requests' tasks.
struct HTTPChannel: HTTPChannelHandler {
  typealias Value = HTTP1Channel.Value

  let base: HTTP1Channel
  let seats: [ObjectIdentifier: NIOLoopBound<HTTPSeat>]

  /// The parser's own limits. It does not say which of them was met, so they are far from those of `HTTPHead`, which does.
  private static let parsedBytesMax = 2 * HTTPHead.bytesMax
  private static let parsedFieldsMax = 2 * HTTPHead.fieldsMax

  init(_ seats: [ObjectIdentifier: NIOLoopBound<HTTPSeat>], responder: @escaping HTTPChannelHandler.Responder) {
    self.seats = seats
    base = HTTP1Channel(
      responder: responder,
      configuration: .init(
        idleTimeout: nil,
        httpDecoderConfiguration: .init(
          maxHeaderFieldSize: Self.parsedBytesMax, maxHeaderListSize: Self.parsedBytesMax,
          maxHeaderFieldCount: Self.parsedFieldsMax)))
  }

  var responder: HTTPChannelHandler.Responder { base.responder }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    guard let seat = seats[ObjectIdentifier(channel.eventLoop)] else {
      preconditionFailure("a connection belongs to a loop of the service")
    }
    return base.setup(channel: channel, logger: logger).flatMapThrowing { value in
      let operations = channel.pipeline.syncOperations
      let decoder = try operations.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
      try operations.addHandler(HTTPConnectionHandler(seat.value), position: .after(decoder))
      return value
    }
  }

  func handle(value: Value, logger: Logger) async {
    await handleHTTP(asyncChannel: value, logger: logger)
  }
}
