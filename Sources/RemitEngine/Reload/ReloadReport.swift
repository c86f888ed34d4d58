package import RemitModel

/// What became of a wish to change what is in force.
package struct ReloadReport: Sendable {
  package enum Trigger: Sendable {
    case files, signal, admin, rollback
  }

  package enum Outcome: Sendable {
    /// The names of the policies that are other now, sorted; none where nothing has changed.
    case done([String])
    /// Files that were refused are again what is in force.
    case recovered
    /// What is wrong, sorted by file and line.
    case refused([Diagnostic])
  }

  package var trigger: Trigger
  package var outcome: Outcome
  /// What the folders held when they were last read was refused.
  package var areFilesRefused: Bool
  /// In force now.
  package var snapshot: String
  package var milliseconds: Int

  /// Nobody reads more.
  private static let problemsMax = 100
  private static let namesMax = 20
  private static let summaryBytesMax = 1024

  package var isRefusal: Bool {
    if case .refused = outcome { return true }
    return false
  }

  /// For the log, a line each; none where the files have changed in nothing that counts.
  package var lines: [String] {
    switch outcome {
    case .done(let changed):
      if changed.isEmpty && trigger == .files { return [] }
      let names = changed.prefix(Self.namesMax).joined(separator: ", ")
      let more = changed.count > Self.namesMax ? " and \(changed.count - Self.namesMax) more" : ""
      let what = changed.isEmpty ? "nothing changed" : "changed \(names)\(more)"
      let verb = trigger == .rollback ? "rolled back" : "reloaded"
      return ["\(verb): snapshot \(snapshot), \(what) (\(milliseconds) ms)"]
    case .recovered:
      return ["reloaded: snapshot \(snapshot), the files are again what is in force (\(milliseconds) ms)"]
    case .refused(let problems):
      let rest = problems.count - Self.problemsMax
      let more = rest > 0 ? ["… and \(rest) more \(rest == 1 ? "problem" : "problems")"] : []
      return problems.prefix(Self.problemsMax).map(\.description) + more
        + ["reload refused, snapshot \(snapshot) stays in force"]
    }
  }

  /// As many of the problems as one message holds, the first in front.
  package static func summary(of problems: [Diagnostic]) -> String {
    var summary = ""
    for (index, problem) in problems.enumerated() {
      let text = (index > 0 ? "; " : "") + problem.description
      let rest = problems.count - index - 1
      let end = " (and \(rest) more)"
      let room = summaryBytesMax - summary.utf8.count - (rest > 0 ? end.utf8.count : 0)
      guard text.utf8.count <= room else {
        if index == 0 { return cut(text, to: summaryBytesMax) }
        return summary + " (and \(rest + 1) more)"
      }
      summary += text
    }
    return summary
  }

  private static func cut(_ text: String, to bytes: Int) -> String {
    var cut = ""
    for character in text {
      guard cut.utf8.count + character.utf8.count + "…".utf8.count <= bytes else { break }
      cut.append(character)
    }
    return cut + "…"
  }
}

extension ReloadReport {
  /// Tells who counts. Files that were looked at for nothing are no reload.
  package func count(_ metrics: (any ServiceMetrics)?) {
    let seconds = Double(milliseconds) / 1000
    if isRefusal {
      metrics?.reloadRefused(seconds: seconds)
    } else if !lines.isEmpty {
      metrics?.reloadSucceeded(seconds: seconds)
    }
    metrics?.filesRead(areRefused: areFilesRefused)
  }
}
