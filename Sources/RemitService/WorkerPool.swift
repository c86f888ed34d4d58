private import Glibc
internal import RemitEngine
private import RemitModel

/// Threads that answer what may take long, each with its own evaluator, in the order in which it comes.
///
/// Long work does not keep others waiting: where nothing was taken up for a while although something waits, a further thread takes it
/// up, and ends when nothing waits.
final class WorkerPool: @unchecked Sendable {
  // SAFETY: everything below is used under `monitor`; the supervisor's thread alone waits for `alarm`.
  private let setting: RequestEvaluator.Setting
  let memory: ReplyMemory
  private let monitor = Monitor()
  /// Nil where it has been taken: the place is not kept by a job that is done.
  private var waiting: [WorkerJob?] = []
  private var first = 0
  /// How many were taken up so far.
  private var taken = 0
  /// Threads that wait for a job.
  private var idleThreads = 0
  private var isEnding = false
  private var threads: [WorkerThread] = []
  /// Further threads, and those of them that have come to their end.
  private var helpers: [Int: WorkerThread] = [:]
  private var endedHelpers: [Int] = []
  private var helperNumber = 0
  private let alarm = Monitor()
  private var isAlarmed = false

  /// After that a job that waits gets a further thread.
  private static let patienceMicroseconds: UInt32 = 20_000
  static let helpersMax = 16

  /// - Parameter count: 0 for a pool whose jobs the caller takes.
  init(_ setting: RequestEvaluator.Setting, threads count: Int) {
    self.setting = setting
    memory = ReplyMemory(bytesMax: setting.limits.unreadBytesMax)
    for _ in 0..<count {
      guard let thread = WorkerThread({ [self] in work() }) else { break }
      threads.append(thread)
    }
    guard !threads.isEmpty, let supervisor = WorkerThread({ [self] in supervise() }) else { return }
    threads.append(supervisor)
  }

  /// False where the system had no thread to give.
  var hasThreads: Bool { threads.count > 1 }

  /// Whether a job waits for a thread.
  var hasWork: Bool { waitingCount > 0 }

  /// How many jobs wait for one.
  var waitingCount: Int {
    monitor.lock()
    defer { monitor.unlock() }
    return waiting.count - first
  }

  func submit(_ job: WorkerJob) {
    monitor.lock()
    waiting.append(job)
    let areAllBusy = idleThreads == 0
    monitor.wakeAll()
    monitor.unlock()
    if areAllBusy { raiseAlarm() }
  }

  /// Does what was submitted, and ends the threads.
  func end() {
    monitor.lock()
    isEnding = true
    monitor.wakeAll()
    monitor.unlock()
    raiseAlarm()
    for thread in threads { thread.join() }
    threads = []
    // The supervisor, who makes them, has ended.
    for helper in helpers.values { helper.join() }
    helpers = [:]
  }

  // MARK: Threads

  private func work() {
    let evaluator = RequestEvaluator(setting)
    while let job = take() { answer(job, evaluator) }
  }

  /// A further thread. What it has counted is not lost with its evaluator.
  private func help(_ number: Int) {
    let evaluator = RequestEvaluator(setting)
    while let job = take(waits: false) { answer(job, evaluator) }
    monitor.lock()
    endedHelpers.append(number)
    monitor.unlock()
  }

  func answer(_ job: WorkerJob, _ evaluator: RequestEvaluator) {
    job.answer(with: evaluator, memory)
    // The next job need not wait until what this one has decided is kept.
    if evaluator.commit(whenKept: job.whenDone) { job.whenDone() }
  }

  /// The next job; nil once the pool ends and all are done, or where none is there and it is not to be waited for.
  func take(waits: Bool = true) -> WorkerJob? {
    monitor.lock()
    defer { monitor.unlock() }
    while first == waiting.count {
      if isEnding || !waits { return nil }
      idleThreads += 1
      monitor.wait()
      idleThreads -= 1
    }
    let job = waiting[first]
    waiting[first] = nil
    first += 1
    taken += 1
    if first == waiting.count {
      waiting.removeAll(keepingCapacity: first < 1024)
      first = 0
    } else if first >= 1024 {
      waiting.removeFirst(first)
      first = 0
    }
    return job
  }

  // MARK: Further threads

  private func raiseAlarm() {
    alarm.lock()
    defer { alarm.unlock() }
    guard !isAlarmed else { return }
    isAlarmed = true
    alarm.wakeAll()
  }

  /// Looks after jobs that wait while all threads are busy.
  private func supervise() {
    while true {
      alarm.lock()
      while !isAlarmed { alarm.wait() }
      isAlarmed = false
      alarm.unlock()
      var seen: Int?
      while let taken = takenWhileOthersWait {
        if taken == seen { addHelper() }
        seen = taken
        usleep(Self.patienceMicroseconds)
      }
      monitor.lock()
      let hasEnded = isEnding
      monitor.unlock()
      if hasEnded { return }
    }
  }

  /// How many jobs were taken up so far; nil where none waits.
  private var takenWhileOthersWait: Int? {
    monitor.lock()
    defer { monitor.unlock() }
    return first < waiting.count ? taken : nil
  }

  private func addHelper() {
    monitor.lock()
    defer { monitor.unlock() }
    for number in endedHelpers { helpers.removeValue(forKey: number)?.join() }
    endedHelpers = []
    guard helpers.count < Self.helpersMax else { return }
    helperNumber += 1
    let number = helperNumber
    helpers[number] = WorkerThread { [self] in help(number) }
  }
}
