internal import RemitEngine
private import RemitModel
private import Synchronization

/// Whether decisions are taken at the moment, and how many were not. Any thread may ask.
final class RefusalGate: Sendable {
  /// Why no decision is taken.
  enum Refusal: UInt8 { case none, full, behind }

  private let now = Atomic<UInt8>(Refusal.none.rawValue)
  /// Whether the last decision that needed room found none.
  private let isOutOfRoom = Atomic<Bool>(false)
  private let refused = Atomic<Int>(0)
  private let roomFailures = Atomic<Int>(0)

  func set(_ refusal: Refusal) { now.store(refusal.rawValue, ordering: .relaxed) }

  /// What is answered in place of a decision now; nil where it is taken.
  func refusal() -> EngineError? {
    guard let now = Refusal(rawValue: now.load(ordering: .relaxed)), now != .none else { return nil }
    refused.add(1, ordering: .relaxed)
    let why =
      now == .full
      ? "the decision log cannot be written: the decision was not taken"
      : "the decision log is behind: the decision was not taken, try again later"
    return EngineError(code: .overloaded, message: why)
  }

  /// Refuses a decision for which there is no room.
  ///
  /// - Returns: What is answered, and whether it is the first one for which there is none.
  func refuseForRoom() -> (error: EngineError, isFirst: Bool) {
    refused.add(1, ordering: .relaxed)
    roomFailures.add(1, ordering: .relaxed)
    let error = EngineError(
      code: .overloaded, message: "there is no room for the decision log: the decision was not taken")
    return (error, !isOutOfRoom.exchange(true, ordering: .relaxed))
  }

  /// There is as much room as a thread asks for.
  ///
  /// - Returns: Whether there was none before.
  func noteRoom() -> Bool {
    isOutOfRoom.load(ordering: .relaxed) && isOutOfRoom.exchange(false, ordering: .relaxed)
  }

  var hasNoRoom: Bool { isOutOfRoom.load(ordering: .relaxed) }

  /// Completes what is told of the log.
  func complete(_ statistics: inout LogStatistics) {
    statistics.refused = refused.load(ordering: .relaxed)
    statistics.failures += roomFailures.load(ordering: .relaxed)
    if hasNoRoom || now.load(ordering: .relaxed) != Refusal.none.rawValue { statistics.state = .refusing }
  }
}
