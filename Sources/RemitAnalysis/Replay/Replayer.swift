internal import RemitEngine
package import RemitLog
private import Synchronization

/// Decides every line of a log once more, on several threads, and tells what comes to something else.
///
/// Memory depends neither on the length of the log nor on how many lines differ, but for the largest batch of rows that were decided
/// together.
package struct Replayer: Sendable {
  package var jobs: Int
  /// How many differences of a kind (policy, from what to what) are told; nil for all.
  package var toldMax: Int?
  /// They open what was masked under them; what no key opens stays masked.
  package var keys: [LogKey] = []
  /// Called with each difference that is told, in the order of the log; on any of the threads, one at a time.
  package var onDifference: @Sendable (ReplayDifference) -> Void = { _ in }
  /// Called with the number of lines that are done, in the same way.
  package var onProgress: @Sendable (Int) -> Void = { _ in }

  private let policies: ReplayPolicies

  package init(_ policies: ReplayPolicies, jobs: Int) {
    precondition(jobs >= 1, "a replay needs a worker")
    self.policies = policies
    self.jobs = jobs
  }

  /// What was done, and what stopped it.
  package struct Report: Sendable {
    /// By policy as JSON, sorted.
    package var policies: [(name: [UInt8], tally: ReplayTally)] = []
    package var total = ReplayTally()
    package var told = 0
    /// Where a line was left out that is not whole.
    package var tornPlace: LogLine.Place?
    package var failure: ReplayFailure?
  }

  package func run(_ reader: LogReader) -> Report {
    let feed = ReplayFeed(reader)
    let order = ReplayOrder(
      blocks: jobs == 1 ? 1 : jobs * Self.blocksPerJob, toldMax: toldMax, onDifference, onProgress)
    let sums = Mutex<[[UInt8]: ReplayTally]>([:])
    let keptMax = toldMax ?? Int.max
    let work: @Sendable () -> Void = {
      let worker = ReplayWorker(policies, keys: keys, keptMax: keptMax)
      while let block = order.takeFree() {
        do throws(ReplayFailure) {
          guard try feed.fill(block) else {
            order.putBack(block)
            break
          }
          try worker.decide(block)
          order.commit(block)
        } catch {
          order.fail(error)
        }
      }
      let found = worker.tallies()
      sums.withLock { sums in
        for (name, tally) in found { sums[name, default: ReplayTally()].add(tally) }
      }
    }
    // Fewer threads do the same work, more slowly.
    let threads = (1..<jobs).compactMap { _ in WorkerThread(work) }
    work()
    for thread in threads { thread.join() }
    var report = Report()
    report.policies = sums.withLock { sums in
      sums.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { (name: $0.key, tally: $0.value) }
    }
    for (_, tally) in report.policies { report.total.add(tally) }
    report.told = order.toldCount
    report.failure = order.failure
    report.tornPlace = reader.tornPlace
    return report
  }

  private static let blocksPerJob = 4
}
