internal import Logging
internal import NIOCore

/// The end of a service: what was received is answered, within a stated time.
struct ServiceDrain: Sendable {
  let seats: [NIOLoopBound<LoopSeat>]
  /// Nil where there is none.
  let http: HTTPFront?
  let shared: SharedService
  let stdio: StdioConnection?
  let log: Logger

  /// How long clients then have to be told of what was given up.
  private static let graceMilliseconds = 1000

  private enum Step: Sendable {
    case isDrained, isLate, isOver
  }

  /// Waits until all connections have their answers. After that many seconds what workers do is given up, and a second later all is cut.
  func run(secondsMax seconds: Int, stdioEnds: AsyncStream<Void>) async {
    let atStart = shared.connectionCount + (isOnStdio ? 1 : 0)
    log.info(
      "ending: what was received is answered, and clients have \(seconds) s to fetch it",
      metadata: ["connections": .stringConvertible(atStart), "drain_s": .stringConvertible(seconds)])
    let start = ContinuousClock.now
    var givenUp = 0
    var cut = LoopSeat.Cut()
    await withTaskGroup(of: Step.self) { steps in
      steps.addTask {
        await drain(stdioEnds)
        return .isDrained
      }
      steps.addTask { await Self.step(.isLate, after: .seconds(seconds)) }
      steps.addTask { await Self.step(.isOver, after: .seconds(seconds) + .milliseconds(Self.graceMilliseconds)) }
      loop: for await step in steps {
        switch step {
        case .isDrained: break loop
        case .isLate: givenUp = await giveUp()
        case .isOver:
          cut = await abort()
          break loop
        }
      }
      steps.cancelAll()
    }
    let milliseconds = Int((ContinuousClock.now - start) / .milliseconds(1))
    say(atStart, givenUp, cut, milliseconds, seconds)
  }

  private var isOnStdio: Bool { stdio.map { !$0.hasEnded } ?? false }

  private static func step(_ step: Step, after time: Duration) async -> Step {
    try? await Task.sleep(for: time)
    return step
  }

  private func drain(_ stdioEnds: AsyncStream<Void>) async {
    await withTaskGroup(of: Void.self) { drains in
      for seat in seats {
        drains.addTask { try? await seat.eventLoop.flatSubmit { seat.value.drain() }.get() }
      }
      if let http { drains.addTask { await http.drain() } }
      if stdio != nil { drains.addTask { for await _ in stdioEnds {} } }
    }
  }

  private func giveUp() async -> Int {
    var count = 0
    for seat in seats { count += (try? await seat.eventLoop.submit { seat.value.giveUp() }.get()) ?? 0 }
    return count
  }

  private func abort() async -> LoopSeat.Cut {
    var cut = LoopSeat.Cut()
    if isOnStdio { cut.unread += 1 }
    for seat in seats {
      if let more = try? await seat.eventLoop.submit({ seat.value.abort() }).get() { cut += more }
    }
    if let more = await http?.abort() { cut += more }
    return cut
  }

  // MARK: What is said

  private func say(_ atStart: Int, _ givenUp: Int, _ cut: LoopSeat.Cut, _ milliseconds: Int, _ seconds: Int) {
    let metadata: Logger.Metadata = [
      "connections": .stringConvertible(atStart), "cut": .stringConvertible(cut.total),
      "given_up": .stringConvertible(givenUp), "refused": .stringConvertible(shared.refusals.total),
      "drain_ms": .stringConvertible(milliseconds),
    ]
    if givenUp > 0 {
      log.warning(
        "gave up \(Self.count(givenUp, "request")) that took longer than \(seconds) s: answered with an error",
        metadata: metadata)
    }
    let reasons = [
      (cut.unsent, "clients have not sent the rest of their requests"),
      (cut.unread, "clients have not read their answers"),
      (cut.unkept, "the decision log has not kept their decisions"),
    ]
    for (count, why) in reasons where count > 0 {
      log.warning("cut \(Self.count(count, "connection")): \(why) within \(seconds) s", metadata: metadata)
    }
    if cut.total == 0 {
      log.info("drained \(Self.count(atStart, "connection")) in \(milliseconds) ms", metadata: metadata)
    }
  }

  private static func count(_ count: Int, _ noun: String) -> String {
    count == 1 ? "1 \(noun)" : "\(count) \(noun)s"
  }
}
