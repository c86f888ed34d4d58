internal import RemitEngine
private import RemitModel

/// Keeps the lines of one thread until it commits.
final class LineRecorder: DecisionRecorder {
  private let log: DecisionLog
  private var maker: LineMaker
  /// Room on the disk that this thread may still fill, and how much the uncommitted lines take of what it had.
  private var granted = 0
  private var promised = 0

  init(_ log: DecisionLog) {
    self.log = log
    maker = LineMaker(log.configuration.key)
  }

  deinit {
    log.reservation?.giveBack(granted + promised)
  }

  var hasUncommitted: Bool { maker.count > 0 }

  func record(_ decision: DecidedRequest) -> EngineError? {
    if let refusal = log.refusal { return refusal }
    guard let length = unsafe maker.append(decision) else {
      return EngineError(code: .overloaded, message: "the decision is too long for the decision log")
    }
    if let reservation = log.reservation {
      if granted < length {
        guard let more = reservation.take(length - granted) else {
          maker.removeLast()
          return log.refuse()
        }
        granted += more
        if more >= DiskReservation.grant { log.noteRoom() }
      }
      granted -= length
      promised += length
    }
    return nil
  }

  func commit(whenKept: @escaping @Sendable () -> Void) -> Bool {
    guard hasUncommitted else { return true }
    let bodies = log.freeBodies()
    maker.move(to: bodies)
    bodies.promised = promised
    bodies.whenKept = whenKept
    promised = 0
    return log.commit(bodies)
  }
}
