internal import RemitLog
internal import RemitLua
internal import RemitWire

/// Some lines of a log that one worker decides, and what it has found in them. One thread at a time has it.
@safe final class ReplayBlock {
  // SAFETY: lines are lent as parts of `text` alone, during a call in which that does not change.
  @unsafe private struct Line {
    let bytes: Range<Int>
    /// As it was read: its parts are good once it is moved to `bytes`.
    let line: LogLine
    /// Which of `groups` it is a row of.
    let group: Int?
  }

  /// The lines, each with its newline, and the reader's padding behind the last.
  private var text = ByteWriter()
  private var lines: [Line] = unsafe []
  private var grouping = RowGrouping()
  /// Its place among the blocks, from 0.
  var sequence = 0
  var differences: [ReplayDifference] = []

  /// A block takes no more lines once it has so many bytes, unless rows are awaited that were decided together with some that it has.
  private static let bytesMax = 256 << 10

  var isFull: Bool { text.count >= Self.bytesMax && !grouping.awaitsRows }
  var hasFailed: Bool { text.hasFailed }
  var count: Int { unsafe lines.count }

  func clear() {
    text.removeAll(capacityBytesMax: 4 * Self.bytesMax)
    unsafe lines.removeAll(keepingCapacity: true)
    grouping = RowGrouping()
    differences = []
  }

  /// The lines of each group of rows that were decided together, and how many those were.
  var groups: [RowGrouping.Group] { grouping.groups }
  /// Which of them a line belongs to.
  func group(of line: Int) -> Int? { unsafe lines[line].group }

  /// Copies the line.
  func append(_ line: LogLine) {
    let start = text.count
    unsafe text.append(line.bytes)
    let group = unsafe grouping.add(line, at: lines.count)
    unsafe lines.append(Line(bytes: start..<text.count, line: line, group: group))
    text.append(UInt8(ascii: "\n"))
  }

  /// Called once all lines are there.
  func seal() {
    for _ in 0..<ByteBlock.padding { text.append(0) }
  }

  /// Lends the lines.
  func withLines<Failure: Error>(_ body: ((Int) -> LogLine) throws(Failure) -> Void) throws(Failure) {
    try unsafe text.withBytes { (text) throws(Failure) in
      try unsafe body { index in
        // SAFETY: slicing checks the bounds, and padding stands behind the last line.
        unsafe lines[index].line.moved(to: UnsafeRawBufferPointer(rebasing: text[lines[index].bytes]))
      }
    }
  }
}
