internal import NIOCore
internal import RemitEngine
private import RemitLua
private import RemitModel
private import RemitWire

/// One connection: does what its state machine says. Decides on the event loop that read the line.
final class ConnectionHandler: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let seat: LoopSeat
  private let permission: RequestEvaluator.Permission
  private var conversation: Conversation
  private var context: ChannelHandlerContext?

  private var phase = Phase.serving
  private enum Phase {
    case serving
    /// Its last answers are on their way.
    case finishing
    /// They are sent: what still comes is thrown away, so that the system does not take answers back that the client has not read.
    case lingering
    /// The connection is no more, which may be found out in the middle of a turn.
    case gone
  }

  /// The line that a worker has.
  private var job: WorkerJob?
  private var isInTurn = false
  /// The seat commits what was answered, and calls `kept` then.
  private var isCommitting = false
  private var isReadHeld = false
  private var hasInputEnded = false

  private var lastActivity: NIODeadline
  private var receivedBytes = 0
  private var unsentBytes = 0
  /// Of large answers that were not handed to the channel.
  private var largeBytes = 0
  private var idleTimer: Scheduled<Void>?
  private var lingerTimer: Scheduled<Void>?

  /// Longer lines go to a worker.
  private static let inlineBytesMax = 32 << 10
  /// After that others have their turn.
  private static let turn = TimeAmount.microseconds(500)
  /// How long what is under way may take to arrive once the service ends, and how often it is looked for.
  private static let settleTick = TimeAmount.milliseconds(20)
  private static let settleTicksMax = 10
  /// That of all channels; asking the channel costs more.
  private static let allocator = ByteBufferAllocator()
  private static let linger = TimeAmount.seconds(1)

  init(_ seat: LoopSeat, _ permission: RequestEvaluator.Permission) {
    self.seat = seat
    self.permission = permission
    lastActivity = seat.now()
    conversation = Conversation(seat.service.setting.limits, .elsewhere(lineBytesMax: Self.inlineBytesMax))
  }

  var isForAdmin: Bool { permission.admin }

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
    guard seat.add(self) else {
      let most = isForAdmin ? SharedService.adminConnectionsMax : seat.service.setting.limits.connectionsMax
      end(.overloaded, "there are \(most) connections already, the most at a time: try again later", context)
      return
    }
    scheduleIdle(at: lastActivity + seat.idle, context)
    if seat.isDraining { drain() }
  }

  func channelInactive(context: ChannelHandlerContext) {
    phase = .gone
    job?.cancel()
    job = nil
    idleTimer?.cancel()
    lingerTimer?.cancel()
    seat.service.memory.giveBack(largeBytes)
    largeBytes = 0
    seat.remove(self)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // A client that has gone; nobody is there to be told.
    context.close(promise: nil)
  }

  func read(context: ChannelHandlerContext) {
    if phase == .lingering || conversation.machine.wantsInput { context.read() } else { isReadHeld = true }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard phase == .serving else { return }
    let buffer = unwrapInboundIn(data)
    lastActivity = seat.now()
    receivedBytes += buffer.readableBytes
    unsafe buffer.withUnsafeReadableBytes { bytes in
      unsafe conversation.receive(bytes)
    }
    seat.evaluator.forgetTime()
    turn(context)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    flush(context)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard let event = event as? ChannelEvent, event == .inputClosed else { return }
    hasInputEnded = true
    if phase == .lingering {
      context.close(promise: nil)
      return
    }
    conversation.tell { $0.inputEnded() }
    turn(context)
    flush(context)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable {
      conversation.tell { $0.unclogged() }
      lastActivity = seat.now()
      turn(context)
      flush(context)
    } else {
      unsafe conversation.block { unsafe $0.clogged(kept: $1) }
    }
  }

  // MARK: Answering

  private func turn(_ context: ChannelHandlerContext) {
    // Flushing may tell of a change that asks for a turn while there is one.
    guard !isInTurn, phase == .serving else { return }
    isInTurn = true
    let end = seat.now() + Self.turn
    loop: while phase == .serving {
      switch conversation.answer(with: seat.evaluator, permission, until: { seat.now() > end }) {
      case .gathered:
        flush(context)
        if isCommitting { seat.commit() }
      case .line where conversation.output.count > Conversation.gatheredBytesMax:
        // Not before what was answered is on its way, so that no more is begun for who does not read.
        flush(context)
        if isCommitting { seat.commit() }
      case .line(let length, let consuming):
        submit(length, consuming: consuming, context)
        if job != nil { break loop }
      case .turnIsOver:
        unsafe conversation.block { unsafe $0.yielded(kept: $1) }
        seat.wait(self)
        break loop
      case .idle:
        break loop
      case .finished:
        finish(context)
        break loop
      case .broken:
        context.close(promise: nil)
        break loop
      }
    }
    isInTurn = false
    goOnReading(context)
  }

  /// Gives a line to a worker.
  private func submit(_ length: Int, consuming: Int, _ context: ChannelHandlerContext) {
    let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
    let (service, eventLoop) = (seat.service, context.eventLoop)
    unsafe conversation.take(length, consuming: consuming) { line in
      job = unsafe WorkerJob(line, permission) { [service] in
        service.execute(on: eventLoop) { handler.value.workerIsDone() }
      }
    }
    guard let job else { return }
    if seat.isGivingUp {
      self.job = nil
      refuse(job)
      conversation.tell { $0.cameBack() }
    } else {
      service.submit(job)
    }
  }

  /// Answers what is not done, or not done to its end, as there is no more time.
  private func refuse(_ job: WorkerJob) {
    let refusal = EngineError(code: .overloaded, message: "the service ends before the request is done: ask again")
    // SAFETY: the block lives as long as the job, and has its padding.
    unsafe seat.evaluator.refuse(UnsafeRawBufferPointer(job.line.bytes), refusal, into: &conversation.output)
  }

  private func workerIsDone() {
    guard let job, let context else { return }
    self.job = nil
    if job.output.hasFailed {
      context.close(promise: nil)
      return
    }
    if job.isWhole {
      unsafe job.output.withBytes { bytes in unsafe conversation.output.append(bytes) }
      if job.output.count > ReplyMemory.largeBytesMin {
        largeBytes += job.output.count
        seat.service.memory.take(job.output.count)
      }
    } else {
      refuse(job)
    }
    lastActivity = seat.now()
    conversation.tell { $0.cameBack() }
    seat.evaluator.forgetTime()
    turn(context)
    flush(context)
  }

  /// The others have had their turn.
  func resume() {
    guard let context else { return }
    conversation.tell { $0.resumed() }
    seat.evaluator.forgetTime()
    turn(context)
    flush(context)
  }

  private func flush(_ context: ChannelHandlerContext) {
    if phase == .serving { sendWhatIsKept(context) }
  }

  /// Sends the answers, or has them sent once what was decided is kept.
  private func sendWhatIsKept(_ context: ChannelHandlerContext) {
    guard !isCommitting else { return }
    if seat.evaluator.hasUncommitted {
      isCommitting = true
      seat.commit(for: self)
    } else {
      send(context)
    }
  }

  /// Keeping takes its time.
  func hold() {
    unsafe conversation.block { unsafe $0.held(kept: $1) }
  }

  /// All that was decided is kept.
  func kept() {
    isCommitting = false
    guard let context else { return }
    conversation.tell { $0.released() }
    lastActivity = seat.now()
    // Sending may be followed by a turn at once, and that by the end, whose answers are not kept yet.
    let isLast = phase == .finishing
    send(context)
    if isLast {
      closeOutput(context)
    } else {
      turn(context)
      flush(context)
    }
  }

  private func send(_ context: ChannelHandlerContext) {
    guard conversation.output.count > 0 else { return }
    var buffer = Self.allocator.buffer(capacity: conversation.output.count)
    unsafe conversation.output.withBytes { bytes in _ = unsafe buffer.writeBytes(bytes) }
    conversation.output.removeAll(capacityBytesMax: 2 * Conversation.gatheredBytesMax)
    context.writeAndFlush(wrapOutboundOut(buffer), promise: largeBytes > 0 ? promiseToGiveBack(context) : nil)
  }

  /// A promise that is kept once a large answer is with the system, or lost.
  private func promiseToGiveBack(_ context: ChannelHandlerContext) -> EventLoopPromise<Void> {
    let promise = context.eventLoop.makePromise(of: Void.self)
    let (memory, count) = (seat.service.memory, largeBytes)
    largeBytes = 0
    promise.futureResult.whenComplete { _ in memory.giveBack(count) }
    return promise
  }

  private func goOnReading(_ context: ChannelHandlerContext) {
    guard isReadHeld, phase == .lingering || conversation.machine.wantsInput else { return }
    isReadHeld = false
    context.read()
  }

  // MARK: Ending

  /// Says why the connection ends, and ends it.
  private func end(_ code: ErrorCode, _ message: String, _ context: ChannelHandlerContext) {
    seat.evaluator.note(code)
    conversation.appendError(code, message)
    conversation.tell { $0.stopReading() }
    finish(context)
  }

  /// Ends the connection once everything is sent.
  private func finish(_ context: ChannelHandlerContext) {
    phase = .finishing
    sendWhatIsKept(context)
    if !isCommitting { closeOutput(context) }
  }

  /// Everything is handed to the channel.
  private func closeOutput(_ context: ChannelHandlerContext) {
    let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
    if hasInputEnded {
      context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(capacity: 0))).whenComplete { _ in
        handler.value.context?.close(promise: nil)
      }
      return
    }
    let sent = context.eventLoop.makePromise(of: Void.self)
    sent.futureResult.whenComplete { _ in handler.value.startLingering() }
    context.close(mode: .output, promise: sent)
  }

  private func startLingering() {
    guard let context, phase == .finishing else { return }
    if hasInputEnded {
      context.close(promise: nil)
      return
    }
    phase = .lingering
    let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
    lingerTimer = context.eventLoop.scheduleTask(in: Self.linger) { handler.value.context?.close(promise: nil) }
    goOnReading(context)
  }

  /// Reads what has been sent already, answers it and ends.
  func drain() {
    settle(ticks: 0, from: receivedBytes)
  }

  private func settle(ticks: Int, from bytes: Int) {
    guard let context, phase == .serving else { return }
    let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
    context.eventLoop.scheduleTask(in: Self.settleTick) { handler.value.settled(ticks: ticks + 1, from: bytes) }
  }

  private func settled(ticks: Int, from bytes: Int) {
    guard let context, phase == .serving else { return }
    if receivedBytes != bytes && ticks < Self.settleTicksMax {
      settle(ticks: ticks, from: receivedBytes)
      return
    }
    conversation.tell { $0.stopReading() }
    turn(context)
    flush(context)
  }

  /// There is no more time for what a worker does.
  ///
  /// - Returns: Whether one was at it.
  func giveUp() -> Bool {
    job?.cancel()
    return job != nil
  }

  /// There is no more time at all.
  func abort() -> LoopSeat.Missing {
    let missing: LoopSeat.Missing =
      phase == .lingering ? .nothing : isCommitting ? .unkeptDecisions : .unreadAnswers
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
    // A slow reader is no idle one.
    if unsent != unsentBytes || !conversation.machine.isIdle { lastActivity = seat.now() }
    unsentBytes = unsent
    let due = lastActivity + seat.idle
    guard due <= seat.now() else {
      scheduleIdle(at: due, context)
      return
    }
    if unsent > 0 || phase == .finishing {
      context.close(promise: nil)
      return
    }
    let seconds = seat.service.setting.limits.idleSecondsMax
    end(.overloaded, "the connection was idle for \(seconds) s and is closed: connect again", context)
  }
}
