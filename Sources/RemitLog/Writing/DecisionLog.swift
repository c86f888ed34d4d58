package import RemitEngine
private import RemitWire

/// The decision log of a service.
///
/// Threads hand their decisions over when they commit. A few lines are written by the thread that commits, as long as the disk takes
/// them and nobody waits for it (`Sync.never`): waking another thread would take longer. Else the log's own thread has the files: it
/// numbers, hashes and writes what has come together, beside the threads that decide, and whoever waits is told then.
package final class DecisionLog: DecisionSink, @unchecked Sendable {
  // SAFETY: what is below is used under `monitor`; chain, lines and files by the log's thread alone while `threadHasFiles`.
  package struct Message: Sendable, Equatable {
    package var isWarning: Bool
    package var text: String
  }

  let configuration: LogConfiguration
  /// Nil where decisions are not refused for want of room.
  let reservation: DiskReservation?
  private let milliseconds: @Sendable () -> Int64
  private let say: @Sendable (Message) -> Void
  private let head: HeadFile
  private let writer: SegmentWriter

  private let monitor = Monitor()
  private var chain: LineChain
  /// Lines that are being written, each with number and hashes.
  private var lines = ByteWriter()
  /// What a thread that commits could not write, and how much of `lines` is.
  private var leftOver: (bodies: LineBodies, done: Int)?
  /// What was handed over and not taken up.
  private var queue: [LineBodies] = []
  /// Of it, and of what the log's thread is writing.
  private var waitingBytes = 0
  private var free: [LineBodies] = []
  private var threadHasFiles: Bool
  /// When the log's thread began with what it writes; nil where it waits.
  private var batchStart: Int64?
  private var statisticsSoFar = LogStatistics()
  private var isSpilled = false
  private var isEnding = false
  private var thread: WorkerThread?
  private let gate = RefusalGate()

  /// A buffer that has grown larger is given back.
  private static let keptCapacityBytes = 4 << 20
  /// So few bytes are written by the thread that commits.
  private static let inlineBytesMax = 4 << 10
  private static let batchBytesMax = 256 << 10
  private static let freeMax = 8

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
    var folders: [FolderHold] = []
    for path in [configuration.folder] + configuration.whenFull.spillFolders { folders.append(try FolderHold(path)) }
    let start = try LogStart(configuration)
    for warning in start.warnings { say(Message(isWarning: true, text: warning)) }
    head = try HeadFile(folder: configuration.folder)
    folders[0].head = head
    folders[0].spill = configuration.whenFull.spillFolders.first
    let reservation = configuration.whenFull == .refuse ? DiskReservation(files) : nil
    writer = SegmentWriter(configuration, files: files, reservation: reservation, folders: folders)
    if let segment = start.segment {
      try writer.resume(segment, length: start.length, lastTime: start.lastTime)
    } else {
      try writer.start(from: start.number + 1, at: milliseconds())
    }
    let code = head.write(.init(number: start.number, hash: start.hash, isElsewhere: writer.isSpilled))
    if code != 0 {
      writer.finish(number: start.number + 1)
      throw LogError("cannot write \(configuration.folder)/\(HeadFile.name): \(LogError.systemWords(code))")
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
  var refusal: EngineError? { gate.refusal() }

  /// Refuses a decision for which there is no room.
  func refuse() -> EngineError {
    let (error, isFirst) = gate.refuseForRoom()
    if isFirst {
      warn(
        "there is no room left for the decision log in \(configuration.folder): decisions are refused until there is")
    }
    return error
  }

  /// Says that there is as much room as a thread asks for.
  func noteRoom() {
    if gate.noteRoom() { tell("there is room for the decision log again: decisions are taken") }
  }

  /// Bodies without any, for a thread that commits.
  func freeBodies() -> LineBodies {
    monitor.lock()
    defer { monitor.unlock() }
    return free.popLast() ?? LineBodies()
  }

  /// Numbers and keeps the lines of a thread, which hands them over.
  ///
  /// - Returns: Whether they are kept already; else their `whenKept` is called then.
  func commit(_ bodies: LineBodies) -> Bool {
    monitor.lock()
    defer { monitor.unlock() }
    statisticsSoFar.lines += bodies.ends.count
    if !threadHasFiles {
      if bodies.bytes.count <= Self.inlineBytesMax {
        guard let done = write(bodies) else { return true }
        leftOver = (bodies, done)
      } else {
        queue.append(bodies)
      }
      threadHasFiles = true
    } else {
      queue.append(bodies)
    }
    waitingBytes += bodies.bytes.count
    limitWaiting()
    monitor.wakeAll()
    return false
  }

  /// Writes a few lines on the thread that commits.
  ///
  /// - Returns: Nil where all are written; else how much of `lines` is. The log's thread writes the rest, and tells of the failure when it
  ///   meets it too.
  private func write(_ bodies: LineBodies) -> Int? {
    let now = milliseconds()
    chain.setTime(now)
    chain.append(bodies, to: &lines)
    Self.checkMemory(lines)
    var done = 0
    var failure: SegmentWriter.Failure?
    unsafe lines.withBytes { lines in
      do throws(SegmentWriter.Failure) {
        try unsafe writer.append(lines, at: now, done: &done)
      } catch {
        failure = error
      }
    }
    guard failure == nil else {
      statisticsSoFar.failures += 1
      return done
    }
    settle(promised: bodies.promised)
    recycle(bodies)
    return nil
  }

  /// What was taken cannot be given back, and none of it was answered.
  private static func checkMemory(_ lines: borrowing ByteWriter) {
    precondition(!lines.hasFailed, "the memory for the decision log has run out")
  }

  private func recycle(_ bodies: LineBodies) {
    bodies.removeAll()
    if free.count < Self.freeMax { free.append(bodies) }
  }

  /// Says where the log stands, before anybody is answered.
  private func settle(promised: Int) {
    statisticsSoFar.lastNumber = chain.number
    statisticsSoFar.bytes += lines.count
    lines.removeAll(capacityBytesMax: Self.keptCapacityBytes)
    statisticsSoFar.failures += sayNotes()
    if writer.isSpilled != isSpilled {
      isSpilled = writer.isSpilled
      let why = writer.lastFailure.map { "\($0.words): " } ?? ""
      if isSpilled {
        warn("\(why)the decision log goes on in \(writer.path)")
      } else {
        tell("the decision log is back in \(writer.path)")
      }
    }
    statisticsSoFar.state = isSpilled ? .spilled : .writing
    reservation?.update(length: writer.length, done: promised)
    let code = head.write(.init(number: chain.number, hash: chain.hash, isElsewhere: writer.isSpilled))
    if code != 0 { statisticsSoFar.failures += 1 }
  }

  /// Bounds what waits.
  private func limitWaiting() {
    let isBehind = waitingBytes > configuration.waitingBytesMax
    let isSlow =
      configuration.whenFull == .refuse
      && batchStart.map { MonotonicClock.milliseconds - $0 > configuration.slowMilliseconds } == true
    if isBehind || isSlow { gate.set(.behind) }
  }

  /// Says what came up while segments were written; on the thread that has the files.
  ///
  /// - Returns: How many failures came up that were not counted.
  private func sayNotes() -> Int {
    let notes = writer.takeNotes()
    for message in notes.messages { say(message) }
    return notes.failures
  }

  // MARK: The log's thread

  private func work() {
    var batch: [LineBodies] = []
    while true {
      monitor.lock()
      for bodies in batch {
        waitingBytes -= bodies.bytes.count
        recycle(bodies)
      }
      batch.removeAll()
      batchStart = nil
      if waitingBytes < configuration.waitingBytesMax { gate.set(.none) }
      while queue.isEmpty && leftOver == nil && !isEnding {
        if configuration.sync == .never { threadHasFiles = false }
        monitor.wait()
      }
      let rest = leftOver
      leftOver = nil
      if rest == nil { takeFromQueue(&batch) }
      batchStart = MonotonicClock.milliseconds
      monitor.unlock()

      if let rest { batch.append(rest.bodies) }
      guard !batch.isEmpty, keep(batch, from: rest?.done) else { return }
      for bodies in batch { bodies.whenKept?() }
    }
  }

  /// Without a sync, so much at a time that those who wait for the first need not wait for the last.
  private func takeFromQueue(_ batch: inout [LineBodies]) {
    var count = 0
    var bytes = 0
    while count < queue.count, configuration.sync == .always || bytes < Self.batchBytesMax {
      bytes += queue[count].bytes.count
      count += 1
    }
    batch.append(contentsOf: queue[..<count])
    queue.removeFirst(count)
  }

  /// Numbers, hashes and writes, however often it takes.
  ///
  /// - Parameter done: How much of `lines` is written; nil where they are not made yet.
  /// - Returns: False where the log ends and they could not be written.
  private func keep(_ batch: [LineBodies], from done: Int?) -> Bool {
    if done == nil {
      chain.setTime(milliseconds())
      for bodies in batch { chain.append(bodies, to: &lines) }
      Self.checkMemory(lines)
    }
    guard keep(from: done ?? 0) else { return false }
    monitor.lock()
    settle(promised: batch.reduce(0) { $0 + $1.promised })
    monitor.unlock()
    return true
  }

  /// Writes lines, and brings them to the disk where that is asked for, however often it takes.
  ///
  /// - Returns: False where the log ends and they could not be written.
  private func keep(from start: Int) -> Bool {
    var done = start
    var isTold = false
    while true {
      let start = MonotonicClock.milliseconds
      var failure = attempt(&done)
      if failure != nil, writer.spill(from: number(at: done), at: milliseconds()) {
        failure = attempt(&done)
      }
      guard let failure else {
        if isTold { tellOfEnd() }
        let took = MonotonicClock.milliseconds - start
        if took > configuration.slowMilliseconds { leaveSlowFolder(took) }
        return true
      }
      let others = sayNotes()
      if !isTold { tellOfFailure(failure) }
      isTold = true
      guard waitAfterFailures(others + 1) else {
        if attempt(&done) == nil { return true }
        warn("the decision log ends, and the last decisions could not be written: they were not answered")
        return false
      }
    }
  }

  /// - Returns: False where the log is to end.
  private func waitAfterFailures(_ count: Int) -> Bool {
    monitor.lock()
    defer { monitor.unlock() }
    statisticsSoFar.failures += count
    if configuration.whenFull == .refuse {
      statisticsSoFar.state = .refusing
      gate.set(.full)
    } else {
      statisticsSoFar.state = .waiting
    }
    if !isEnding { monitor.wait(milliseconds: configuration.retryMilliseconds) }
    return !isEnding
  }

  private func attempt(_ done: inout Int) -> SegmentWriter.Failure? {
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

  private func number(at place: Int) -> Int {
    unsafe lines.withBytes { bytes in
      unsafe SegmentWriter.number(of: UnsafeRawBufferPointer(rebasing: bytes[place...]))
    }
  }

  /// A disk that is too slow is left as one that is full: for the other folder, where there is one.
  private func leaveSlowFolder(_ took: Int64) {
    guard !writer.isSpilled, writer.spill(from: chain.number + 1, at: milliseconds()) else { return }
    warn("writing the decision log in \(configuration.folder) took \(took) ms")
  }

  private func tellOfFailure(_ failure: SegmentWriter.Failure) {
    let consequence = configuration.whenFull == .refuse ? "decisions are refused" : "answers wait"
    warn("\(failure.words): \(consequence) until it can be")
  }

  private func tellOfEnd() {
    let failures = sayNotes()
    tell("the decision log is written again: \(writer.path)")
    monitor.lock()
    statisticsSoFar.failures += failures
    monitor.unlock()
  }

  private func warn(_ text: String) { say(Message(isWarning: true, text: text)) }
  private func tell(_ text: String) { say(Message(isWarning: false, text: text)) }

  // MARK: The end

  /// Writes what waits, brings all to the disk, and ends. No recorder may be used any more.
  package func close() {
    monitor.lock()
    isEnding = true
    monitor.wakeAll()
    monitor.unlock()
    thread?.join()
    thread = nil
    writer.finish(number: statisticsSoFar.lastNumber + 1)
    let failures = sayNotes()
    monitor.lock()
    statisticsSoFar.failures += failures
    monitor.unlock()
    _ = head.sync()
  }

  package var statistics: LogStatistics {
    // Where nobody asks for decisions any more, nobody else finds that there is room.
    if gate.hasNoRoom, reservation?.hasRoom == true { noteRoom() }
    monitor.lock()
    defer { monitor.unlock() }
    var statistics = statisticsSoFar
    statistics.waitingBytes = waitingBytes
    gate.complete(&statistics)
    return statistics
  }
}
