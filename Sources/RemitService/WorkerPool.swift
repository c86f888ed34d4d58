internal import RemitEngine
internal import RemitLua
internal import RemitWire
private import Synchronization

/// A line that is answered by a worker.
final class WorkerJob: @unchecked Sendable {
  // SAFETY: one thread at a time has it: the event loop until it is submitted, a worker until `whenDone` is called, and then the event
  // loop again. The flag alone is for both.
  let line: ByteBlock
  let permission: RequestEvaluator.Permission
  var output = ByteWriter()
  private let flag = Atomic<Bool>(false)
  fileprivate let whenDone: @Sendable () -> Void

  init(
    _ line: UnsafeRawBufferPointer, _ permission: RequestEvaluator.Permission, whenDone: @escaping @Sendable () -> Void
  ) {
    self.line = unsafe ByteBlock(line)
    self.permission = permission
    self.whenDone = whenDone
  }

  /// Nobody waits for the answer any more.
  func cancel() { flag.store(true, ordering: .relaxed) }
  var isCancelled: Bool { flag.load(ordering: .relaxed) }
}

/// Threads that answer what may take long, each with its own evaluator, in the order in which it comes.
final class WorkerPool: @unchecked Sendable {
  // SAFETY: everything below is used under `monitor`.
  private let monitor = Monitor()
  /// Nil where it has been taken: the place is not kept by a job that is done.
  private var waiting: [WorkerJob?] = []
  private var first = 0
  private var isEnding = false
  private var threads: [WorkerThread] = []

  init(_ setting: RequestEvaluator.Setting, threads count: Int) {
    for _ in 0..<count {
      guard let thread = WorkerThread({ [self] in work(RequestEvaluator(setting)) }) else { break }
      threads.append(thread)
    }
  }

  /// False where the system had no thread to give.
  var hasThreads: Bool { !threads.isEmpty }

  /// Whether a job waits for a thread.
  var hasWork: Bool {
    monitor.lock()
    defer { monitor.unlock() }
    return first < waiting.count
  }

  /// How many jobs wait for one.
  var waitingCount: Int {
    monitor.lock()
    defer { monitor.unlock() }
    return waiting.count - first
  }

  func submit(_ job: WorkerJob) {
    monitor.lock()
    defer { monitor.unlock() }
    waiting.append(job)
    monitor.wakeAll()
  }

  /// Does what was submitted, and ends the threads.
  func end() {
    monitor.lock()
    isEnding = true
    monitor.wakeAll()
    monitor.unlock()
    for thread in threads { thread.join() }
    threads = []
  }

  private func work(_ evaluator: RequestEvaluator) {
    while let job = take() { Self.answer(job, evaluator) }
  }

  static func answer(_ job: WorkerJob, _ evaluator: RequestEvaluator) {
    if !job.isCancelled {
      evaluator.forgetTime()
      var permission = job.permission
      permission.longWork = true
      // SAFETY: the block lives as long as the job, and has its padding.
      _ = unsafe evaluator.answer(UnsafeRawBufferPointer(job.line.bytes), permission, into: &job.output) {
        !job.isCancelled
      }
    }
    // The next job need not wait until what this one has decided is kept.
    if evaluator.commit(whenKept: job.whenDone) { job.whenDone() }
  }

  /// The next job; nil once the pool ends and all are done.
  func take() -> WorkerJob? {
    monitor.lock()
    defer { monitor.unlock() }
    while first == waiting.count {
      if isEnding { return nil }
      monitor.wait()
    }
    let job = waiting[first]
    waiting[first] = nil
    first += 1
    if first == waiting.count {
      waiting.removeAll(keepingCapacity: first < 1024)
      first = 0
    } else if first >= 1024 {
      waiting.removeFirst(first)
      first = 0
    }
    return job
  }
}
