private import Glibc

/// Where a log goes on: finds its last line, and cuts off what a crash has left behind it.
struct LogStart {
  /// Of the last line.
  private(set) var number = 0
  private(set) var hash = LineFrame.noHash
  /// The segment to go on in; nil where a new one begins.
  private(set) var segment: LogSegment?
  private(set) var length = 0
  /// When its last line was made.
  private(set) var lastTime: Int64 = 0
  /// What an administrator should know.
  private(set) var warnings: [String] = []

  /// The file that names the folder in which the log may go on.
  static let spillName = "spill"

  /// - Throws: Where the log is broken before its last line's end.
  init(_ setting: LogConfiguration) throws(LogError) {
    let folder = setting.folder
    let spill = setting.whenFull.spillFolders
    let head = try HeadFile.read(folder: folder)
    var segments = try LogSegment.all(in: [folder] + spill)
    let isFirst = segments.allSatisfy { $0.firstNumber == 1 }
    while let last = segments.popLast() {
      let end = try SegmentEnd(last.path)
      if end.length > end.wholeLength { try cut(last, end) }
      guard let line = end.lastLine else {
        // It was begun, and nothing was written.
        unsafe unlink(last.path)
        continue
      }
      try read(line, of: last)
      // In the log's own folder there may be room again.
      if last.folder == folder {
        segment = last
        length = end.wholeLength
      }
      break
    }
    try compare(head, isNew: isFirst && number == 0, folder, isSpillKnown: !spill.isEmpty)
    for path in spill { try Self.note(spill: path, in: folder) }
  }

  private mutating func read(_ line: [UInt8], of segment: LogSegment) throws(LogError) {
    let isRead = unsafe line.withUnsafeBytes { bytes in
      guard let frame = unsafe LineFrame.read(bytes), unsafe LineFrame.isHash(frame.hash, of: frame.hashed),
        unsafe frame.number >= segment.firstNumber
      else { return false }
      number = unsafe frame.number
      hash = unsafe Array(frame.hash)
      let start = unsafe LineFrame.timeStart(frame)
      let time = unsafe frame.hashed.dropFirst(start).prefix(LogTime.length)
      lastTime = unsafe LogTime.milliseconds(Array(time)) ?? 0
      return true
    }
    guard isRead else {
      throw LogError(
        "\(segment.path): the last line is not what was written: the decision log is broken "
          + "(see remit log verify \(segment.folder), and move the folder away to begin a new log)")
    }
  }

  /// Cuts off a line that was not written whole, and keeps what is there of it.
  private mutating func cut(_ segment: LogSegment, _ end: SegmentEnd) throws(LogError) {
    let path = segment.path
    let file = unsafe open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
    guard file >= 0 else { throw LogError("cannot write \(path): \(LogError.systemWords())") }
    defer { close(file) }
    let torn = try SegmentEnd.bytes(file, end.wholeLength..<end.length, path)
    let copy = "\(segment.folder)/torn-\(segment.firstNumber)-\(end.wholeLength).part"
    let isKept = Self.write(torn, to: copy)
    guard ftruncate(file, end.wholeLength) == 0, fdatasync(file) == 0 else {
      throw LogError("cannot cut off the torn line at the end of \(path): \(LogError.systemWords())")
    }
    let count = torn.count == 1 ? "1 byte" : "\(torn.count) bytes"
    warnings.append(
      "\(path): the last line was torn: cut off \(count) of a decision that was not answered"
        + (isKept ? " (kept in \(copy))" : ""))
  }

  private static func write(_ bytes: [UInt8], to path: String) -> Bool {
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o640)
    guard file >= 0 else { return false }
    defer { close(file) }
    // SAFETY: the bytes live during the call.
    return unsafe bytes.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) } == bytes.count
  }

  private mutating func compare(
    _ head: HeadFile.Reading, isNew: Bool, _ folder: String, isSpillKnown: Bool
  ) throws(LogError) {
    switch head {
    case .missing where isNew, .empty where isNew: return
    case .missing, .empty, .damaged:
      let why = head == .missing ? "is missing" : "is damaged"
      warnings.append(
        "\(folder)/\(HeadFile.name) \(why): whether lines are missing at the end of the decision log cannot be told")
    case .record(let record, let hasDamagedSlot):
      if hasDamagedSlot { warnings.append("\(folder)/\(HeadFile.name): \(HeadFile.damagedSlotWords)") }
      try compare(record, folder, isSpillKnown: isSpillKnown)
    }
  }

  private mutating func compare(
    _ record: HeadFile.Record, _ folder: String, isSpillKnown: Bool
  ) throws(LogError) {
    if record.number > number {
      if record.isElsewhere && !isSpillKnown {
        let place = Self.spillFolder(of: folder).map { " in \($0)" } ?? " in another folder"
        throw LogError(
          "the decision log in \(folder) goes on\(place): name that with --log-full spill --log-spill DIR, or move its "
            + "segments to \(folder)")
      }
      let missing =
        record.number - number == 1
        ? "line \(record.number) was written and is" : "lines \(number + 1) to \(record.number) were written and are"
      warnings.append(
        "\(folder): \(missing) missing now; the decision log goes on behind (see remit log verify)")
      // The gap stays, so that it is seen for ever.
      number = record.number
      hash = record.hash
      segment = nil
    } else if record.number == number, record.hash != hash {
      throw LogError(
        "\(folder): line \(number) is not the one that was written last: the decision log is broken "
          + "(see remit log verify \(folder), and move the folder away to begin a new log)")
    }
  }

  /// Writes down where the log of a folder may go on.
  static func note(spill: String, in folder: String) throws(LogError) {
    guard spillFolder(of: folder) != spill else { return }
    guard write(Array((spill + "\n").utf8), to: "\(folder)/\(spillName)") else {
      throw LogError("cannot write \(folder)/\(spillName): \(LogError.systemWords())")
    }
  }

  /// Where the log of a folder may go on.
  static func spillFolder(of folder: String) -> String? {
    let path = "\(folder)/\(spillName)"
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 4097)
    // SAFETY: there is so much room.
    let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(file, $0.baseAddress, $0.count, 0) }
    guard count > 1, count <= 4096, bytes[count - 1] == 0x0A else { return nil }
    return String(decoding: bytes[..<(count - 1)], as: UTF8.self)
  }
}
