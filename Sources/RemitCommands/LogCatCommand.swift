internal import ArgumentParser
internal import RemitLog
private import RemitModel
private import RemitWire

/// `remit log cat`.
struct LogCatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cat",
    abstract: "Print the lines of a decision log, all or some.",
    discussion: """
      Lines are printed as they are. With --log-key, sensitive values stand in the input again: such a line's hash is no longer that of \
      its bytes. What was sealed under another key, or logged without one, stays masked. Whoever may read the output may read those values.

      Exit status: 0 done, 1 the log is broken (what stands before is printed), 2 it cannot be read.
      """
  )

  @Option(help: ArgumentHelp("Only decisions of this policy.", valueName: "name"))
  var policy: String?

  @Option(help: ArgumentHelp("Only decisions with this outcome.", valueName: "outcome"))
  var outcome: String?

  @Option(help: ArgumentHelp("Only errors with this code.", valueName: "code"))
  var error: String?

  @Option(help: ArgumentHelp("Only the request with this id, or inputs with this member \"id\".", valueName: "id"))
  var id: String?

  @Option(
    help: ArgumentHelp("Only what was logged at that time or later: a date, or a time in UTC.", valueName: "time"))
  var from: String?

  @Option(help: ArgumentHelp("Only what was logged before that time.", valueName: "time"))
  var to: String?

  @Option(
    name: .customLong("log-key"), parsing: .singleValue,
    help: ArgumentHelp(
      "Show sensitive values: a key under which they were logged; given again where there were several.",
      valueName: "file"))
  var keys: [String] = []

  @OptionGroup var log: LogFolders

  func run() throws {
    let from = try Self.time("--from", from)
    let to = try Self.time("--to", to)
    let reader = try log.reader()
    let output = LineOutput()
    var maskedLines = 0
    do throws(LogError) {
      let keys = try keys.map { (path) throws(LogError) in try LogKey(file: path) }
      while let line = unsafe try reader.next(), Terminal.outputFailure == nil {
        guard unsafe isMeant(line, from: from, to: to) else { continue }
        if keys.isEmpty {
          unsafe output.append(line.bytes)
        } else if let whole = unsafe try line.unsealedBytes(with: keys) {
          output.append(whole)
        } else {
          unsafe output.append(line.bytes)
          maskedLines += 1
        }
      }
      output.flush()
    } catch {
      output.flush()
      throw CommandFailure(error)
    }
    guard maskedLines > 0 else { return }
    Terminal.error(
      "\(maskedLines) line\(maskedLines == 1 ? "" : "s") with values sealed under another key: they stay masked "
        + "(--log-key may be given again)")
  }

  private func isMeant(_ line: LogLine, from: String?, to: String?) -> Bool {
    if let policy, unsafe JSONBytes.string(line.policy) != policy { return false }
    if let outcome, unsafe line.outcome != outcome { return false }
    if let error, unsafe line.errorCode != error { return false }
    if from != nil || to != nil {
      let time = unsafe String(decoding: line.time, as: UTF8.self)
      if let from, time < from { return false }
      if let to, time >= to { return false }
    }
    if let id, unsafe !hasID(id, line) { return false }
    return true
  }

  private func hasID(_ id: String, _ line: LogLine) -> Bool {
    if let value = unsafe line.id, unsafe Self.means(id, value) { return true }
    guard let input = unsafe line.input else { return false }
    var isFound = false
    unsafe JSONBytes.forEach(input) { key, value in
      if unsafe key.elementsEqual("id".utf8), unsafe Self.means(id, value) { isFound = true }
      return !isFound
    }
    return isFound
  }

  private static func means(_ id: String, _ value: UnsafeRawBufferPointer) -> Bool {
    if let text = unsafe JSONBytes.string(value) { return text == id }
    return unsafe value.elementsEqual(id.utf8)
  }

  /// Times of the log compare by byte, with what a date begins: without the `Z`, which would stand behind a fraction.
  private static func time(_ option: String, _ text: String?) throws -> String? {
    guard let text else { return nil }
    let shape = "0000-00-00T00:00:00.000"
    let bare = text.hasSuffix("Z") && text.contains("T") ? String(text.dropLast()) : text
    let isFit =
      [10, 16, 19, 21, 22, 23].contains(bare.utf8.count)
      && zip(bare.utf8, shape.utf8).allSatisfy { given, wanted in
        wanted == UInt8(ascii: "0") ? (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(given) : given == wanted
      }
    guard isFit else {
      throw CommandFailure(
        .usage, "\(option): expected a date or a time in UTC, such as 2025-06-15T08:00:00Z, got \"\(text)\"")
    }
    return bare
  }
}

/// Lines on their way to standard output.
private final class LineOutput {
  private var writer = ByteWriter()
  private static let blockBytes = 64 << 10

  func append(_ line: UnsafeRawBufferPointer) {
    unsafe writer.append(line)
    end()
  }

  func append(_ line: [UInt8]) {
    writer.append(line.span)
    end()
  }

  private func end() {
    writer.append(UInt8(ascii: "\n"))
    if writer.count > Self.blockBytes { flush() }
  }

  func flush() {
    Terminal.print(writer.bytes)
    writer.removeAll()
  }
}
