import Foundation
import Logging
import NIOCore
import NIOEmbedded
import RemitModel
import RemitPolicy
import RemitTestKit

@testable import RemitEngine
@testable import RemitService

/// One event loop with its connections, a pool whose threads are the simulation's steps, and policies that change: all on one thread,
/// in an order that the random numbers say.
final class SimulatedService {
  let loop = EmbeddedEventLoop()
  let seat: LoopSeat
  let pool: WorkerPool
  let shared: SharedService
  /// Nil: decisions are not kept.
  let log: SimulatedLog?
  var clients: [SimulatedClient] = []
  private let worker: RequestEvaluator
  private let store: SnapshotStore
  private let snapshots: [Snapshot]
  /// The versions that were in force, one after the other.
  private(set) var history: [String]
  private let jitter: Jitter

  /// A clock that is sometimes late, so that turns end anywhere.
  private final class Jitter {
    var random: SeededGenerator
    var oneIn = 6

    init(_ seed: UInt64) { random = SeededGenerator(seed: seed) }

    var delay: TimeAmount {
      Int.random(in: 0..<oneIn, using: &random) == 0 ? .milliseconds(1) : .nanoseconds(0)
    }
  }

  init(_ snapshots: [Snapshot], _ limits: Limits, seed: UInt64, jitterOneIn: Int, hasLog: Bool) {
    self.snapshots = snapshots
    store = SnapshotStore(snapshots[0])
    history = [Self.version(snapshots[0])]
    let clock = ServiceClock(milliseconds: { 1_750_000_000_000 }, uptimeSeconds: { 1 })
    var setting = RequestEvaluator.Setting(store: store, clock: clock, limits: limits)
    log = hasLog ? SimulatedLog(seed: seed) : nil
    setting.sink = log
    pool = WorkerPool(setting, threads: 0)
    worker = RequestEvaluator(setting)
    shared = SharedService(setting, pool: pool, log: Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() })
    let jitter = Jitter(seed)
    jitter.oneIn = jitterOneIn
    self.jitter = jitter
    let loop = loop
    seat = LoopSeat(shared, eventLoop: loop) { loop.now + jitter.delay }
  }

  static func snapshots(_ count: Int) throws -> [Snapshot] {
    try (0..<count).map { number in
      let folder = TemporaryFolder(["a/x.lua": Self.policy(number)])
      defer { withExtendedLifetime(folder) {} }
      return try Snapshot(loading: ModuleStore(folder: PolicyFolder(policies: folder.path, plugins: "nothing")))
    }
  }

  private static func policy(_ number: Int) -> String {
    """
    return policy {
      summary = "For simulations.", outcomes = { "ok" },
      input = record { n = integer {}, wide = optional(integer {}) },
      reasons = { ok = { en = "Fine.", zh = "好。" } },
      decide = function(tx)
        return { outcome = "ok", reasons = { "ok" }, n = tx.n, number = \(number),
                 text = tx.wide and string.rep("x", tx.wide) or nil }
      end,
    }
    """
  }

  private static func version(_ snapshot: Snapshot) -> String {
    snapshot.policies["a.x"].map { "\($0.version)" } ?? ""
  }

  func publish(_ number: Int) {
    store.publish(snapshots[number])
    history.append(Self.version(snapshots[number]))
  }

  /// Answers the next line that waits for a worker.
  func work() {
    guard pool.hasWork, let job = pool.take() else { return }
    pool.answer(job, worker)
  }

  func connect(_ script: ClientScript, high: Int, room: Int) {
    let socket = SimulatedSocket(high: high, room: room)
    let handler = ConnectionHandler(seat, .init(longWork: false))
    let channel = EmbeddedChannel(handlers: [socket, handler], loop: loop)
    socket.log = log
    clients.append(SimulatedClient(script, socket, channel, handler))
    // An address that nothing listens on: the channel only becomes active.
    channel.connect(to: Self.nowhere, promise: nil)
    socket.askToRead()
  }

  private static let nowhere: SocketAddress = {
    guard let address = try? SocketAddress(ipAddress: "127.0.0.1", port: 1) else {
      preconditionFailure("an address is one")
    }
    return address
  }()
}

/// A client with its connection, and what it knows.
final class SimulatedClient {
  let script: ClientScript
  let socket: SimulatedSocket
  let channel: EmbeddedChannel
  private(set) weak var handler: ConnectionHandler?

  private(set) var delivered = 0
  private(set) var isInputEnded = false
  /// How many versions had been in force when the line had come.
  private var arrivals: [Int] = []
  private var answeredCount = 0
  private var rest: [UInt8] = []
  /// The place in the history of versions of the last answer that names one.
  private var lastVersion = 0
  private var isReset = false
  var hasGone: Bool { isReset || socket.breaksAfter < 0 }
  /// Set where the service ends the connection by itself, with a code.
  private(set) var goodbye: String?
  var mayBeSentAway: String?

  init(
    _ script: ClientScript, _ socket: SimulatedSocket, _ channel: EmbeddedChannel, _ handler: ConnectionHandler
  ) {
    self.script = script
    self.socket = socket
    self.channel = channel
    self.handler = handler
  }

  var isAllDelivered: Bool { delivered == script.bytes.count }
  var owedCount: Int { script.owed.count }

