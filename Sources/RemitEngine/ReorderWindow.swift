private import RemitWire

/// Writes chunks in the order of the input, in whatever order they are decided.
///
/// There are so many chunks and no more: a worker without a free one waits until the oldest is written. As a chunk is
/// taken before it is filled, the oldest always has a worker, and so no one waits for ever.
final class ReorderWindow: @unchecked Sendable {
  // SAFETY: the mutable state below is used under `monitor` alone; `sink` and `onWritten` only by the thread that has
  // set `isWriting`, of which there is one.
  private let monitor = Monitor()
  private let sink: any ByteSink
  private let onWritten: (Int) -> Void
  private var free: [Chunk]
  private var decided: [Chunk?]
  private var nextSequence = 0
  private var isWriting = false
  private var rowsWritten = 0
  private var failure: StreamError?
  private var inputFailure: StreamError?

  /// - Parameters:
  ///   - onWritten: Called after each chunk with the number of rows so far, on whatever thread wrote it.
  init(chunks: Int, chunkBytes: Int, sink: any ByteSink, onWritten: @escaping (Int) -> Void) {
    self.sink = sink
    self.onWritten = onWritten
    free = (0..<chunks).map { _ in Chunk(capacity: chunkBytes) }
    decided = Array(repeating: nil, count: chunks)
  }

  /// A chunk to fill; nil where the work has failed and is to end.
  func takeFree() -> Chunk? {
    monitor.lock()
    defer { monitor.unlock() }
    while free.isEmpty && failure == nil { monitor.wait() }
    return failure == nil ? free.popLast() : nil
  }

  /// Hands back a chunk that was not needed.
  func putBack(_ chunk: Chunk) {
    monitor.lock()
    free.append(chunk)
    monitor.wakeAll()
    monitor.unlock()
  }

  /// Takes a decided chunk, and writes it and those after it as far as they are decided.
  func commit(_ chunk: Chunk) {
    monitor.lock()
    defer { monitor.unlock() }
    decided[chunk.sequence % decided.count] = chunk
    guard !isWriting else { return }
    isWriting = true
    while let next = decided[nextSequence % decided.count], failure == nil {
      decided[nextSequence % decided.count] = nil
      write(next)
      nextSequence += 1
      free.append(next)
      monitor.wakeAll()
    }
    isWriting = false
    monitor.wakeAll()
  }

  /// Writes what a chunk has of results so far and empties it, once all before it is written; false where the work has
  /// failed.
  func writeEarly(_ chunk: Chunk) -> Bool {
    monitor.lock()
    defer { monitor.unlock() }
    while failure == nil && (isWriting || nextSequence != chunk.sequence) { monitor.wait() }
    guard failure == nil else { return false }
    isWriting = true
    write(chunk)
    chunk.output.removeAll()
    chunk.rows = 0
    isWriting = false
    monitor.wakeAll()
    return failure == nil
  }

  /// Ends the work: the first failure counts.
  func fail(_ error: StreamError) {
    monitor.lock()
    if failure == nil { failure = error }
    monitor.wakeAll()
    monitor.unlock()
  }

  /// Notes why the input ended early; what was read before it is still decided and written.
  func endInput(_ error: StreamError) {
    monitor.lock()
    if inputFailure == nil { inputFailure = error }
    monitor.unlock()
  }

  /// Why the work ended early.
  var firstFailure: StreamError? {
    monitor.lock()
    defer { monitor.unlock() }
    return failure ?? inputFailure
  }

  /// Called, and returns, with the lock; lets go of it while the system writes.
  private func write(_ chunk: Chunk) {
    rowsWritten += chunk.rows
    let rows = rowsWritten
    monitor.unlock()
    var error: StreamError?
    if chunk.output.hasFailed {
      error = StreamError("no memory for the results")
    } else {
      do throws(StreamError) {
        if chunk.output.count > 0 {
          try unsafe chunk.output.withBytes { (bytes) throws(StreamError) in try unsafe sink.write(bytes) }
        }
      } catch let failed {
        error = failed
      }
    }
    onWritten(rows)
    monitor.lock()
    if failure == nil { failure = error }
  }
}
