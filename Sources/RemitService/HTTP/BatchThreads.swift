internal import RemitEngine

/// Threads for streams of lines, apart from those of other long work: a client may take its time, and nobody else is to wait for it.
final class BatchThreads: @unchecked Sendable {
  // SAFETY: everything below is used under `monitor`.
  private let monitor = Monitor()
  private let threadsMax: Int
  private var threads: [WorkerThread] = []
  private var works: [@Sendable () -> () -> Void] = []
  private var busy = 0
  private var isEnding = false

  init(threadsMax: Int) {
    self.threadsMax = threadsMax
  }

  /// How many are at work.
  var busyCount: Int {
    monitor.lock()
    defer { monitor.unlock() }
    return busy
  }

  /// - Parameter work: Returns what tells others of its end. That is called once the work counts as done, so that who has been told can
  ///   begin another.
  /// - Returns: False where there are as many at work as there may be, or the system has no thread to give.
  func run(_ work: @escaping @Sendable () -> () -> Void) -> Bool {
    monitor.lock()
    defer { monitor.unlock() }
    guard busy < threadsMax, !isEnding else { return false }
    if busy == threads.count {
      guard let thread = WorkerThread({ [self] in serve() }) else { return false }
      threads.append(thread)
    }
    busy += 1
    works.append(work)
    monitor.wakeAll()
    return true
  }

  /// Waits for what was begun, and ends the threads.
  func end() {
    monitor.lock()
    isEnding = true
    monitor.wakeAll()
    let threads = threads
    monitor.unlock()
    for thread in threads { thread.join() }
  }

  private func serve() {
    monitor.lock()
    defer { monitor.unlock() }
    while true {
      while works.isEmpty {
        if isEnding { return }
        monitor.wait()
      }
      let work = works.removeFirst()
      monitor.unlock()
      let tell = work()
      monitor.lock()
      busy -= 1
      monitor.unlock()
      tell()
      monitor.lock()
    }
  }
}
