import RemitEngine
import RemitTestKit
import Synchronization

/// A log that keeps decisions when a step says so, and knows which answers may be sent.
final class SimulatedLog: DecisionSink {
  private struct State {
    var isKept: [String: Bool] = [:]
    var underWay: [(ids: [String], whenKept: @Sendable () -> Void)] = []
    var random: SeededGenerator
  }

  private let state: Mutex<State>

  init(seed: UInt64) {
    state = Mutex(State(random: SeededGenerator(seed: seed)))
  }

  func makeRecorder() -> any DecisionRecorder { Recorder(self) }

  /// What was handed over first is kept now.
  func keep() {
    let whenKept = state.withLock { state -> (@Sendable () -> Void)? in
      guard !state.underWay.isEmpty else { return nil }
      let first = state.underWay.removeFirst()
      for id in first.ids { state.isKept[id] = true }
      return first.whenKept
    }
    whenKept?()
  }

  var hasWork: Bool { state.withLock { !$0.underWay.isEmpty } }

  /// False where the decision with that id is not kept.
  func maySend(_ id: String) -> Bool { state.withLock { $0.isKept[id] ?? true } }

  private final class Recorder: DecisionRecorder {
    private let log: SimulatedLog
    private var ids: [String] = []

    init(_ log: SimulatedLog) {
      self.log = log
    }

    var hasUncommitted: Bool { !ids.isEmpty }

    func record(_ decision: DecidedRequest) -> EngineError? {
      let id = unsafe String(decoding: decision.id, as: UTF8.self)
      ids.append(id)
      log.state.withLock { $0.isKept[id] = false }
      return nil
    }

    func commit(whenKept: @escaping @Sendable () -> Void) -> Bool {
      let taken = ids
      ids = []
      return log.state.withLock { state in
        if taken.isEmpty || Bool.random(using: &state.random) {
          for id in taken { state.isKept[id] = true }
          return true
        }
        state.underWay.append((taken, whenKept))
        return false
      }
    }
  }
}
