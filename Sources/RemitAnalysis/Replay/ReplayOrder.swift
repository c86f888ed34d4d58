internal import RemitEngine
private import RemitLog

/// Tells the differences of blocks in the order of the log, in whatever order they are decided.
///
/// There are so many blocks and no more. As one is taken before it is filled, the oldest always has a worker, and so no one waits for ever.
final class ReplayOrder: @unchecked Sendable {
  // SAFETY: everything below is used under `monitor` alone.
  private let monitor = Monitor()
  private var free: [ReplayBlock]
  private var decided: [ReplayBlock?]
  private var nextSequence = 0
  private var lines = 0
  private var told: [ReplayDifference.Kind: Int] = [:]
  private var toldTotal = 0
  private var firstFailure: ReplayFailure?
  private let toldMax: Int?
  /// So many kinds are told of: names of policies that are not there may be any number.
  private static let kindsMax = 10_000
  private let onDifference: (ReplayDifference) -> Void
  private let onProgress: (Int) -> Void

  init(
    blocks: Int, toldMax: Int?, _ onDifference: @escaping (ReplayDifference) -> Void,
    _ onProgress: @escaping (Int) -> Void
  ) {
    free = (0..<blocks).map { _ in ReplayBlock() }
    decided = Array(repeating: nil, count: blocks)
    self.toldMax = toldMax
    self.onDifference = onDifference
    self.onProgress = onProgress
  }

  /// A block to fill; nil where the work has failed and is to end.
  func takeFree() -> ReplayBlock? {
    monitor.lock()
    defer { monitor.unlock() }
    while free.isEmpty && firstFailure == nil { monitor.wait() }
    return firstFailure == nil ? free.popLast() : nil
  }

  /// Hands back a block that was not needed.
  func putBack(_ block: ReplayBlock) {
    monitor.lock()
    free.append(block)
    monitor.wakeAll()
    monitor.unlock()
  }

  /// Takes a decided block, and tells of it and of those after it as far as they are decided.
  func commit(_ block: ReplayBlock) {
    monitor.lock()
    defer { monitor.unlock() }
    decided[block.sequence % decided.count] = block
    while let next = decided[nextSequence % decided.count], firstFailure == nil {
      decided[nextSequence % decided.count] = nil
      nextSequence += 1
      for difference in next.differences { tell(difference) }
      lines += next.count
      onProgress(lines)
      next.clear()
      free.append(next)
    }
    monitor.wakeAll()
  }

  private func tell(_ difference: ReplayDifference) {
    if let toldMax {
      let kind = difference.kind
      let count = told[kind] ?? 0
      guard count < toldMax, count > 0 || told.count < Self.kindsMax else { return }
      told[kind] = count + 1
    }
    toldTotal += 1
    onDifference(difference)
  }

  /// Ends the work: the first failure counts.
  func fail(_ error: ReplayFailure) {
    monitor.lock()
    if firstFailure == nil { firstFailure = error }
    monitor.wakeAll()
    monitor.unlock()
  }

  var failure: ReplayFailure? {
    monitor.lock()
    defer { monitor.unlock() }
    return firstFailure
  }

  var toldCount: Int {
    monitor.lock()
    defer { monitor.unlock() }
    return toldTotal
  }
}
