private import Synchronization

/// Numbers that one thread counts up and any thread may read: an addition costs a load and a store, without a lock.
@safe final class CounterRow: @unchecked Sendable {
  // SAFETY: the cells belong to the row from `init` to `deinit`, and are atomic. Only the thread that has the row adds, so that a load
  // and a store lose nothing; whoever reads may miss the latest additions and sees all of them later.
  private let cells: UnsafeMutablePointer<Atomic<Int>>
  let count: Int

  init(count: Int) {
    self.count = count
    unsafe cells = .allocate(capacity: count)
    for index in 0..<count { unsafe (cells + index).initialize(to: Atomic(0)) }
  }

  deinit {
    unsafe cells.deinitialize(count: count)
    unsafe cells.deallocate()
  }

  func add(_ amount: Int = 1, to index: Int) {
    precondition(index >= 0 && index < count, "a row has no such counter")
    let cell = unsafe cells + index
    unsafe cell.pointee.store(cell.pointee.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
  }

  /// What all of them are now.
  var values: [Int] {
    (0..<count).map { unsafe cells[$0].load(ordering: .relaxed) }
  }
}
