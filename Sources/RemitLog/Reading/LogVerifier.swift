private import Glibc

/// Looks whether every line of a log is there and as it was written.
package struct LogVerifier {
  package struct Report: Sendable, Equatable {
    package internal(set) var lines = 0
    package internal(set) var bytes = 0
    package internal(set) var segments = 0
    package internal(set) var firstTime: String?
    package internal(set) var lastTime: String?
    package internal(set) var lastHash: String?
    /// What is wrong, with segment and line: the first of it.
    package internal(set) var problems: [String] = []
    /// Whether there is more.
    package internal(set) var hasMoreProblems = false
    /// What should be known and is not wrong.
    package internal(set) var notes: [String] = []

    package var isWhole: Bool { problems.isEmpty }

    mutating func add(_ problem: String) {
      if problems.count < LogVerifier.problemsMax { problems.append(problem) } else { hasMoreProblems = true }
    }
  }

  package static let problemsMax = 20

  private let folders: [String]
  private let firstNumber: Int
  /// A hash that was noted once must be that of some line.
  private let noted: [UInt8]?
  private var report = Report()
  /// Of the last line; nil where that is not known.
  private var number: Int?
  private var hash: [UInt8]?
  private var heads: LogHeads
  private var isNotedMet = false

  /// - Parameters:
  ///   - folders: The log's, and those in which it went on; in any order.
  ///   - firstNumber: The line that the log is to begin with.
  ///   - noted: The digits of a hash that is to be there.
  /// - Throws: Where something cannot be read.
  package static func verify(
    _ folders: [String], firstNumber: Int = 1, noted: String? = nil
  ) throws(LogError) -> Report {
    let isRunning = folders.contains { FolderLock.isTaken($0) }
    var verifier = try LogVerifier(folders: folders, firstNumber: firstNumber, noted: noted.map { Array($0.utf8) })
    try verifier.run(isRunning: isRunning)
    return verifier.report
  }

  private init(folders: [String], firstNumber: Int, noted: [UInt8]?) throws(LogError) {
    heads = try LogHeads(folders)
    self.folders = folders
    self.firstNumber = firstNumber
    self.noted = noted
  }

  private mutating func run(isRunning: Bool) throws(LogError) {
    report.notes = heads.notes
    let segments = try LogSegment.all(in: folders)
    guard !segments.isEmpty || !heads.isEmpty else { throw LogReader.noLog(in: folders) }
    report.segments = segments.count
    number = firstNumber - 1
    hash = firstNumber == 1 ? LineFrame.noHash : nil
    var rest = 0
    for (index, segment) in segments.enumerated() {
      let torn = try verify(segment)
      guard torn > 0 else { continue }
      if index == segments.count - 1 {
        rest = torn
      } else {
        report.add("\(segment.name): \(torn) bytes behind the last whole line, and there is a segment after it")
      }
    }
    report.lastHash = hash.map { String(decoding: $0, as: UTF8.self) }
    let missing = heads.missing(behind: number ?? 0)
    if rest > 0, let last = segments.last {
      judge(rest, of: last, isRunning: isRunning, isAnyMissing: !missing.isEmpty)
    }
    for problem in missing { report.add(problem) }
    if noted != nil && !isNotedMet { report.add("no line has the hash that is expected") }
  }

  // MARK: Lines

  /// - Returns: How many bytes stand behind the last whole line.
  private mutating func verify(_ segment: LogSegment) throws(LogError) -> Int {
    let lines = try SegmentLines(segment.path)
    var line = 0
    while let next = unsafe try lines.next() {
      guard unsafe next.isWhole else { return unsafe next.bytes.count }
      line += 1
      report.lines += 1
      report.bytes += unsafe next.bytes.count + 1
      let place = LogLine.Place(segment: segment, line: line)
      guard let frame = unsafe LineFrame.read(next.bytes) else {
        report.add("\(place): this is no line of a decision log")
        number = number.map { $0 + 1 }
        hash = nil
        continue
      }
      unsafe verify(frame, at: place)
      unsafe noteTime(frame)
    }
    return 0
  }

  private mutating func verify(_ frame: LineFrame.Parts, at place: LogLine.Place) {
    let isIntact = unsafe LineFrame.isHash(frame.hash, of: frame.hashed)
    let read = unsafe frame.number
    let expected = (number ?? 0) + 1
    if !isIntact {
      report.add("\(place): the hash is not that of the line")
      number = expected
      hash = nil
      return
    }
    if read > expected {
      report.add("\(place): \(Self.words(expected, read - 1)) missing")
    } else if read < expected {
      report.add("\(place): line \(read) stands where line \(expected) should")
    } else if let hash, unsafe !frame.previous.elementsEqual(hash) {
      report.add("\(place): line \(read) does not follow the line before it")
    } else if place.line == 1, place.segment.firstNumber != read {
      report.add("\(place): the segment's name does not say that it begins with line \(read)")
    }
    number = read
    let current = unsafe Array(frame.hash)
    if current == noted { isNotedMet = true }
    if let problem = unsafe heads.meet(read, hash: frame.hash) { report.add("\(place): \(problem)") }
    hash = current
  }

  private static func words(_ first: Int, _ last: Int) -> String {
    first == last ? "line \(first) is" : "lines \(first) to \(last) are"
  }

  private mutating func noteTime(_ frame: LineFrame.Parts) {
    let start = unsafe LineFrame.timeStart(frame)
    let text = unsafe frame.hashed.dropFirst(start).prefix(LogTime.length)
    let time = unsafe String(decoding: text, as: UTF8.self)
    guard LogTime.milliseconds(time.utf8) != nil else { return }
    if report.firstTime == nil { report.firstTime = time }
    report.lastTime = time
  }

  // MARK: The end

  /// - Parameter isAnyMissing: A line was acknowledged that is not there as a whole, so that what stands there may be a part of it.
  private mutating func judge(_ rest: Int, of segment: LogSegment, isRunning: Bool, isAnyMissing: Bool) {
    if isAnyMissing {
      report.add("\(segment.name): \(rest) bytes of a line that is not whole stand at the end")
    } else if isRunning {
      report.notes.append("\(segment.name): a service writes to it: the last line is not whole yet")
    } else if !heads.isEmpty {
      report.notes.append(
        "\(segment.name): \(rest) bytes of a decision that was not answered stand at the end: the next start cuts them off"
      )
    } else {
      report.add("\(segment.name): the last line is torn, and whether it was acknowledged cannot be told")
    }
  }
}
