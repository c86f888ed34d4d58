/// Lets one worker at a time take the next chunk of the input.
final class InputGate: @unchecked Sendable {
  // SAFETY: everything below is used under `monitor` alone.
  private let monitor = Monitor()
  private var splitter: LineSplitter
  private var nextSequence = 0

  init(_ splitter: LineSplitter) {
    self.splitter = splitter
  }

  /// Fills the chunk and numbers it; false at the end of the input.
  func fill(_ chunk: Chunk) throws(StreamError) -> Bool {
    monitor.lock()
    defer { monitor.unlock() }
    guard try splitter.fill(chunk) else { return false }
    chunk.sequence = nextSequence
    nextSequence += 1
    return true
  }

  /// True where the last chunk was the last.
  var hasEnded: Bool {
    monitor.lock()
    defer { monitor.unlock() }
    return splitter.hasEnded
  }
}
