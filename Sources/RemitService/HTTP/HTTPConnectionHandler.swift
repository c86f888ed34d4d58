private import Glibc
internal import NIOCore
internal import NIOHTTP1
private import RemitEngine
private import RemitModel

/// One connection of HTTP/1, below the task that answers its requests: admits it, ends it, and says what cannot be said in an answer.
final class HTTPConnectionHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  private let seat: HTTPSeat
  private var state = HTTPConnectionState()
  private var context: ChannelHandlerContext?

  private var admission = HTTPSeat.Admission.served
  private var phase = Phase.serving
  private enum Phase {
    case serving
    /// Its last answer is on its way.
    case finishing
    /// It is sent: what still comes is thrown away, so that the system does not take answers back that the client has not read.
    case lingering
  }

  /// To be said once the requests before it are answered: what is wrong with what came behind them.
  private var fault: HTTPAnswer?
  /// Called where the request that is being received breaks off, before all that has been received of it is taken.
  var whenBroken: (() -> Void)?
  /// The request that is being received is a stream, which may take any time.
  private var isStream = false
  /// An answer without a length has been begun for a client that knows no chunks: only a reset tells it that there is more.
  private var isOpenEnded = false
  private var hasInputEnded = false
  /// The system was asked for bytes and has given none yet.
  private var isWaitingForInput = false

  private var lastActivity = NIODeadline.now()
  private var receivedParts = 0
  private var unsentBytes = 0
  private var idleTimer: Scheduled<Void>?
  private var lingerTimer: Scheduled<Void>?

  /// How long what is under way may take to arrive once the service ends, and how often it is looked for.
  private static let settleTick = TimeAmount.milliseconds(20)
  private static let settleTicksMax = 50
  private static let linger = TimeAmount.seconds(1)
  private static let guestPatience = TimeAmount.seconds(1)

  init(_ seat: HTTPSeat) {
    self.seat = seat
  }

  // MARK: Events of the channel

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    if context.channel.isActive { begin(context) }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
  }

  func channelActive(context: ChannelHandlerContext) {
    begin(context)
    context.fireChannelActive()
  }

  private func begin(_ context: ChannelHandlerContext) {
    // Who comes now may ask how the service is, and no more.
    state.isDraining = seat.isDraining
    admission = seat.add(self, context.channel)
    switch admission {
    case .served, .guest: scheduleIdle(at: lastActivity + patience, context)
    case .refused: refuse(oneTooMany, context)
    }
  }

  /// How long the connection may do nothing.
  private var patience: TimeAmount { admission == .guest ? min(Self.guestPatience, seat.idle) : seat.idle }

  private var oneTooMany: HTTPAnswer {
    let most = seat.loop.service.setting.limits.connectionsMax
    return HTTPAnswer(.overloaded, "there are \(most) connections already, the most at a time: try again later")
  }

  func channelInactive(context: ChannelHandlerContext) {
    idleTimer?.cancel()
    lingerTimer?.cancel()
    seat.remove(self, context.channel)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? HTTPParserError else {
      context.fireErrorCaught(error)
      context.close(promise: nil)
      return
    }
    guard phase == .serving else { return }
    let answer = HTTPHead.refusal(of: error)
    switch state.receivedFault() {
    case .tell:
      whenBroken?()
      context.fireErrorCaught(error)
    case .refuse: refuse(answer, context)
    case .wait: fault = answer
    case .ignore: break
    }
  }

  func read(context: ChannelHandlerContext) {
    isWaitingForInput = true
    context.read()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard phase == .serving else { return }
    receivedParts += 1
    let part = unwrapInboundIn(data)
    // A request that is no stream is to come whole within the time.
    if case .body = part, !isStream {} else { lastActivity = .now() }
    switch part {
    case .head(let head):
      if let answer = HTTPHead.refusal(of: head) {
        switch state.receivedFault() {
        case .refuse: refuse(answer, context)
        case .wait: fault = answer
        case .tell, .ignore: break
        }
        return
      }
      let route = HTTPRoute(path: head.uri)
      if admission == .guest, route?.isPost ?? true {
        if case .refuse = state.receivedFault() { refuse(oneTooMany, context) }
        return
      }
      let closes = !head.isKeepAlive || admission == .guest
      guard state.receivedHead(isOld: head.version.minor == 0, closes: closes) else { return }
      isStream = route == .batch
    case .body:
      guard state.isReceiving else { return }
    case .end:
      guard state.receivedEnd() else { return }
    }
    context.fireChannelRead(data)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isWaitingForInput = false
    if phase == .lingering { context.read() } else { context.fireChannelReadComplete() }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? ChannelEvent, event == .inputClosed {
      hasInputEnded = true
      if phase == .lingering || (phase == .serving && !state.isBusy) {
        context.close(promise: nil)
        return
      }
    }
    context.fireUserInboundEventTriggered(event)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { lastActivity = .now() }
    context.fireChannelWritabilityChanged()
  }

  // MARK: Answers

  /// Whether the request that is being answered has come to its end.
  var isRequestWhole: Bool { state.isAnswering }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard phase == .serving else {
      promise?.fail(ChannelError.outputClosed)
      return
    }
    switch unwrapOutboundIn(data) {
    case .head(var head) where head.status.code >= 200:
      let hasLength = head.headers.contains(name: "content-length")
      let begin = state.answerBegins(isStream: !hasLength, closes: !head.isKeepAlive)
      if begin.closes { head.headers.replaceOrAdd(name: "connection", value: "close") }
      if begin.isOld {
        head.version = .http1_0
        isOpenEnded = true
      }
      context.write(wrapOutboundOut(.head(head)), promise: promise)
    case .end:
      whenBroken = nil
      isOpenEnded = false
      lastActivity = .now()
      context.write(data, promise: promise)
      switch state.answerEnds() {
      case .goOn:
        // Its head was written before the end of the service began.
        if state.isDraining, !state.isBusy { settle(ticks: 0, from: receivedParts) }
      case .finish: finish(context)
      case .refuse:
        guard let fault else { preconditionFailure("what is to be refused has its answer") }
        refuse(fault, context)
      }
    default:
      context.write(data, promise: promise)
    }
  }

  /// Gives an answer that no request has asked for, and ends the connection.
  private func refuse(_ answer: HTTPAnswer, _ context: ChannelHandlerContext) {
    seat.count(answer)
    context.write(wrapOutboundOut(.head(answer.lastHead(date: seat.now()))), promise: nil)
    let body = context.channel.allocator.buffer(bytes: answer.body)
    context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    context.write(wrapOutboundOut(.end(nil)), promise: nil)
    finish(context)
  }

  /// Ends the connection once everything is sent.
  private func finish(_ context: ChannelHandlerContext) {
    phase = .finishing
    context.flush()
    let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
    let sent = context.eventLoop.makePromise(of: Void.self)
    sent.futureResult.whenComplete { _ in handler.value.startLingering() }
    context.close(mode: .output, promise: sent)
  }

  private func startLingering() {
    guard let context else { return }
    if hasInputEnded {
      context.close(promise: nil)
      return
    }
    phase = .lingering
    let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
    lingerTimer = context.eventLoop.scheduleTask(in: Self.linger) { handler.value.context?.close(promise: nil) }
    context.read()
  }

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    if mode == .output, phase != .serving {
      // The task has heard that there is nothing more to do; so have we, before.
      promise?.succeed()
      return
    }
    if mode == .output {
      finish(context)
      promise?.succeed()
      return
    }
    if isOpenEnded {
      let provider = context.channel as? any SocketOptionProvider
      // The option takes two integers: on, for no time.
      let linger: (CInt, CInt) = (1, 0)
      _ = provider?.unsafeSetSocketOption(level: .socket, name: .so_linger, value: linger)
    }
    context.close(mode: mode, promise: promise)
  }

  // MARK: Ending

  /// Answers what has been sent already, and ends.
  func drain() {
    state.isDraining = true
    settle(ticks: 0, from: receivedParts)
  }

  private func settle(ticks: Int, from parts: Int) {
    guard let context, phase == .serving else { return }
    let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
    context.eventLoop.scheduleTask(in: Self.settleTick) { handler.value.settled(ticks: ticks + 1, from: parts) }
  }

  private func settled(ticks: Int, from parts: Int) {
    guard let context, phase == .serving, !state.isBusy else { return }
    // A busy loop may not have looked for bytes since the last tick.
    let isMoving = receivedParts != parts || Self.hasUnread(context.channel)
    if isMoving && ticks < Self.settleTicksMax {
      settle(ticks: ticks, from: receivedParts)
      return
    }
    finish(context)
  }

  private static func hasUnread(_ channel: any Channel) -> Bool {
    let operations = channel.pipeline.syncOperations
    let count = try? operations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { socket in
      var ready: CInt = 0
      // SAFETY: the call writes one integer.
      return unsafe ioctl(socket, UInt(FIONREAD), &ready) == 0 ? ready : 0
    }
    return (count ?? 0) > 0
  }

  /// There is no more time.
  func abort() -> LoopSeat.Missing {
    let missing: LoopSeat.Missing =
      switch phase {
      case .lingering: .nothing
      case .serving where !state.isBusy: .nothing
      case .serving where !state.isAnswering: .unsentRequests
      default: .unreadAnswers
      }
    context?.close(promise: nil)
    return missing
  }

  // MARK: Doing nothing

  private func scheduleIdle(at deadline: NIODeadline, _ context: ChannelHandlerContext) {
    let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
    idleTimer = context.eventLoop.scheduleTask(deadline: deadline) { handler.value.checkIdle() }
  }

  private func checkIdle() {
    guard let context, phase != .lingering else { return }
    let unsent = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    if unsent != unsentBytes || isBusyItself(unsent: unsent) { lastActivity = .now() }
    unsentBytes = unsent
    let due = lastActivity + patience
    guard due <= .now() else {
      scheduleIdle(at: due, context)
      return
    }
    if admission == .guest, phase == .serving, !state.isBusy {
      refuse(oneTooMany, context)
      return
    }
    // Who has begun a request is told; who has not would take it for the answer to the next one.
    guard phase == .serving, unsent == 0, state.isReceiving, !state.isAnswering, !isStream else {
      context.close(promise: nil)
      return
    }
    let seconds = seat.loop.service.setting.limits.idleSecondsMax
    refuse(HTTPAnswer(.overloaded, "the request has not come within \(seconds) s: send it again", status: 408), context)
  }

  /// Whether the connection waits for us rather than for its client.
  private func isBusyItself(unsent: Int) -> Bool {
    guard state.isBusy, unsent == 0 else { return false }
    return state.isReceiving ? !isWaitingForInput : true
  }
}
