import Foundation
import NIOCore
import NIOEmbedded

/// The socket below a connection, as NIO's behaves: reads only where it is asked to, tells of writability at once, half-closes once all
/// is sent, and hands over all that came where the client ends.
final class SimulatedSocket: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  let high: Int
  let low: Int
  /// What the client can read.
  private(set) var sent: [UInt8] = []
  /// What still fits into the system's buffer.
  var room: Int

  /// After so many bytes the client is found to be gone, in the middle of a write.
  var breaksAfter = Int.max

  /// Asked of each answer that is written.
  var log: SimulatedLog?
  /// Ids of answers that were written before their decision was kept.
  private(set) var early: [String] = []

  private(set) var isReadWanted = false
  private(set) var isOutputClosed = false
  private(set) var isClosed = false
  private var unsent: [UInt8] = []
  private var flushedCount = 0
  private var promises: [(end: Int, promise: EventLoopPromise<Void>)] = []
  private var written = 0
  private var closing: EventLoopPromise<Void>?
  private var isOutputClosing = false
  private var context: ChannelHandlerContext?

  init(high: Int, room: Int) {
    self.high = high
    low = high / 4
    self.room = room
  }

  var unsentCount: Int { unsent.count }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }
  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  // MARK: What the connection asks for

  func read(context: ChannelHandlerContext) { isReadWanted = true }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard !isClosed, !isOutputClosing else {
      promise?.fail(ChannelError.ioOnClosedChannel)
      return
    }
    let buffer = unwrapOutboundIn(data)
    if let log {
      unsafe buffer.withUnsafeReadableBytes { bytes in
        unsafe early += Self.ids(bytes).filter { !log.maySend($0) }
      }
    }
    unsafe buffer.withUnsafeReadableBytes { unsafe unsent.append(contentsOf: $0) }
    written += buffer.readableBytes
    if let promise { promises.append((written, promise)) }
    let channel = Self.channel(context)
    if channel.isWritable, unsent.count > high {
      channel.isWritable = false
      context.fireChannelWritabilityChanged()
    }
  }

  func flush(context: ChannelHandlerContext) {
    flushedCount = unsent.count
    send()
  }

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    guard mode == .output else {
      end()
      context.close(mode: .all, promise: promise)
      return
    }
    guard !isClosed else {
      promise?.fail(ChannelError.alreadyClosed)
      return
    }
    isOutputClosing = true
    closing = promise
    closeIfSent()
  }

  // MARK: What happens to the connection

  /// The client's bytes come, in one or more reads.
  func deliver(_ pieces: [[UInt8]]) {
    guard let context, !isClosed else { return }
    isReadWanted = false
    for piece in pieces where !isClosed {
      var buffer = context.channel.allocator.buffer(capacity: piece.count)
      buffer.writeBytes(piece)
      context.fireChannelRead(wrapInboundOut(buffer))
    }
    guard !isClosed else { return }
    context.fireChannelReadComplete()
    askToRead()
  }

  /// The client has closed its half.
  func endInput() {
    guard let context, !isClosed else { return }
    context.fireChannelReadComplete()
    context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
  }

  /// As NIO does by itself: through the whole pipeline.
  func askToRead() {
    if !isClosed { context?.pipeline.read() }
  }

  /// The client reads what there is, which makes room.
  func clientReads(_ count: Int) -> [UInt8] {
    let read = Array(sent.prefix(count))
    sent.removeFirst(read.count)
    room += read.count
    send()
    return read
  }

  func reset() {
    guard let context, !isClosed else { return }
    end()
    context.fireErrorCaught(IOError(errnoCode: 104, reason: "reset"))
    context.close(mode: .all, promise: nil)
  }

  // MARK: Sending

  private func send() {
    guard !isClosed else { return }
    let count = min(room, flushedCount)
    sent += unsent.prefix(count)
    unsent.removeFirst(count)
    room -= count
    flushedCount -= count
    breaksAfter -= count
    if breaksAfter < 0 {
      reset()
      return
    }
    let done = written - unsent.count
    while let first = promises.first, first.end <= done, flushedCount == 0 || first.end < written {
      promises.removeFirst()
      first.promise.succeed()
    }
    closeIfSent()
    guard let context, !isClosed else { return }
    let channel = Self.channel(context)
    if !channel.isWritable, unsent.count < low || unsent.isEmpty {
      channel.isWritable = true
      context.fireChannelWritabilityChanged()
    }
  }

  /// The ids of all answers, and of nothing else: no decision here has such a key.
  private static func ids(_ bytes: UnsafeRawBufferPointer) -> [String] {
    let data = unsafe Data(bytes)
    let key = Data("\"id\":".utf8)
    var ids: [String] = []
    var start = 0
    while let found = data.range(of: key, in: start..<data.count) {
      ids.append(String(decoding: data[found.upperBound...].prefix { $0 != UInt8(ascii: ",") }, as: UTF8.self))
      start = found.upperBound
    }
    return ids
  }

  private func closeIfSent() {
    guard isOutputClosing, unsent.isEmpty, !isOutputClosed else { return }
    isOutputClosed = true
    closing?.succeed()
    closing = nil
  }

  private func end() {
    isClosed = true
    closing?.fail(ChannelError.ioOnClosedChannel)
    closing = nil
    for (_, promise) in promises { promise.fail(ChannelError.ioOnClosedChannel) }
    promises = []
  }

  private static func channel(_ context: ChannelHandlerContext) -> EmbeddedChannel {
    guard let channel = context.channel as? EmbeddedChannel else {
      preconditionFailure("the simulation embeds channels")
    }
    return channel
  }
}
