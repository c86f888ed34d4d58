/// Results of tests as the XML that build servers read: a `testsuite` for each subject, a `testcase` for each case.
package struct JUnitReport {
  private var suites = ""
  private var cases = 0
  private var failures = 0
  private var errors = 0
  private var seconds = 0.0

  package init() {}

  /// - Parameters:
  ///   - name: The subject: a policy's name, or `plugin.` and a plugin's.
  ///   - problems: Why its tests could not be loaded, a line each.
  package mutating func add(_ outcome: TestSession.Outcome, of name: String, problems: [String]) {
    let failed = outcome.results.count { !$0.differences.isEmpty }
    let isBroken = outcome.failure != nil
    cases += outcome.results.count + (isBroken ? 1 : 0)
    failures += failed
    errors += isBroken ? 1 : 0
    seconds += outcome.seconds
    let counts = Self.counts(
      cases: outcome.results.count + (isBroken ? 1 : 0), failures: failed, errors: isBroken ? 1 : 0)
    suites.append("  <testsuite name=\(Self.quoted(name)) \(counts) time=\"\(Self.text(outcome.seconds))\">\n")
    for result in outcome.results { add(result) }
    if isBroken {
      suites.append("    <testcase classname=\(Self.quoted(name)) name=\"loading\" time=\"0.000\">\n")
      let message = Self.quoted("its tests cannot be loaded")
      suites.append("      <error message=\(message)>\(Self.escaped(problems.joined(separator: "\n")))</error>\n")
      suites.append("    </testcase>\n")
    }
    suites.append("  </testsuite>\n")
  }

  private mutating func add(_ result: PolicyTestRunner.CaseResult) {
    suites.append("    <testcase classname=\(Self.quoted(result.policy)) name=\(Self.quoted(result.name))")
    suites.append(" file=\(Self.quoted(result.file))")
    if result.line > 0 { suites.append(" line=\"\(result.line)\"") }
    suites.append(" time=\"\(Self.text(result.seconds))\"")
    guard let first = result.differences.first else {
      suites.append("/>\n")
      return
    }
    let all = Self.escaped(result.differences.joined(separator: "\n"))
    suites.append(">\n      <failure message=\(Self.quoted(first))>\(all)</failure>\n    </testcase>\n")
  }

  /// The whole file.
  package var bytes: [UInt8] {
    let counts = Self.counts(cases: cases, failures: failures, errors: errors)
    let head =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      + "<testsuites name=\"remit test\" \(counts) time=\"\(Self.text(seconds))\">\n"
    return Array(head.utf8) + Array(suites.utf8) + Array("</testsuites>\n".utf8)
  }

  private static func counts(cases: Int, failures: Int, errors: Int) -> String {
    "tests=\"\(cases)\" failures=\"\(failures)\" errors=\"\(errors)\""
  }

  /// Seconds with three places.
  private static func text(_ seconds: Double) -> String {
    let thousandths = Int((seconds * 1000).rounded())
    let rest = String(thousandths % 1000)
    return "\(thousandths / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
  }

  private static func quoted(_ text: String) -> String { "\"\(escaped(text, inAttribute: true))\"" }

  /// XML 1.0 has no way to write most control characters: U+FFFD stands for them.
  static func escaped(_ text: String, inAttribute: Bool = false) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      // A reader would take them for blanks in an attribute, and a return for a newline anywhere.
      case "\n", "\t": escaped += inAttribute ? "&#\(scalar.value);" : String(scalar)
      case "\r": escaped += "&#13;"
      case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: escaped += "\u{FFFD}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
