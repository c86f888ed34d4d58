private import Glibc
private import RemitWire

/// Reads a log from its first line to its last, over all segments. Memory depends on the longest line alone.
///
/// Each line's hash is compared, that it follows the line before, and that the lines are there that `head` has seen. A log may be read while a service writes to it: what is not whole yet
/// is not there.
package final class LogReader {
  package let segments: [LogSegment]
  private var segmentsLeft: ArraySlice<LogSegment>
  private var segment: LogSegment?
  private var lines: SegmentLines?
  private var lineInSegment = 0
  private var number: Int?
  /// Of the line that the log is to begin with: older segments may have been taken away.
  private var firstNumber: Int { segments.first?.firstNumber ?? 1 }
  private var hash = LineFrame.noHash
  private var heads: LogHeads
  /// Where a last line stands that is not whole: it is being written, or its writer was killed. Known once `next` has given nil.
  package private(set) var tornPlace: LogLine.Place?

  /// - Parameter folders: The log's, and those in which it went on; in any order.
  /// - Throws: Where a folder cannot be read or holds no log.
  package init(_ folders: [String]) throws(LogError) {
    heads = try LogHeads(folders)
    segments = try LogSegment.all(in: folders)
    segmentsLeft = segments[...]
    guard !segments.isEmpty || !heads.isEmpty else { throw Self.noLog(in: folders) }
  }

  static func noLog(in folders: [String]) -> LogError {
    let names = folders.map { "\"\($0)\"" }.joined(separator: " and ")
    return LogError("there is no decision log in \(names): a log has files such as 0000000000000001.ndjson")
  }

  /// The next line, good until the next call; nil at the end.
  ///
  /// - Throws: Where the log is broken, with segment and line.
  package func next() throws(LogError) -> LogLine? {
    while true {
      guard let lines, let segment else {
        guard let first = segmentsLeft.popFirst() else {
          guard let problem = heads.missing(behind: number ?? firstNumber - 1).first else { return nil }
          // What is left of the line is no line that somebody is at.
          tornPlace = nil
          throw broken(nil, problem)
        }
        segment = first
        lines = try SegmentLines(first.path)
        lineInSegment = 0
        continue
      }
      guard let line = unsafe try lines.next(), unsafe line.isWhole else {
        tornPlace =
          lines.hasTornLine ? LogLine.Place(segment: segment, line: lineInSegment + 1) : nil
        // INVARIANT: only the last segment may end in a part of a line; what is missing shows at the next.
        self.lines = nil
        continue
      }
      lineInSegment += 1
      return unsafe try read(line.bytes, segment)
    }
  }

  private func read(_ bytes: UnsafeRawBufferPointer, _ segment: LogSegment) throws(LogError) -> LogLine {
    let place = LogLine.Place(segment: segment, line: lineInSegment)
    guard let frame = unsafe LineFrame.read(bytes), unsafe LineFrame.isHash(frame.hash, of: frame.hashed) else {
      throw broken(place, "the hash is not that of the line")
    }
    if let problem = unsafe problem(of: frame, at: place) { throw broken(place, problem) }
    number = unsafe frame.number
    unsafe hash.withUnsafeMutableBytes { hash in unsafe hash.copyMemory(from: frame.hash) }
    guard unsafe JSONBytes.isValid(bytes), let line = unsafe LogLine(bytes, frame, place) else {
      throw broken(place, "this is no line of a decision log")
    }
    return unsafe line
  }

  /// What is wrong with the place of a line whose own hash is right.
  private func problem(of frame: LineFrame.Parts, at place: LogLine.Place) -> String? {
    let read = unsafe frame.number
    if let number, read != number + 1 { return "line \(read) stands behind line \(number)" }
    // Where older segments were taken away, what the first line there follows is not known.
    if number != nil || read == 1, unsafe !frame.previous.elementsEqual(hash) {
      return "line \(read) does not follow the line before it"
    }
    if place.line == 1, place.segment.firstNumber != read {
      return "the segment's name does not say that it begins with line \(read)"
    }
    return unsafe heads.meet(read, hash: frame.hash)
  }

  private func broken(_ place: LogLine.Place?, _ why: String) -> LogError {
    LogError("\(place.map { "\($0): " } ?? "")\(why) (see remit log verify)", isBroken: true)
  }
}
