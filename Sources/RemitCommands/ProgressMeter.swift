internal import RemitEngine
private import Synchronization

/// Shows on standard error how far a piece of work is, once it takes longer than one waits without asking.
final class ProgressMeter: Sendable {
  private let start = SystemClock.seconds()

  private struct Line {
    var isThere = false
    /// When it was written last, in seconds since the start.
    var writtenAt = firstAfterSeconds - everySeconds
  }
  private let line = Mutex(Line())

  private static let firstAfterSeconds = 1.0
  private static let everySeconds = 0.25

  /// Since the meter was made.
  var seconds: Double { SystemClock.seconds() - start }

  func show(rows: Int) {
    show { seconds in "\(rows) rows, \(Int(Double(rows) / seconds)) rows/s" }
  }

  /// - Parameter words: Asked where they are shown, with the seconds since the start.
  func show(_ words: (Double) -> String) {
    let elapsed = seconds
    line.withLock { line in
      guard elapsed - line.writtenAt >= Self.everySeconds else { return }
      line = Line(isThere: true, writtenAt: elapsed)
      Terminal.progress("remit: \(words(elapsed))")
    }
  }

  /// Takes away what was shown.
  func clear() {
    line.withLock { line in
      if line.isThere { Terminal.progress("") }
      line.isThere = false
    }
  }
}

/// Standard output of a batch: where it goes to the terminal that shows the progress, results do not stand behind that.
final class MeteredSink: ByteSink {
  private let sink: any ByteSink
  /// What to clear before results are shown; nil where they are not.
  private let meter: ProgressMeter?

  init(_ sink: any ByteSink, _ meter: ProgressMeter) {
    self.sink = sink
    self.meter = Terminal.outputIsTerminal ? meter : nil
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    meter?.clear()
    try unsafe sink.write(bytes)
  }
}
