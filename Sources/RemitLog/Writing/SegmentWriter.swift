private import Glibc
private import RemitEngine

/// Appends lines to segments, and begins a new one where a segment is large or old enough. One thread at a time has it.
///
/// Bytes behind `length` are what a write that failed has left: they are written over, or cut off before the segment is left.
final class SegmentWriter {
  /// Why lines could not be written or brought to the disk.
  struct Failure: Error {
    var path: String
    var code: Int32
    /// In place of what the system says of the code.
    var why: String?

    var words: String { "cannot write \(path): \(why ?? LogError.systemWords(code))" }
  }

  /// What is to be said of what went on meanwhile, and how many attempts have failed that nobody was told of.
  struct Notes {
    var messages: [DecisionLog.Message] = []
    var failures = 0
  }

  private let files: any LogFiles
  private let setting: LogConfiguration
  private let reservation: DiskReservation?
  /// The log's folder, and where it goes on when that is full.
  private let folders: [FolderHold]
  /// Which of them is written to.
  private(set) var folder = 0
  private var segment: LogSegment?
  private var file: Int32 = -1
  /// Of the whole lines in the segment; and of those that are on the disk.
  private(set) var length = 0
  private var syncedLength = 0
  private var isRagged = false
  /// Of the day, or whatever time a segment lasts, in which the segment began.
  private var period: Int64 = 0
  private(set) var lastFailure: Failure?
  /// No new segment before that time, as one could not be made.
  private var retryMilliseconds: Int64 = 0
  private var cannotRotate = false
  /// When it is to be looked whether the files are still there; at once where they were not.
  private var nextLook: Int64 = 0
  private var isInDoubt = false
  /// It was said that the segment is gone.
  private var isGone = false
  private var hasNoHead = false
  private var notes = Notes()

  private static let retryPause: Int64 = 1000

  /// - Parameter folders: The log's own, and those in which it may go on.
  init(_ setting: LogConfiguration, files: any LogFiles, reservation: DiskReservation?, folders: [FolderHold]) {
    self.setting = setting
    self.files = files
    self.reservation = reservation
    self.folders = folders
  }

  deinit {
    if file >= 0 { close(file) }
  }

  /// Goes on in a segment that is there.
  func resume(_ segment: LogSegment, length: Int, lastTime: Int64) throws(LogError) {
    let file = files.open(segment.path, isNew: false)
    guard file >= 0 else { throw LogError("cannot write \(segment.path): \(LogError.systemWords(-file))") }
    self.file = file
    self.segment = segment
    self.length = length
    syncedLength = length
    folder = folders.firstIndex { $0.path == segment.folder } ?? 0
    period = period(lastTime)
    reservation?.forceMove(to: file, length: length)
  }

  /// Begins a segment before there are lines for it, so that what is in the way shows at once.
  func start(from number: Int, at milliseconds: Int64) throws(LogError) {
    do throws(Failure) {
      try open(in: 0, from: number, at: milliseconds)
    } catch {
      throw LogError(error.words)
    }
  }

  private func failed(_ path: String, _ code: Int32) -> Failure { failed(Failure(path: path, code: code)) }

  private func failed(_ failure: Failure) -> Failure {
    lastFailure = failure
    return failure
  }

  private func note(_ text: String, isWarning: Bool = true) {
    notes.messages.append(DecisionLog.Message(isWarning: isWarning, text: text))
  }

  /// What came up since it was last asked.
  func takeNotes() -> Notes {
    defer { notes = Notes() }
    return notes
  }

  var isSpilled: Bool { folder != 0 }

  var path: String { segment?.path ?? folders[folder].path }

  private func period(_ milliseconds: Int64) -> Int64 { milliseconds / (Int64(setting.segmentSeconds) * 1000) }

  // MARK: Writing

