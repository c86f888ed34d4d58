package import RemitModel

/// Decides a stream of rows with one or many workers; the bytes that come out are the same.
///
/// With one worker everything runs on the calling thread. More of them start once the input turns out to be longer than
/// a chunk, so that a short input pays for one.
package struct BatchRunner {
  package var jobs: Int
  package var limits: Limits
  /// How much input a worker takes at a time.
  package var chunkBytes = 256 << 10
  /// Chunks for each worker: what one waits for the others is decided in the meantime.
  package var chunksPerJob = 4
  /// Called with the number of rows that are written, on any of the threads, one at a time.
  package var onWritten: @Sendable (Int) -> Void = { _ in }

  package init(jobs: Int, limits: Limits = Limits()) {
    precondition(jobs >= 1, "a batch needs a worker")
    self.jobs = jobs
    self.limits = limits
  }

  /// How a run ended: what was done, and what stopped it.
  package struct Report {
    package var tally: BatchTally
    /// Why not all was read and written.
    package var failure: StreamError?
  }

  /// Decides lines of JSON.
  ///
  /// - Parameters:
  ///   - first: The decider of the calling thread.
  ///   - outcomes: How many outcomes the policy declares.
  ///   - makeDecider: Makes the decider of another worker, on that worker's thread.
  package func runLines<Decider: LineDecider & SendableMetatype>(
    from source: any ByteSource, to sink: any ByteSink, outcomes: Int, first: Decider,
    makeDecider: @escaping @Sendable () throws -> Decider
  ) -> Report {
    let splitter = LineSplitter(
      source, rows: .lines, lineBytesMax: limits.lineBytesMax, chunkBytes: chunkBytes)
    let lineBytesMax = limits.lineBytesMax
    return run(
      InputGate(splitter), to: sink, outcomes: outcomes, first: NDJSONWorker(decider: first, lineBytesMax: lineBytesMax)
    ) {
      NDJSONWorker(decider: try makeDecider(), lineBytesMax: lineBytesMax)
    }
  }

  /// The threads' work, whatever the format.
  func run<Worker: ChunkWorker & SendableMetatype>(
    _ input: InputGate, to sink: any ByteSink, outcomes: Int, first: Worker,
    makeWorker: @escaping @Sendable () throws -> Worker
  ) -> Report {
    let count = jobs == 1 ? 1 : jobs * chunksPerJob
    let onWritten = onWritten
    let window = ReorderWindow(chunks: count, chunkBytes: chunkBytes, sink: sink) { onWritten($0) }
    let total = SharedTally(outcomes: outcomes)
    var threads: [WorkerThread] = []
    let others = jobs - 1
    Self.work(input, window, first, total, outcomes: outcomes) {
      guard others > 0, threads.isEmpty, !input.hasEnded else { return }
      for _ in 0..<others {
        let thread = WorkerThread {
          do {
            Self.work(input, window, try makeWorker(), total, outcomes: outcomes) {}
          } catch {
            window.fail(StreamError("cannot start a worker: \(error)"))
          }
        }
        // Fewer threads do the same work, more slowly.
        guard let thread else { break }
        threads.append(thread)
      }
    }
    for thread in threads { thread.join() }
    return Report(tally: total.value, failure: window.firstFailure)
  }

  /// One worker: takes chunks until there are no more.
  private static func work(
    _ input: InputGate, _ window: ReorderWindow, _ worker: some ChunkWorker, _ total: SharedTally, outcomes: Int,
    afterFill: () -> Void
  ) {
    var worker = worker
    var tally = BatchTally(outcomes: outcomes)
    while let chunk = window.takeFree() {
      do throws(StreamError) {
        guard try input.fill(chunk) else {
          window.putBack(chunk)
          break
        }
      } catch {
        window.putBack(chunk)
        window.endInput(error)
        break
      }
      afterFill()
      worker.decide(chunk, tally: &tally) { window.writeEarly($0) }
      window.commit(chunk)
    }
    total.add(tally)
  }
}

/// The sum of what the workers have done.
final class SharedTally: @unchecked Sendable {
  // SAFETY: `sum` is used under `monitor` alone.
  private let monitor = Monitor()
  private var sum: BatchTally

  init(outcomes: Int) {
    sum = BatchTally(outcomes: outcomes)
  }

  func add(_ tally: BatchTally) {
    monitor.lock()
    sum.add(tally)
    monitor.unlock()
  }

  var value: BatchTally {
    monitor.lock()
    defer { monitor.unlock() }
    return sum
  }
}
