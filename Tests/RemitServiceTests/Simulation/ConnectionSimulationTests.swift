import NIOCore
import NIOEmbedded
import RemitModel
import RemitTestKit
import Testing

@testable import RemitEngine
@testable import RemitService

/// The real handler, its turns and its pool on a simulated socket, in an order that a seed says: every answer comes once, in order,
/// under a version that was in force, whatever happens in between.
@Suite struct ConnectionSimulationTests {
  @Test(arguments: [(1200, false), (60, true)])
  func connectionsAnswerWhateverHappens(runs: Int, isLarge: Bool) throws {
    let snapshots = try SimulatedService.snapshots(4)
    for run in 0..<runs * TestSeed.effort {
      let seed = TestSeed.value &+ UInt64(run)
      let simulation = Simulation(snapshots, seed: seed, isLarge: isLarge)
      do throws(SimulationFailure) {
        try simulation.run()
      } catch {
        Issue.record("REMIT_SEED=\(seed): \(error); \(simulation.state)")
        return
      }
    }
  }
}

private final class Simulation {
  private var random: SeededGenerator
  private let service: SimulatedService
  private let limits: Limits
  private var isDraining = false
  private var isDrained = false

  /// How much larger everything is.
  private let scale: Int

  /// - Parameter isLarge: With lines that are too long for an event loop, and answers that are sent before a turn is over.
  init(_ snapshots: [Snapshot], seed: UInt64, isLarge: Bool) {
    random = SeededGenerator(seed: seed)
    scale = isLarge ? 100 : 1
    var limits = Limits()
    limits.lineBytesMax = isLarge ? 34_000 : Int.random(in: 260...400, using: &random)
    limits.waitingRequestsMax = Int.random(in: 1...8, using: &random)
    limits.connectionsMax = 3
    self.limits = limits
    service = SimulatedService(
      snapshots, limits, seed: random.next(), jitterOneIn: [1, 3, 10, 1000].randomElement(using: &random) ?? 1,
      hasLog: Bool.random(using: &random))
    for number in 0..<Int.random(in: 1...4, using: &random) {
      let script = ClientScript(
        number * 100_000, lines: Int.random(in: 0...25, using: &random), lineBytesMax: limits.lineBytesMax,
        wideBytes: 700 * scale, &random)
      let high = [100, 1000, 5000].randomElement(using: &random) ?? 100
      service.connect(script, high: high * scale, room: Int.random(in: 1...3000, using: &random) * scale)
      if Int.random(in: 0..<6, using: &random) == 0 {
        service.clients[number].socket.breaksAfter = Int.random(in: 1...5000, using: &random) * scale
      }
      if number >= limits.connectionsMax { service.clients[number].mayBeSentAway = "overloaded" }
    }
  }

  func run() throws(SimulationFailure) {
    for _ in 0..<250 {
      step()
      for client in service.clients { try check(client) }
    }
    try finish()
  }

  /// What is known from outside, for who looks for the bug.
  var state: String {
    let clients = service.clients.map(\.state).joined(separator: ", ")
    return
      "\(service.log == nil ? "without" : "with") a log, line \(limits.lineBytesMax), waiting \(limits.waitingRequestsMax): \(clients)"
  }

  // MARK: Steps

  private func step() {
    guard let client = service.clients.randomElement(using: &random) else { return }
    switch Int.random(in: 0..<40, using: &random) {
    case 0..<12: deliver(to: client)
    case 12..<18: service.loop.advanceTime(by: .microseconds(Int64.random(in: 0...120, using: &random)))
    case 18..<22: service.work()
    case 22..<30: reads.append((client, Int.random(in: 1...1500, using: &random) * scale))
    case 30..<34: service.loop.run()
    case 34: service.log?.keep()
    case 35: service.publish(Int.random(in: 0..<4, using: &random))
    case 36: if Int.random(in: 0..<3, using: &random) == 0 { end(client) }
    case 37: if Int.random(in: 0..<12, using: &random) == 0 { client.reset() }
    case 38: service.loop.advanceTime(by: .milliseconds(Int64.random(in: 1...25, using: &random)))
    default:
      if isDraining, Int.random(in: 0..<6, using: &random) == 0 { _ = service.seat.giveUp() }
      if Int.random(in: 0..<60, using: &random) == 0 { drain() }
    }
  }

  /// Reads are checked, which may fail; steps only note them.
  private var reads: [(SimulatedClient, Int)] = []

