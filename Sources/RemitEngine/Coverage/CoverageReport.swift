package import RemitModel
private import RemitPolicy
private import RemitSyntax

/// What a run of tests reached: of each policy its reasons and outcomes, of each file its lines and branches.
package struct CoverageReport: Sendable {
  package var policies: [Policy] = []
  package var plugins: [Plugin] = []
  /// What policies share: modules that are neither, sorted by file.
  package var modules: [FileCoverage] = []
  /// What could not be traced, and why.
  package var problems: [String] = []

  /// So many of so many.
  package struct Ratio: Equatable, Sendable {
    package var covered = 0
    package var total = 0

    package init(covered: Int = 0, total: Int = 0) {
      self.covered = covered
      self.total = total
    }

    /// In tenths of a percent, rounded down, so that only what is whole counts as 1000.
    package var permille: Int { total == 0 ? 1000 : covered * 1000 / total }
    /// `97.5%`; `-` where there is nothing to cover.
    package var percent: String { total == 0 ? "-" : "\(permille / 10).\(permille % 10)%" }

    package static func + (left: Ratio, right: Ratio) -> Ratio {
      Ratio(covered: left.covered + right.covered, total: left.total + right.total)
    }
  }

  package struct Policy: Sendable {
    package let name: PolicyName
    package var cases = 0
    package let reasons: [String]
    package let outcomes: [String]
    /// By passing cases.
    package var citedReasons: Set<String> = []
    package var decidedOutcomes: Set<String> = []
    package var files: [FileCoverage]

    package var reasonRatio: Ratio { Ratio(covered: reasons.count { citedReasons.contains($0) }, total: reasons.count) }
    /// What stands in no line of a file.
    package var gaps: [String] {
      reasons.filter { !citedReasons.contains($0) }.map { "reason \($0) never cited" }
        + outcomes.filter { !decidedOutcomes.contains($0) }.map { "outcome \($0) never decided" }
    }

    package var outcomeRatio: Ratio {
      Ratio(covered: outcomes.count { decidedOutcomes.contains($0) }, total: outcomes.count)
    }
  }

  /// A plugin, with the modules of its folder.
  package struct Plugin: Sendable {
    package let name: String
    package var cases = 0
    package var files: [FileCoverage]
  }

  /// All files, in the order of the report.
  package var files: [FileCoverage] {
    policies.flatMap(\.files) + modules + plugins.flatMap(\.files)
  }

  package var lineRatio: Ratio { files.map(\.lineRatio).reduce(Ratio(), +) }
  package var branchRatio: Ratio { files.map(\.branchRatio).reduce(Ratio(), +) }
  package var reasonRatio: Ratio { policies.map(\.reasonRatio).reduce(Ratio(), +) }
  package var outcomeRatio: Ratio { policies.map(\.outcomeRatio).reduce(Ratio(), +) }

  /// The totals that fall short of a minimum, in words.
  package func shortfalls(belowPermille least: Int) -> [String] {
    [("reasons", reasonRatio), ("outcomes", outcomeRatio), ("lines", lineRatio), ("branches", branchRatio)]
      .filter { $0.1.permille < least }.map { "\($0.0) \($0.1.percent)" }
  }

  /// What is missing, one line each, in the order of the report.
  package var gaps: [String] {
    var gaps: [String] = []
    for policy in policies {
      gaps += policy.gaps.map { "\(policy.name): \($0)" }
      gaps += policy.files.flatMap(\.gaps)
    }
    return gaps + modules.flatMap(\.gaps) + plugins.flatMap { $0.files.flatMap(\.gaps) }
  }
}

extension FileCoverage {
  package var lineRatio: CoverageReport.Ratio {
    let lines = lines
    return .init(covered: lines.count { $0.hits > 0 }, total: lines.count)
  }

  /// Each outcome of each condition counts.
  package var branchRatio: CoverageReport.Ratio {
    let branches = branches
    let total = branches.reduce(0) { $0 + $1.outcomes.count }
    return .init(covered: total - branches.reduce(0) { $0 + $1.missing.count }, total: total)
  }

  /// `file:line: …` in the order of the text. A condition in a statement that never ran is not told beside it.
  package var gaps: [String] {
    let statements = idleStatements.map { site in
      (site.range.lowerBound, "\(file.file):\(site.line): statement never ran: `\(file.excerpt(of: site))`")
    }
    let conditions = branches.filter { $0.isReached && !$0.missing.isEmpty }.map { branch in
      (
        branch.site.range.lowerBound,
        "\(file.file):\(branch.site.line): condition `\(file.excerpt(of: branch.site))` \(branch.fault)"
      )
    }
    return (statements + conditions).sorted { $0.0 < $1.0 }.map(\.1)
  }
}

extension FileCoverage.Branch {
  /// What is missing, in words.
  package var fault: String {
    missing.count == 2 ? "never evaluated" : missing.first == true ? "never true" : "never false"
  }
}
