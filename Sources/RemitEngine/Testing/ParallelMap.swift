private import Synchronization

/// Does the same to each item, on several threads; the results stand in the order of the items.
///
/// The calling thread takes part, so that without a second thread the work is still done.
func parallelMap<Item: Sendable, Result: Sendable>(
  _ items: [Item], jobs: Int, _ body: @escaping @Sendable (Item) -> Result
) -> [Result] {
  let work = SharedWork<Result>(count: items.count)
  let run: @Sendable () -> Void = {
    while let index = work.take() { work.finish(index, body(items[index])) }
  }
  let threads = (1..<max(1, min(jobs, items.count))).compactMap { _ in WorkerThread(run) }
  run()
  for thread in threads { thread.join() }
  return work.results
}

private final class SharedWork<Result: Sendable>: Sendable {
  private struct State {
    var next = 0
    var results: [Result?]
  }
  private let state: Mutex<State>
  private let count: Int

  init(count: Int) {
    self.count = count
    state = Mutex(State(results: Array(repeating: nil, count: count)))
  }

  func take() -> Int? {
    state.withLock { state in
      guard state.next < count else { return nil }
      defer { state.next += 1 }
      return state.next
    }
  }

  func finish(_ index: Int, _ result: Result) {
    state.withLock { $0.results[index] = result }
  }

  var results: [Result] {
    state.withLock { state in
      state.results.map { result in
        guard let result else { preconditionFailure("every item is done once the threads have ended") }
        return result
      }
    }
  }
}