  /// Appends lines, each with its newline.
  ///
  /// - Parameter done: How many of the bytes are kept; where it fails these are whole lines, and with `isSynced` on the disk.
  func append(_ lines: UnsafeRawBufferPointer, at milliseconds: Int64, done: inout Int) throws(Failure) {
    if done < lines.count {
      try look(number: unsafe Self.number(of: UnsafeRawBufferPointer(rebasing: lines[done...])), at: milliseconds)
    }
    while done < lines.count {
      let left = unsafe UnsafeRawBufferPointer(rebasing: lines[done...])
      let number = unsafe Self.number(of: left)
      if segment == nil { try open(in: folder, from: number, at: milliseconds) }
      let first = unsafe Self.lengthOfFirst(left)
      let isDue = period(milliseconds) > period || length + first > setting.segmentBytesMax
      if length > 0, isDue, milliseconds >= retryMilliseconds {
        try rotate(from: number, at: milliseconds, done: &done)
        continue
      }
      // Those of the lines that the segment has room for.
      let room = max(setting.segmentBytesMax - length, first)
      let end = unsafe lastNewline(left, before: room) ?? first
      let kept = unsafe write(UnsafeRawBufferPointer(rebasing: left[..<end]))
      done += kept.count
      if let code = kept.failure { throw failed(path, code) }
    }
  }

  private static func lengthOfFirst(_ lines: UnsafeRawBufferPointer) -> Int {
    guard let start = lines.baseAddress, let end = unsafe memchr(start, 0x0A, lines.count) else {
      preconditionFailure("lines end in a newline")
    }
    return unsafe UnsafeRawPointer(end) - start + 1
  }

  /// The place behind the last newline of the first `count` bytes.
  private func lastNewline(_ lines: UnsafeRawBufferPointer, before count: Int) -> Int? {
    var place = min(count, lines.count)
    while place > 0 {
      if unsafe lines[place - 1] == 0x0A { return place }
      place -= 1
    }
    return nil
  }

  private func write(_ lines: UnsafeRawBufferPointer) -> (count: Int, failure: Int32?) {
    var written = 0
    var failure: Int32?
    while written < lines.count && failure == nil {
      let count = unsafe files.write(
        UnsafeRawBufferPointer(rebasing: lines[written...]), to: file, at: length + written)
      if count > 0 { written += count } else { failure = count == 0 ? ENOSPC : Int32(-count) }
    }
    guard failure != nil else {
      length += written
      return (written, nil)
    }
    // What is whole of it stays.
    let whole = unsafe lastNewline(lines, before: written) ?? 0
    length += whole
    isRagged = true
    trim()
    return (whole, failure)
  }

  private func trim() {
    if isRagged, files.truncate(file, to: length) == 0 { isRagged = false }
  }

  /// `{"n":17,…` of a line that was made here.
  static func number(of line: UnsafeRawBufferPointer) -> Int {
    var number = 0
    for place in LineFrame.start.utf8CodeUnitCount..<line.count {
      let digit = unsafe line[place] &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      number = number * 10 + Int(digit)
    }
    return number
  }

  // MARK: Segments

  private func rotate(from number: Int, at milliseconds: Int64, done: inout Int) throws(Failure) {
    if setting.sync == .always { try sync(done: &done) }
    do throws(Failure) {
      // The log's own folder may have room again.
      try open(in: 0, from: number, at: milliseconds)
    } catch {
      notes.failures += 1
      if isSpilled, (try? open(in: folder, from: number, at: milliseconds)) != nil { return }
      // This one goes on instead, as long as it can.
      retryMilliseconds = milliseconds + Self.retryPause
      if !cannotRotate { note("\(error.words): no new segment begins, and \(path) goes on until one can") }
      cannotRotate = true
    }
  }

  /// Leaves the folder that is full.
  ///
  /// - Returns: False where there is no other, or that is full too.
  func spill(from number: Int, at milliseconds: Int64) -> Bool {
    guard folders.count > 1 else { return false }
    let other = 1 - folder
    do throws(Failure) {
      try open(in: other, from: number, at: milliseconds)
      return true
    } catch {
      return false
    }
  }

  private func open(in folder: Int, from number: Int, at milliseconds: Int64) throws(Failure) {
    try look(in: folder, hasSegment: folder == self.folder && isAsLeft)
    let next = LogSegment(folder: folders[folder].path, firstNumber: number)
    let file = files.open(next.path, isNew: true)
    guard file >= 0 else { throw failed(next.path, -file) }
    if let reservation, !reservation.move(to: file, length: 0) {
      if segment != nil {
        close(file)
        unsafe unlink(next.path)
        throw failed(next.path, ENOSPC)
      }
      reservation.forceMove(to: file, length: 0)
    }
    leave(number: number)
    self.file = file
    self.folder = folder
    segment = next
    length = 0
    syncedLength = 0
    isRagged = false
    period = period(milliseconds)
    isInDoubt = false
    isGone = false
    if cannotRotate { note("a new segment of the decision log has begun: \(next.path)", isWarning: false) }
    cannotRotate = false
    if setting.sync == .always { Self.syncFolder(folders[folder].path) }
  }