  private func deliver(to client: SimulatedClient) {
    guard !client.socket.isClosed, !client.isInputEnded, client.socket.isReadWanted else { return }
    let count = Int.random(in: 1...4, using: &random)
    let most = ([1, 20, 400, 3000].randomElement(using: &random) ?? 1) * scale
    client.send((0..<count).map { _ in Int.random(in: 1...most, using: &random) }, service)
  }

  /// All that the client has sent comes at once then, asked for or not.
  private func end(_ client: SimulatedClient) {
    guard !client.socket.isClosed, !client.isInputEnded else { return }
    if !client.isAllDelivered {
      if Bool.random(using: &random) { return }
      while !client.isAllDelivered {
        client.send([Int.random(in: 1...2000, using: &random) * scale], service)
      }
    }
    client.endInput()
  }

  private func drain() {
    guard !isDraining else { return }
    isDraining = true
    for client in service.clients { client.noteDrain() }
    service.seat.drain().assumeIsolated().whenSuccess { self.isDrained = true }
  }

  // MARK: Checks

  private func check(_ client: SimulatedClient) throws(SimulationFailure) {
    for (client, count) in reads { try client.read(count, service) }
    reads = []
    try client.checkNothingIsEarly()
    // Above its mark a socket gets no more than what was gathered, and the answer that a worker had.
    try require(client.socket.unsentCount < client.socket.high + 400_000, "answers pile up")
  }

  /// Lets everything come to its end, and looks at what is left.
  private func finish() throws(SimulationFailure) {
    let ends = Int.random(in: 0..<3, using: &random) > 0
    // A turn may be over after one line, and not each line has an answer to be seen.
    var quietRounds = 0
    var rounds = 0
    while quietRounds < 120 {
      var isBusy = service.pool.hasWork || service.log?.hasWork ?? false
      service.work()
      service.log?.keep()
      service.loop.advanceTime(by: .microseconds(50))
      for client in service.clients {
        if !client.socket.isClosed, client.socket.unsentCount > 0 { isBusy = true }
        if !client.socket.sent.isEmpty { isBusy = true }
        try client.read(10_000 * scale, service)
        if client.socket.isClosed || client.isInputEnded { continue }
        if !client.isAllDelivered, client.socket.isReadWanted {
          client.send([Int.random(in: 1...500, using: &random) * scale], service)
          isBusy = true
        } else if client.isAllDelivered, ends {
          client.endInput()
          isBusy = true
        }
      }
      quietRounds = isBusy ? 0 : quietRounds + 1
      rounds += 1
      try require(rounds < 20_000, "there is no end to it")
    }
    // Turns that wait, lingering connections, and the ticks of a drain; less than what makes one idle.
    for _ in 0..<60 {
      service.loop.advanceTime(by: .milliseconds(50))
      service.work()
      service.log?.keep()
      for client in service.clients { try client.read(100_000 * scale, service) }
    }
    for client in service.clients {
      try client.checkNothingIsEarly()
      if isDraining {
        try require(client.socket.isClosed, "a connection is open after the service's end")
        if !client.hasGone { try client.checkDrained() }
      } else {
        try client.checkAtRest(mayWait: false)
      }
    }
    try require(isDrained == isDraining, "the service's end is not told")
    try checkIdle()
    try checkNothingIsKept()
  }

  private func checkIdle() throws(SimulationFailure) {
    let open = service.clients.filter { !$0.socket.isClosed }
    for client in open { client.mayBeSentAway = "overloaded" }
    service.loop.advanceTime(by: .seconds(Int64(limits.idleSecondsMax) + 2))
    for client in open {
      while !client.socket.sent.isEmpty { try client.read(10_000 * scale, service) }
    }
    service.loop.advanceTime(by: .seconds(2))
    for client in open {
      try require(client.socket.isClosed, "an idle connection is open")
      // Who goes while the word is sent does not read it.
      if client.hasGone { continue }
      try require(client.goodbye != nil || client.isInputEnded, "an idle connection is closed without a word")
    }
  }

  private func checkNothingIsKept() throws(SimulationFailure) {
    let weak = service.clients.map { client in { [weak handler = client.handler] in handler } }
    service.clients = []
    service.loop.run()
    while service.pool.hasWork { service.work() }
    while let log = service.log, log.hasWork { log.keep() }
    service.loop.run()
    try require(weak.allSatisfy { $0() == nil }, "a connection that has gone is kept")
    for _ in 0..<limits.connectionsMax { try require(service.shared.admit(), "a connection that has gone counts") }
    try require(!service.shared.admit(), "more connections than the limit are let in")
  }
}