  var state: String {
    """
    {\(delivered) of \(script.bytes.count) bytes\(isInputEnded ? " and the end" : ""), \(answeredCount) of \(script.owed.count) \
    lines answered, \(socket.unsentCount) bytes unsent\(socket.isReadWanted ? ", reads" : "")\(socket.isClosed ? ", closed" : "")\
    \(socket.isOutputClosed ? ", output closed" : "")\(hasGone ? ", gone" : "")}
    """
  }

  /// How many lines had come whole and are not answered, of those that are owed an answer.
  private func openLines(_ delivered: Int) -> Int {
    script.owed[answeredCount...].count { owed in
      if case .none = owed.reply { return false }
      return owed.latest <= delivered && script.bytes[owed.latest - 1] == 10
    }
  }

  /// The service is told to end.
  func noteDrain() { deliveredAtDrain = delivered }
  private var deliveredAtDrain = 0

  /// So many bytes arrive, in pieces.
  func send(_ counts: [Int], _ service: SimulatedService) {
    var pieces: [[UInt8]] = []
    for count in counts {
      let end = min(delivered + count, script.bytes.count)
      if end > delivered { pieces.append(Array(script.bytes[delivered..<end])) }
      delivered = end
    }
    noteArrivals(service)
    if !pieces.isEmpty { socket.deliver(pieces) }
  }

  private func noteArrivals(_ service: SimulatedService) {
    while arrivals.count < owedCount, script.owed[arrivals.count].earliest <= delivered {
      arrivals.append(service.history.count - 1)
    }
  }

  func endInput() {
    isInputEnded = true
    socket.endInput()
  }

  func reset() {
    isReset = true
    socket.reset()
  }

  /// Reads so many bytes, and checks the answers that they complete.
  func read(_ count: Int, _ service: SimulatedService) throws(SimulationFailure) {
    let fresh = socket.clientReads(count)
    var start = 0
    while let newline = Self.newline(in: fresh, from: start) {
      let line = rest + fresh[start..<newline]
      rest = []
      start = newline + 1
      try check(line, service)
    }
    rest += fresh[start...]
  }

  private static func newline(in bytes: [UInt8], from start: Int) -> Int? {
    unsafe bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, start < bytes.count else { return nil }
      // SAFETY: the bytes from `start` on are the array's.
      return unsafe memchr(base + start, 10, bytes.count - start).map { unsafe UnsafeRawPointer($0) - base }
    }
  }

  private func check(_ line: [UInt8], _ service: SimulatedService) throws(SimulationFailure) {
    try require(goodbye == nil, "answers after the last word: \(String(decoding: line.prefix(300), as: UTF8.self))")
    while answeredCount < owedCount, case .none = script.owed[answeredCount].reply { answeredCount += 1 }
    if let code = mayBeSentAway, (try? ClientScript.check(line, .error(code, id: "null"))) != nil {
      goodbye = code
      return
    }
    if service.seat.isGivingUp, answeredCount < owedCount, isGivenUp(line, script.owed[answeredCount].reply) {
      answeredCount += 1
      return
    }
    try require(
      answeredCount < arrivals.count, "answers what was not asked: \(String(decoding: line.prefix(300), as: UTF8.self))"
    )
    let versions = try ClientScript.check(line, script.owed[answeredCount].reply)
    if let version = versions.first {
      let since = max(arrivals[answeredCount], lastVersion)
      guard let place = service.history[since...].firstIndex(of: version) else {
        throw SimulationFailure(
          "\(String(decoding: line.prefix(300), as: UTF8.self)) names a version that was not in force since it came")
      }
      lastVersion = place
    }
    answeredCount += 1
  }

  /// Whether that says that what was asked is not done any more.
  private func isGivenUp(_ line: [UInt8], _ reply: ClientScript.Owed.Reply) -> Bool {
    let isRefused = String(decoding: line, as: UTF8.self).contains("the service ends before the request is done")
    guard isRefused, let value = try? JSONSerialization.jsonObject(with: Data(line)) else { return false }
    let object = value as? [String: Any]
    switch reply {
    case .decision(let id), .decisions(let id, _): return object?["id"] as? Int == id
    case .array(let ids): return (value as? [[String: Any]])?.map({ $0["id"] as? Int }) == ids
    case .none, .error, .health: return false
    }
  }

  func checkNothingIsEarly() throws(SimulationFailure) {
    try require(socket.early.isEmpty, "\(socket.early) are answered before their decisions are kept")
  }

  /// What must hold once the service has ended: what had come by then was answered, at least.
  func checkDrained() throws(SimulationFailure) {
    try require(rest.isEmpty, "half an answer is left: \(String(decoding: rest.prefix(300), as: UTF8.self))")
    if goodbye != nil { return }
    let open = openLines(deliveredAtDrain)
    try require(open == 0, "\(open) lines that came before the end have no answer")
  }

  /// What must hold once nothing is left to happen but what clients do.
  func checkAtRest(mayWait: Bool) throws(SimulationFailure) {
    if hasGone { return }
    try require(rest.isEmpty, "half an answer is left: \(String(decoding: rest.prefix(300), as: UTF8.self))")
    if goodbye != nil { return }
    try require(openLines(delivered) == 0, "\(openLines(delivered)) lines have no answer")
    if isInputEnded {
      let left = script.owed[answeredCount...].contains { if case .none = $0.reply { false } else { true } }
      try require(!left, "not all is answered at the end of the input")
      try require(socket.isClosed, "the connection is open after the last answer")
    } else if !mayWait {
      try require(socket.isReadWanted, "nothing is read, and nothing is waited for")
    }
  }
}