  /// Ends the segment: without what a failed write has left, and without room set aside.
  ///
  /// - Parameter number: Of the line behind its last.
  private func leave(number: Int) {
    guard let segment, file >= 0 else { return }
    if !isThere { noteGone(number) }
    tidy(segment)
    close(file)
    file = -1
    self.segment = nil
  }

  private func tidy(_ segment: LogSegment) {
    if length == 0 {
      if OpenFile.isThere(file, segment.path) { unsafe _ = unlink(segment.path) }
    } else if isRagged || reservation != nil, OpenFile.length(file) >= length {
      _ = files.truncate(file, to: length)
    }
  }

  // MARK: Whether the files are still there

  /// Looks whether lines go where others find them; where they do not, the log goes on in a new segment. What is deleted shows at once, and
  /// what is moved now and then, as that takes longer.
  ///
  /// - Parameter number: Of the next line.
  private func look(number: Int, at milliseconds: Int64) throws(Failure) {
    let now = MonotonicClock.milliseconds
    let isDue = isInDoubt || now >= nextLook
    guard isDue || OpenFile.isDeleted(file, orShorterThan: length) || folders[folder].hasDeletedLock else { return }
    nextLook = now + setting.lookMilliseconds
    isInDoubt = true
    if isThere {
      try look(in: folder, hasSegment: isAsLeft)
      if isSpilled { lookAtHead() }
      if isGone { note("\(path) is there again: the decision log goes on in it", isWarning: false) }
      isGone = false
      isInDoubt = false
    } else {
      noteGone(number)
      try open(in: folder, from: number, at: milliseconds)
    }
  }

  /// The head stays in the log's own folder, and lines are written without it where that is gone.
  private func lookAtHead() {
    do throws(Failure) {
      try look(in: 0, hasSegment: false)
      hasNoHead = false
    } catch {
      if !hasNoHead {
        notes.failures += 1
        note("\(error.words): the decision log goes on without \(HeadFile.name)")
      }
      hasNoHead = true
    }
  }

  private func look(in folder: Int, hasSegment: Bool) throws(Failure) {
    switch folders[folder].look(hasSegment: hasSegment) {
    case .same: break
    case .madeAnew:
      notes.failures += 1
      note("\(folders[folder].path): what a running service has there was gone, and is made anew (lock, head)")
    case .failure(let failure): throw failed(failure)
    }
  }

  /// Whether the segment is where it was, and as long as it was; true where there is none.
  private var isThere: Bool {
    guard let segment, file >= 0 else { return true }
    return OpenFile.isThere(file, segment.path) && OpenFile.length(file) >= length
  }

  /// Whether the segment is there, and nobody else has written to it.
  private var isAsLeft: Bool { segment != nil && isThere && (isRagged || OpenFile.length(file) == length) }

  private func noteGone(_ number: Int) {
    guard !isGone, let segment else { return }
    isGone = true
    notes.failures += 1
    let (first, last) = (segment.firstNumber, number - 1)
    let lines = first == last ? "line \(first) was" : first < last ? "lines \(first) to \(last) were" : "no lines were"
    note("\(segment.path) was deleted, moved or cut while the decision log was written to it: \(lines) in it")
  }

  /// A file's name is on the disk once its folder is.
  private static func syncFolder(_ path: String) {
    let folder = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }

  // MARK: The disk

  /// Brings all lines to the disk. Where it fails nobody knows which are: those since the last time that it did not fail are to be
  /// written again.
  ///
  /// - Parameter done: Of the lines that are being written; goes back by what is to be written again.
  func sync(done: inout Int) throws(Failure) {
    guard file >= 0, syncedLength < length else { return }
    let code = files.sync(file)
    if code == 0 {
      syncedLength = length
      return
    }
    done -= length - syncedLength
    length = syncedLength
    isRagged = true
    trim()
    throw failed(path, code)
  }

  /// Ends the log.
  ///
  /// - Parameter number: Of the line behind its last.
  func finish(number: Int) {
    if file >= 0, syncedLength < length { _ = files.sync(file) }
    if let segment, file >= 0 {
      if !isThere { noteGone(number) }
      tidy(segment)
    }
    for folder in folders { folder.release() }
  }
}
