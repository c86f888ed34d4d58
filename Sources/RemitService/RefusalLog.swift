internal import Logging
private import Synchronization

/// Says of refused connections that there are some, and how many: at once, and then at most once in a while, so that who knocks often
/// does not fill the log.
final class RefusalLog: Sendable {
  private struct State {
    var total = 0
    var unsaid = 0
    var lastSaid: ContinuousClock.Instant?
  }

  private let log: Logger
  private let connectionsMax: Int
  private let state = Mutex(State())
  private static let pause = Duration.seconds(10)

  init(_ log: Logger, connectionsMax: Int) {
    self.log = log
    self.connectionsMax = connectionsMax
  }

  /// Since the start.
  var total: Int { state.withLock { $0.total } }

  func refused(at now: ContinuousClock.Instant = .now) {
    let count: Int? = state.withLock { state in
      state.total += 1
      state.unsaid += 1
      if let last = state.lastSaid, now - last < Self.pause { return nil }
      defer { state.unsaid = 0 }
      state.lastSaid = now
      return state.unsaid
    }
    guard let count else { return }
    log.warning(
      "refused \(count) connection\(count == 1 ? "" : "s"): there are \(connectionsMax) already (see --connections)",
      metadata: ["refused": .stringConvertible(count), "connections_max": .stringConvertible(connectionsMax)])
  }
}
