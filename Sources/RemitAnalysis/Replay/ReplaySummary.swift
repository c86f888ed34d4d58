private import RemitLog
private import RemitWire

/// The sums of a replay, in words and as JSON.
package struct ReplaySummary: Sendable {
  private let report: Replayer.Report
  private let isCandidate: Bool
  private let seconds: Double

  package init(_ report: Replayer.Report, isCandidate: Bool, seconds: Double) {
    self.report = report
    self.isCandidate = isCandidate
    self.seconds = seconds
  }

  package var differs: Bool { report.total.differing > 0 }

  /// What turned from what to what, a line each with its count below the policy's name; empty where nothing did.
  package var table: [String] {
    var rows: [String] = []
    for (name, tally) in report.policies where tally.differing > 0 {
      if rows.isEmpty { rows.append("") }
      rows.append("\(Self.bare(name)): \(tally.differing) of \(Self.count(tally.lines, "line"))")
      let width = tally.transitions.values.map { "\($0)".count }.max() ?? 0
      for (transition, count) in Self.sorted(tally.transitions) {
        let number = "\(count)"
        let words =
          transition.turns ? "\(transition.from) -> \(transition.to)" : "\(transition.from), other bytes"
        rows.append("  \(String(repeating: " ", count: width - number.count))\(number)  \(words)")
      }
    }
    return rows
  }

  /// For standard error: which versions are others now, what was not compared, and the sums.
  package var notes: [String] {
    var notes: [String] = []
    if !isCandidate {
      for (name, tally) in report.policies {
        for (version, lines) in tally.formerVersions.sorted(by: { $0.key < $1.key }) {
          notes.append("\(Self.bare(name)): \(Self.count(lines, "line")) \(Self.origin(version, isGone: tally.isGone))")
        }
      }
    }
    let total = report.total
    if total.incomplete > total.regrouped {
      notes.append(
        "\(Self.count(total.incomplete - total.regrouped, "row")) not compared: others that were decided with them are not in "
          + "the log")
    }
    if total.regrouped > 0 {
      notes.append(
        "\(Self.count(total.regrouped, "row")) not compared: decided one by one then, and together now, and which were one batch "
          + "is not in the log")
    }
    if total.underOtherKeys > 0 {
      notes.append(
        "\(Self.count(total.underOtherKeys, "line")) with values sealed under another key: they stay masked (--log-key may be "
          + "given again)")
    }
    if total.undeclared > 0 {
      let remedy = isCandidate ? "with --policies" : "with --policies, and these with --candidate"
      notes.append(
        "\(Self.count(total.undeclared, "line")) masked, since what is masked might be refused now, or that cannot be told: give the "
          + "policies of then \(remedy), or the key")
    }
    if let place = report.tornPlace {
      notes.append("\(place): the last line is torn, and left out (a service that is running may be at it)")
    }
    if report.told < total.differing {
      notes.append("\(report.told) of \(total.differing) differences are shown (--all shows every one)")
    }
    let different =
      isCandidate
      ? "\(total.turned) turned, \(total.altered) with the same outcome and other bytes"
      : "\(total.differing) differing"
    notes.append(
      "\(Self.count(total.lines, "line")), \(total.equal) equal, \(different), \(total.masked) masked, \(total.timed) not compared "
        + "(time), \(total.formerLines) of other versions, \(Self.hundredths(seconds)) s, "
        + "\(Int(Double(total.lines) / max(seconds, 1e-6))) decisions/s")
    return notes
  }

  /// `{"summary":{…}}` with a newline.
  package var json: [UInt8] {
    let total = report.total
    var out = ByteWriter()
    out.append("{\"summary\":{\"lines\":")
    out.append(total.lines)
    Self.appendCounts(total, to: &out)
    out.append(",\"policies\":[")
    for (index, (name, tally)) in report.policies.enumerated() {
      if index > 0 { out.append(",") }
      out.append("{\"policy\":")
      out.append(name.span)
      out.append(",\"lines\":")
      out.append(tally.lines)
      Self.appendCounts(tally, to: &out)
      out.append(",\"former_versions\":{")
      for (place, (version, lines)) in tally.formerVersions.sorted(by: { $0.key < $1.key }).enumerated() {
        if place > 0 { out.append(",") }
        out.appendJSONString(version)
        out.append(":")
        out.append(lines)
      }
      out.append("},\"transitions\":[")
      for (place, (transition, count)) in Self.sorted(tally.transitions).enumerated() {
        if place > 0 { out.append(",") }
        out.append("{\"from\":")
        out.appendJSONString(transition.from)
        out.append(",\"to\":")
        out.appendJSONString(transition.to)
        out.append(",\"count\":")
        out.append(count)
        out.append("}")
      }
      out.append("]}")
    }
    out.append("]}}\n")
    return out.bytes
  }

  private static func appendCounts(_ tally: ReplayTally, to out: inout ByteWriter) {
    let counts: [(StaticString, Int)] = [
      (",\"equal\":", tally.equal), (",\"turned\":", tally.turned), (",\"altered\":", tally.altered),
      (",\"masked\":", tally.masked), (",\"time\":", tally.timed), (",\"incomplete\":", tally.incomplete),
    ]
    for (key, count) in counts {
      out.append(key)
      out.append(count)
    }
  }

  /// Those that are most, first.
  private static func sorted(
    _ transitions: [ReplayTally.Transition: Int]
  ) -> [(key: ReplayTally.Transition, value: Int)] {
    transitions.sorted { one, other in
      (other.value, one.key.from, one.key.to) < (one.value, other.key.from, other.key.to)
    }
  }

  /// Under which version lines were logged that is not the one of now.
  private static func origin(_ version: String, isGone: Bool) -> String {
    if version == ReplayTally.noVersion { return "from when there was no such policy" }
    return "of version \(version), " + (isGone ? "and there is no such policy now" : "which is not the one of now")
  }

  private static func bare(_ name: [UInt8]) -> String {
    let text = String(decoding: name, as: UTF8.self)
    return text.hasPrefix("\"") && text.count > 1 ? String(text.dropFirst().dropLast()) : text
  }

  private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

  private static func hundredths(_ seconds: Double) -> String {
    let hundredths = Int(seconds * 100 + 0.5)
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
  }
}
