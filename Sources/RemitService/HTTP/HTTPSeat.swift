internal import NIOCore
private import RemitEngine

/// What the HTTP connections of one event loop share. Used on that loop alone.
final class HTTPSeat {
  let loop: LoopSeat
  let executor: LoopExecutor
  let idle: TimeAmount
  let responses: ResponseCounters
  private let eventLoop: any EventLoop
  private var handlers: [ObjectIdentifier: HTTPConnectionHandler] = [:]
  private var channels: [ObjectIdentifier: HTTPConnectionHandler] = [:]
  private var admitted: Set<ObjectIdentifier> = []
  private var guests: Set<ObjectIdentifier> = []
  private var date = HTTPDate()
  private(set) var isDraining = false
  /// Those that the end of the service waits for.
  private var awaited: Set<ObjectIdentifier> = []
  private var whenEmpty: EventLoopPromise<Void>?
  /// Who connects now only wants to know how the service is.
  private var isClosed = false

  /// Connections that the system has accepted before the end began may take so long to come here, on a machine that is busy.
  private static let grace = TimeAmount.milliseconds(300)
  private static let guestsMax = 4

  /// What a connection may do.
  enum Admission {
    case served
    /// It is one too many, and may still ask once how the service is: who watches must not take it for dead while it has much to do.
    case guest
    case refused
  }

  init(_ loop: LoopSeat, _ responses: ResponseCounters, eventLoop: any EventLoop) {
    self.loop = loop
    self.responses = responses
    self.eventLoop = eventLoop
    executor = LoopExecutor(eventLoop)
    idle = loop.idle
  }

  /// Now, as a header has it.
  func now() -> String { date.text(of: loop.service.setting.clock.milliseconds() / 1000) }

  /// Counts an answer that is about to be given, and its error, unless who has decided has counted that.
  func count(_ answer: HTTPAnswer) {
    responses.count(answer.status)
    if let code = answer.code { loop.evaluator.note(code, of: answer.policy) }
  }

  func add(_ handler: HTTPConnectionHandler, _ channel: any Channel) -> Admission {
    handlers[ObjectIdentifier(handler)] = handler
    channels[ObjectIdentifier(channel)] = handler
    guard loop.service.admit() else {
      guard guests.count < Self.guestsMax else { return .refused }
      guests.insert(ObjectIdentifier(handler))
      return .guest
    }
    admitted.insert(ObjectIdentifier(handler))
    if isDraining, !isClosed {
      awaited.insert(ObjectIdentifier(handler))
      handler.drain()
    }
    return .served
  }

  func remove(_ handler: HTTPConnectionHandler, _ channel: any Channel) {
    handlers[ObjectIdentifier(handler)] = nil
    channels[ObjectIdentifier(channel)] = nil
    if admitted.remove(ObjectIdentifier(handler)) != nil { loop.service.leave() }
    guests.remove(ObjectIdentifier(handler))
    awaited.remove(ObjectIdentifier(handler))
    endIfEmpty()
  }

  private func endIfEmpty() {
    guard isClosed, awaited.isEmpty else { return }
    whenEmpty?.succeed()
    whenEmpty = nil
  }

  /// Whether the request that is being answered has come to its end; false where its connection has ended before.
  func hasWholeRequest(_ channel: any Channel) -> Bool {
    channels[ObjectIdentifier(channel)]?.isRequestWhole ?? false
  }

  /// Has a closure called, on the loop, where the request that is being answered breaks off.
  func whenBroken(_ channel: any Channel, _ body: @escaping () -> Void) {
    channels[ObjectIdentifier(channel)]?.whenBroken = body
  }

  /// Whether the connection was there before the service began to end.
  func isServed(_ channel: any Channel) -> Bool {
    guard isDraining else { return true }
    return channels[ObjectIdentifier(channel)].map { awaited.contains(ObjectIdentifier($0)) } ?? false
  }

  // MARK: Ending

  /// Answers what was sent on the connections that there are, and ends them. Others may still ask how the service is.
  func drain() -> EventLoopFuture<Void> {
    isDraining = true
    let promise = eventLoop.makePromise(of: Void.self)
    whenEmpty = promise
    awaited = Set(handlers.keys)
    for handler in handlers.values { handler.drain() }
    let seat = NIOLoopBound(self, eventLoop: eventLoop)
    eventLoop.scheduleTask(in: Self.grace) {
      seat.value.isClosed = true
      seat.value.endIfEmpty()
    }
    return promise.futureResult
  }

  /// Ends all connections at once.
  func abort() -> LoopSeat.Cut {
    // Closing takes handlers out.
    Array(handlers.values).reduce(into: LoopSeat.Cut()) { $0.add($1.abort()) }
  }
}

/// Runs the tasks of connections on their event loop, so that what they ask for is decided there without a change of threads.
final class LoopExecutor: TaskExecutor {
  private let eventLoop: any EventLoop

  init(_ eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let executor = unsafe asUnownedTaskExecutor()
    eventLoop.execute { unsafe job.runSynchronously(on: executor) }
  }
}
