private import RemitEngine
internal import RemitLog

/// Lets one worker at a time take the next lines of a log. Rows that were decided together come in one block.
final class ReplayFeed: @unchecked Sendable {
  // SAFETY: everything below is used under `monitor` alone.
  private let monitor = Monitor()
  private let reader: LogReader
  private var nextSequence = 0
  private var hasEnded = false

  init(_ reader: LogReader) {
    self.reader = reader
  }

  /// Fills the block and numbers it; false at the end of the log.
  ///
  /// Where the log is broken the lines in front of that are handed out first.
  func fill(_ block: ReplayBlock) throws(ReplayFailure) -> Bool {
    monitor.lock()
    defer { monitor.unlock() }
    if let failure { throw .log(failure) }
    do throws(LogError) {
      while !hasEnded, !block.isFull {
        guard let line = unsafe try reader.next() else {
          hasEnded = true
          break
        }
        unsafe block.append(line)
      }
    } catch {
      failure = error
      guard block.count > 0 else { throw .log(error) }
    }
    guard block.count > 0 else { return false }
    block.seal()
    block.sequence = nextSequence
    nextSequence += 1
    return true
  }
  private var failure: LogError?
}
