internal import ArgumentParser
internal import RemitLog
private import RemitModel
private import RemitWire

/// `remit log stats`.
struct LogStatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Count what a decision log holds: by policy and version, outcome, error.",
    discussion: "Exit status: 0 done, 1 the log is broken, 2 it cannot be read."
  )

  @Flag(help: "Print one JSON object.")
  var json = false

  @OptionGroup var log: LogFolders

  func run() throws {
    let summary: LogSummary
    do throws(LogError) {
      summary = try LogSummary(try LogReader(log.folders))
    } catch {
      throw CommandFailure(error)
    }
    if json {
      Terminal.print(Self.json(summary))
    } else {
      for line in Self.text(summary) { Terminal.print(line) }
    }
  }

  private static func text(_ summary: LogSummary) -> [String] {
    var lines = [
      "\(count(summary.lines, "line")), \(count(summary.bytes, "byte")), \(count(summary.segments, "segment"))"
    ]
    if let from = summary.firstTime, let to = summary.lastTime { lines.append("from \(from) to \(to)") }
    if summary.masked > 0 { lines.append("\(summary.masked) with masked values") }
    for policy in summary.policies {
      lines.append("\(policy.name) \(policy.version ?? "(no such policy)"): \(policy.decisions + policy.errors)")
      for (outcome, count) in sorted(policy.outcomes) { lines.append("  \(outcome): \(count)") }
      for (code, count) in sorted(policy.errorCodes) { lines.append("  error \(code): \(count)") }
    }
    return lines
  }

  private static func count(_ number: Int, _ word: String) -> String { "\(number) \(word)\(number == 1 ? "" : "s")" }

  private static func sorted(_ counts: [String: Int]) -> [(String, Int)] {
    counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  private static func json(_ summary: LogSummary) -> [UInt8] {
    var output = ByteWriter()
    output.append("{\"lines\":")
    output.append(summary.lines)
    output.append(",\"bytes\":")
    output.append(summary.bytes)
    output.append(",\"segments\":")
    output.append(summary.segments)
    output.append(",\"masked\":")
    output.append(summary.masked)
    for (key, time) in [("from", summary.firstTime), ("to", summary.lastTime)] {
      guard let time else { continue }
      output.append(",\"\(key)\":")
      output.appendJSONString(time)
    }
    output.append(",\"policies\":[")
    for (index, policy) in summary.policies.enumerated() {
      output.append(index == 0 ? "{\"policy\":" : ",{\"policy\":")
      output.appendJSONString(policy.name)
      if let version = policy.version {
        output.append(",\"version\":")
        output.appendJSONString(version)
      }
      append(",\"outcomes\":", policy.outcomes, to: &output)
      append(",\"errors\":", policy.errorCodes, to: &output)
      output.append("}")
    }
    output.append("]}\n")
    return output.bytes
  }

  private static func append(_ key: String, _ counts: [String: Int], to output: inout ByteWriter) {
    output.append(key)
    output.append("{")
    for (index, (name, count)) in sorted(counts).enumerated() {
      if index > 0 { output.append(",") }
      output.appendJSONString(name)
      output.append(":")
      output.append(count)
    }
    output.append("}")
  }
}
