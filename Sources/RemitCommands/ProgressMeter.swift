private import Synchronization

/// Shows on standard error how far a batch is, once it takes longer than one waits without asking.
final class ProgressMeter: Sendable {
  private let start = SystemClock.seconds()
  /// When something was shown last; nil before.
  private let shown = Mutex<Double?>(nil)

  private static let firstAfterSeconds = 1.0
  private static let everySeconds = 0.25

  /// Since the meter was made.
  var seconds: Double { SystemClock.seconds() - start }

  func show(rows: Int) {
    let elapsed = seconds
    shown.withLock { shown in
      guard elapsed - (shown ?? Self.firstAfterSeconds - Self.everySeconds) >= Self.everySeconds else { return }
      shown = elapsed
      Terminal.progress("remit: \(rows) rows, \(Int(Double(rows) / elapsed)) rows/s")
    }
  }

  /// Takes away what was shown.
  func clear() {
    shown.withLock { shown in
      if shown != nil { Terminal.progress("") }
      shown = nil
    }
  }
}
