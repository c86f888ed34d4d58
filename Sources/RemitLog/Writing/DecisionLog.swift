private import Glibc
package import RemitEngine
private import RemitModel
private import RemitWire
private import Synchronization

/// The decision log of a service.
///
/// Threads hand their decisions over when they commit. As long as the disk takes them, and nobody waits for it (`Sync.never`), the thread that
/// commits writes them itself. Else the log's own thread has the files: it writes all that has come together, and whoever
/// waits is told then.
package final class DecisionLog: DecisionSink, @unchecked Sendable {
  // SAFETY: what is below is used under `monitor`; the files by the log's thread alone while `threadHasFiles`.
  package struct Message: Sendable, Equatable {
    package var isWarning: Bool
    package var text: String
  }

  let configuration: LogConfiguration
  /// Nil where decisions are not refused for want of room.
  let reservation: DiskReservation?
  private let milliseconds: @Sendable () -> Int64
  private let say: @Sendable (Message) -> Void
  private var locks: [FolderLock]
  private let head: HeadFile
  private let writer: SegmentWriter

  private let monitor = Monitor()
  private var chain: LineChain
  /// Lines that are not written yet.
  private var pending = ByteWriter()
  /// Of the room that was promised, what is taken by them.
  private var pendingPromised = 0
  private var callbacks: [@Sendable () -> Void] = []
  private var threadHasFiles: Bool
  /// Bytes that the log's thread is writing.
  private var batchBytes = 0
  /// When it began with them; nil where there are none.
  private var batchStart: Int64?
  private var statisticsSoFar = LogStatistics()
  private var isSpilled = false
  private var isEnding = false
  private var thread: WorkerThread?
  /// Why no decision is taken at the moment; a `Refusal`.
  private let refusalNow = Atomic<UInt8>(Refusal.none.rawValue)
  /// Whether the last decision that needed room found none.
  private let isOutOfRoom = Atomic<Bool>(false)
  private let refused = Atomic<Int>(0)

  private enum Refusal: UInt8 { case none, full, behind }
  /// A buffer that has grown larger is given back.
  private static let keptCapacityBytes = 4 << 20

  /// Opens the log, or begins one, and repairs what a crash has left. `close` ends it.
  ///
  /// - Parameters:
  ///   - milliseconds: The time, since 1970 in UTC.
  ///   - say: Gets what an administrator should know, on any thread.
  /// - Throws: Where the folder cannot be written, another service writes there, or the log is broken.
  package init(
    _ configuration: LogConfiguration, files: any LogFiles = SystemFiles(),
    milliseconds: @escaping @Sendable () -> Int64, say: @escaping @Sendable (Message) -> Void
  ) throws(LogError) {
    let folders = [configuration.folder] + configuration.whenFull.spillFolders
    var locks: [FolderLock] = []
    for folder in folders { locks.append(try FolderLock(folder)) }
    self.locks = locks
    let start = try LogStart(configuration)
    for warning in start.warnings { say(Message(isWarning: true, text: warning)) }
    head = try HeadFile(folder: configuration.folder)
    let reservation = configuration.whenFull == .refuse ? DiskReservation(files) : nil
    writer = SegmentWriter(configuration, files: files, reservation: reservation)
    if let segment = start.segment {
      try writer.resume(segment, length: start.length, lastTime: start.lastTime)
    } else {
      try writer.start(from: start.number + 1, at: milliseconds())
    }
    // Both slots, so that one that was damaged is whole again.
    for _ in 0..<2 {
      let code = head.write(.init(number: start.number, hash: start.hash, isElsewhere: writer.isSpilled))
      if code != 0 {
        throw LogError("cannot write \(configuration.folder)/\(HeadFile.name): \(LogError.systemWords(code))")
      }
    }
    chain = LineChain(number: start.number, hash: start.hash)
    statisticsSoFar.lastNumber = start.number
    threadHasFiles = configuration.sync == .always
    self.configuration = configuration
    self.reservation = reservation
    self.milliseconds = milliseconds
    self.say = say
    thread = WorkerThread { [self] in work() }
    guard thread != nil else { throw LogError("the system has no more threads") }
  }

  package func makeRecorder() -> any DecisionRecorder { LineRecorder(self) }

  // MARK: Taking decisions

  /// What is answered in place of a decision now; nil where it is taken.
  var refusal: EngineError? {
    guard let now = Refusal(rawValue: refusalNow.load(ordering: .relaxed)), now != .none else { return nil }
    refused.add(1, ordering: .relaxed)
    let why =
      now == .full
      ? "the decision log cannot be written: the decision was not taken"
      : "the decision log is behind: the decision was not taken, try again later"
    return EngineError(code: .overloaded, message: why)
  }

  /// Refuses a decision for which there is no room.
  func refuse() -> EngineError {
    refused.add(1, ordering: .relaxed)
    if !isOutOfRoom.exchange(true, ordering: .relaxed) {
      warn(
        "there is no room left for the decision log in \(configuration.folder): decisions are refused until there is")
    }
    return EngineError(code: .overloaded, message: "there is no room for the decision log: the decision was not taken")
  }

  /// Says that there is as much room as a thread asks for.
  func noteRoom() {
    guard isOutOfRoom.load(ordering: .relaxed), isOutOfRoom.exchange(false, ordering: .relaxed) else { return }
    tell("there is room for the decision log again: decisions are taken")
  }

  /// Numbers and keeps the lines of a thread.
  ///
  /// - Returns: Whether they are kept already; else `whenKept` is called then.
  func commit(_ recorder: LineRecorder, whenKept: @escaping @Sendable () -> Void) -> Bool {
    let now = milliseconds()
    monitor.lock()
    defer { monitor.unlock() }
    take(recorder, at: now)
    if !threadHasFiles {
      if writePending(at: now) { return true }
      threadHasFiles = true
    }
    callbacks.append(whenKept)
    limitWaiting()
    monitor.wakeAll()
    return false
  }

  private func take(_ recorder: LineRecorder, at now: Int64) {
    chain.setTime(now)
    unsafe recorder.bodies.withBytes { bodies in
      var start = 0
      for end in recorder.ends {
        unsafe chain.append(UnsafeRawBufferPointer(rebasing: bodies[start..<end]), to: &pending)
        start = end
      }
    }
    // The lines that were taken cannot be given back, and none was answered.
    precondition(!pending.hasFailed, "the memory for the decision log has run out")
    pendingPromised += recorder.promised
    statisticsSoFar.lines += recorder.ends.count
  }

  /// Writes all that is there, on the thread that commits.
  private func writePending(at now: Int64) -> Bool {
    var done = 0
    var failure: SegmentWriter.Failure?
    unsafe pending.withBytes { lines in
      do throws(SegmentWriter.Failure) {
        try unsafe writer.append(lines, at: now, done: &done)
      } catch {
        failure = error
      }
    }
    guard failure == nil else {
      // The log's thread writes what is left, and tells of the failure when it meets it too.
      if done > 0 { pending.removeFirst(done) }
      statisticsSoFar.bytes += done
      statisticsSoFar.failures += 1
      return false
    }
    statisticsSoFar.bytes += done
    settle(promised: pendingPromised, number: chain.number, hash: chain.hash)
    pendingPromised = 0
    pending.removeAll(capacityBytesMax: Self.keptCapacityBytes)
    return true
  }

  /// Says where the log stands, before anybody is answered.
  private func settle(promised: Int, number: Int, hash: [UInt8]) {
    statisticsSoFar.lastNumber = number
    if writer.isSpilled != isSpilled {
      isSpilled = writer.isSpilled
      let why = writer.lastFailure.map { "cannot write \($0.path): \(LogError.systemWords($0.code)): " } ?? ""
      if isSpilled {
        warn("\(why)the decision log goes on in \(writer.path)")
      } else {
        tell("the decision log is back in \(writer.path)")
      }
    }
    statisticsSoFar.state = isSpilled ? .spilled : .writing
    reservation?.update(length: writer.length, done: promised)
    let code = head.write(.init(number: number, hash: hash, isElsewhere: writer.isSpilled))
    if code != 0 { statisticsSoFar.failures += 1 }
  }

  /// Bounds what waits.
  private func limitWaiting() {
    let isBehind = pending.count + batchBytes > configuration.waitingBytesMax
    let isSlow =
      configuration.whenFull == .refuse
      && batchStart.map { Self.monotonicMilliseconds() - $0 > configuration.slowMilliseconds } == true
    if isBehind || isSlow { refusalNow.store(Refusal.behind.rawValue, ordering: .relaxed) }
  }

  // MARK: The log's thread

  private func work() {
    var batch = ByteWriter()
    while true {
      monitor.lock()
      while pending.count == 0 && !isEnding {
        if configuration.sync == .never { threadHasFiles = false }
        monitor.wait()
      }
      guard pending.count > 0 else {
        monitor.unlock()
        return
      }
      swap(&pending, &batch)
      let promised = pendingPromised
      pendingPromised = 0
      let waiting = callbacks
      callbacks = []
      let number = chain.number
      let hash = chain.hash
      batchBytes = batch.count
      batchStart = Self.monotonicMilliseconds()
      monitor.unlock()

      let isKept = keep(batch, lastNumber: number)

      monitor.lock()
      if isKept {
        statisticsSoFar.bytes += batchBytes
        settle(promised: promised, number: number, hash: hash)
      }
      batchBytes = 0
      batchStart = nil
      refusalNow.store(Refusal.none.rawValue, ordering: .relaxed)
      monitor.unlock()
      batch.removeAll(capacityBytesMax: Self.keptCapacityBytes)
      guard isKept else { return }
      for whenKept in waiting { whenKept() }
    }
  }

  /// Writes lines, and brings them to the disk where that is asked for, however often it takes.
  ///
  /// - Returns: False where the log ends and they could not be written.
  private func keep(_ lines: borrowing ByteWriter, lastNumber: Int) -> Bool {
    var done = 0
    var isTold = false
    while true {
      let start = Self.monotonicMilliseconds()
      var failure = attempt(lines, done: &done)
      if failure != nil, writer.spill(from: number(of: lines, at: done), at: milliseconds()) {
        failure = attempt(lines, done: &done)
      }
      guard let failure else {
        if isTold { tell("the decision log is written again: \(writer.path)") }
        let took = Self.monotonicMilliseconds() - start
        if took > configuration.slowMilliseconds { leaveSlowFolder(behind: lastNumber, took) }
        return true
      }
      if !isTold { tellOfFailure(failure) }
      isTold = true
      guard waitAfterFailure() else {
        if attempt(lines, done: &done) == nil { return true }
        warn("the decision log ends, and the last decisions could not be written: they were not answered")
        return false
      }
    }
  }

  /// - Returns: False where the log is to end.
  private func waitAfterFailure() -> Bool {
    monitor.lock()
    defer { monitor.unlock() }
    statisticsSoFar.failures += 1
    if configuration.whenFull == .refuse {
      statisticsSoFar.state = .refusing
      refusalNow.store(Refusal.full.rawValue, ordering: .relaxed)
    } else {
      statisticsSoFar.state = .waiting
    }
    if !isEnding { monitor.wait(milliseconds: configuration.retryMilliseconds) }
    return !isEnding
  }

  private func attempt(_ lines: borrowing ByteWriter, done: inout Int) -> SegmentWriter.Failure? {
    let now = milliseconds()
    return unsafe lines.withBytes { bytes in
      do throws(SegmentWriter.Failure) {
        try unsafe writer.append(bytes, at: now, done: &done)
        if configuration.sync == .always { try writer.sync(done: &done) }
        return nil
      } catch {
        return error
      }
    }
  }

  private func number(of lines: borrowing ByteWriter, at place: Int) -> Int {
    unsafe lines.withBytes { bytes in
      unsafe SegmentWriter.number(of: UnsafeRawBufferPointer(rebasing: bytes[place...]))
    }
  }

  /// A disk that is too slow is left as one that is full: for the other folder, where there is one.
  private func leaveSlowFolder(behind number: Int, _ took: Int64) {
    guard !writer.isSpilled, writer.spill(from: number + 1, at: milliseconds()) else { return }
    warn("writing the decision log in \(configuration.folder) took \(took) ms")
  }

  private func tellOfFailure(_ failure: SegmentWriter.Failure) {
    let consequence = configuration.whenFull == .refuse ? "decisions are refused" : "answers wait"
    warn("cannot write \(failure.path): \(LogError.systemWords(failure.code)): \(consequence) until it can be")
  }

  private func warn(_ text: String) { say(Message(isWarning: true, text: text)) }
  private func tell(_ text: String) { say(Message(isWarning: false, text: text)) }

  private static func monotonicMilliseconds() -> Int64 {
    var now = timespec()
    // SAFETY: it outlives the call.
    unsafe _ = clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
  }

  // MARK: The end

  /// Writes what waits, brings all to the disk, and ends. No recorder may be used any more.
  package func close() {
    monitor.lock()
    isEnding = true
    monitor.wakeAll()
    monitor.unlock()
    thread?.join()
    thread = nil
    writer.finish()
    _ = head.sync()
    locks = []
  }

  package var statistics: LogStatistics {
    monitor.lock()
    defer { monitor.unlock() }
    var statistics = statisticsSoFar
    statistics.waitingBytes = pending.count + batchBytes
    statistics.refused = refused.load(ordering: .relaxed)
    return statistics
  }
}
