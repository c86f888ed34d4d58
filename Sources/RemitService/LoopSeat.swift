internal import Logging
internal import NIOCore
internal import RemitEngine
private import RemitModel
private import Synchronization

/// What all event loops of a service share.
final class SharedService: Sendable {
  let setting: RequestEvaluator.Setting
  private let pool: WorkerPool
  /// For admin methods, so that decisions do not wait behind a reload; nil where there are none.
  private let adminPool: WorkerPool?
  let refusals: RefusalLog
  let memory: ReplyMemory
  private let connections = Atomic<Int>(0)
  private let accepted = Atomic<Int>(0)
  /// Those for administrators, who get in however many others there are.
  private let adminConnections = Atomic<Int>(0)
  /// Whether the event loops end or have ended: what comes from other threads then is for nobody.
  private let isOver = Atomic<Bool>(false)

  static let adminConnectionsMax = 16

  init(_ setting: RequestEvaluator.Setting, pool: WorkerPool, adminPool: WorkerPool? = nil, log: Logger) {
    self.setting = setting
    self.pool = pool
    self.adminPool = adminPool
    memory = pool.memory
    refusals = RefusalLog(log, connectionsMax: setting.limits.connectionsMax)
  }

  /// How many jobs wait for a thread.
  var waitingJobs: Int { pool.waitingCount + (adminPool?.waitingCount ?? 0) }

  func submit(_ job: WorkerJob) {
    (job.permission.admin ? adminPool ?? pool : pool).submit(job)
  }

  /// Counts a connection in; false where there are as many as there may be.
  func admit(isForAdmin: Bool = false) -> Bool {
    if isForAdmin {
      if adminConnections.add(1, ordering: .relaxed).newValue <= Self.adminConnectionsMax { return true }
      leave(isForAdmin: true)
      return false
    }
    if connections.add(1, ordering: .relaxed).newValue <= setting.limits.connectionsMax {
      accepted.add(1, ordering: .relaxed)
      return true
    }
    leave()
    refusals.refused()
    return false
  }

  var connectionCount: Int { connections.load(ordering: .relaxed) }

  func leave(isForAdmin: Bool = false) {
    if isForAdmin {
      adminConnections.subtract(1, ordering: .relaxed)
    } else {
      connections.subtract(1, ordering: .relaxed)
    }
  }

  /// Has something done on an event loop, from any thread, as long as there are any.
  func execute(on eventLoop: any EventLoop, _ body: @escaping @Sendable () -> Void) {
    if !isOver.load(ordering: .acquiring) { eventLoop.execute(body) }
  }

  /// From now on nothing is to be done on event loops.
  func endLoops() { isOver.store(true, ordering: .releasing) }

  /// What connections there are, have been, and were one too many.
  var connectionCounts: (open: Int, total: Int, refused: Int) {
    (connections.load(ordering: .relaxed), accepted.load(ordering: .relaxed), refusals.total)
  }
}

/// What the connections of one event loop share: its evaluator, and turns. Used on that loop alone.
final class LoopSeat {
  let service: SharedService
  let evaluator: RequestEvaluator
  let idle: TimeAmount
  /// The loop's clock, or that of a simulation.
  let now: () -> NIODeadline
  private let eventLoop: any EventLoop
  private var handlers: [ObjectIdentifier: ConnectionHandler] = [:]
  /// Those of them that count.
  private var admitted: Set<ObjectIdentifier> = []
  /// Those that wait for their next turn.
  private var waiting: [ConnectionHandler] = []
  /// Those whose answers are sent once the decisions of all of them are kept.
  private var committing: [ConnectionHandler] = []
  /// The same of answers that no such handler sends.
  private var whenKept: [@Sendable () -> Void] = []
  private(set) var isDraining = false
  /// There is no more time for what takes long.
  private(set) var isGivingUp = false
  private var whenEmpty: EventLoopPromise<Void>?

  /// Long enough that the loop looks for what others have sent.
  private static let pause = TimeAmount.microseconds(50)

  init(_ service: SharedService, eventLoop: any EventLoop, now: @escaping () -> NIODeadline = { .now() }) {
    self.service = service
    self.eventLoop = eventLoop
    self.now = now
    evaluator = RequestEvaluator(service.setting)
    idle = .seconds(Int64(service.setting.limits.idleSecondsMax))
  }

  /// - Returns: False where there are too many: the connection is to be refused.
  func add(_ handler: ConnectionHandler) -> Bool {
    handlers[ObjectIdentifier(handler)] = handler
    guard service.admit(isForAdmin: handler.isForAdmin) else { return false }
    admitted.insert(ObjectIdentifier(handler))
    return true
  }

  func remove(_ handler: ConnectionHandler) {
    handlers[ObjectIdentifier(handler)] = nil
    if admitted.remove(ObjectIdentifier(handler)) != nil {
      service.leave(isForAdmin: handler.isForAdmin)
    }
    if handlers.isEmpty { whenEmpty?.succeed() }
  }

  // MARK: Turns

  /// Puts a connection behind those that wait. One has its turn at a time, and between two the loop reads.
  func wait(_ handler: ConnectionHandler) {
    waiting.append(handler)
    if waiting.count == 1 { scheduleTurn() }
  }

  private func scheduleTurn() {
    let seat = NIOLoopBound(self, eventLoop: eventLoop)
    eventLoop.scheduleTask(in: Self.pause) { seat.value.giveTurn() }
  }

  private func giveTurn() {
    let handler = waiting[0]
    handler.resume()
    // It may have put itself at the end again.
    waiting.removeFirst()
    if !waiting.isEmpty { scheduleTurn() }
  }

  // MARK: Keeping decisions

  /// Commits what was decided once the loop has seen to all that is ready, so that one commit serves many connections; then the
  /// handler is told that it may send.
  func commit(for handler: ConnectionHandler) {
    committing.append(handler)
    if committing.count == 1 && whenKept.isEmpty { scheduleCommit() }
  }

  /// The same for who is no handler; `isKept` is called on the loop.
  func commit(_ isKept: @escaping @Sendable () -> Void) {
    whenKept.append(isKept)
    if whenKept.count == 1 && committing.isEmpty { scheduleCommit() }
  }

  private func scheduleCommit() {
    let seat = NIOLoopBound(self, eventLoop: eventLoop)
    eventLoop.execute { seat.value.commit() }
  }

  /// Commits at once for all that wait for it.
  func commit() {
    let handlers = committing
    let others = whenKept
    committing = []
    whenKept = []
    guard !handlers.isEmpty || !others.isEmpty else { return }
    let waiting = NIOLoopBound(handlers, eventLoop: eventLoop)
    let eventLoop = eventLoop
    let areKept = evaluator.commit { [service] in
      service.execute(on: eventLoop) {
        for handler in waiting.value { handler.kept() }
        for isKept in others { isKept() }
      }
    }
    for handler in handlers { if areKept { handler.kept() } else { handler.hold() } }
    if areKept { for isKept in others { isKept() } }
  }

  // MARK: Ending

  /// Answers what was sent and ends all connections.
  func drain() -> EventLoopFuture<Void> {
    isDraining = true
    guard !handlers.isEmpty else { return eventLoop.makeSucceededVoidFuture() }
    let promise = eventLoop.makePromise(of: Void.self)
    whenEmpty = promise
    for handler in handlers.values { handler.drain() }
    return promise.futureResult
  }

  /// Gives up what workers do: that is answered with an error, and so is whatever would need one from now on.
  ///
  /// - Returns: How many lines are given up at once.
  func giveUp() -> Int {
    isGivingUp = true
    return handlers.values.count { $0.giveUp() }
  }

  /// Ends all connections at once.
  func abort() -> Cut {
    // Closing takes handlers out.
    Array(handlers.values).reduce(into: Cut()) { $0.add($1.abort()) }
  }

  /// What clients may miss whose connections are ended.
  enum Missing { case nothing, unsentRequests, unreadAnswers, unkeptDecisions }

  /// How many connections were ended before their clients had everything.
  struct Cut: Sendable {
    /// Clients did not send all of a request.
    var unsent = 0
    /// They did not read their answers.
    var unread = 0
    /// The log did not keep what was decided.
    var unkept = 0

    var total: Int { unsent + unread + unkept }

    mutating func add(_ missing: Missing) {
      switch missing {
      case .nothing: break
      case .unsentRequests: unsent += 1
      case .unreadAnswers: unread += 1
      case .unkeptDecisions: unkept += 1
      }
    }

    static func += (sum: inout Cut, other: Cut) {
      sum.unsent += other.unsent
      sum.unread += other.unread
      sum.unkept += other.unkept
    }
  }
}
