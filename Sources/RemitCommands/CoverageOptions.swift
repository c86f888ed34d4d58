internal import ArgumentParser
private import RemitEngine
private import RemitModel
private import RemitPolicy

/// What `remit test` is to say of what the tests reach.
struct CoverageOptions: ParsableArguments {
  @Flag(name: .customLong("coverage"), help: "Print what the tests reach: reasons, outcomes, lines, branches.")
  var isPrinted = false

  @Option(help: ArgumentHelp("Write the coverage as an LCOV tracefile.", valueName: "file"))
  var coverageLcov: String?

  @Option(help: ArgumentHelp("Write the coverage as a page with the sources.", valueName: "file"))
  var coverageHtml: String?

  @Option(
    help: ArgumentHelp(
      "Fail where the total of reasons, outcomes, lines or branches is less.", valueName: "percent"))
  var coverageMin: Percent?

  var isWanted: Bool { isPrinted || coverageLcov != nil || coverageHtml != nil || coverageMin != nil }

  /// Runs the tests once more, traced, and reports.
  ///
  /// - Returns: False where the coverage is below the minimum, or could not be taken.
  func report(_ run: TestRun, of selection: TestSelection) throws -> Bool {
    var coverage = CoverageRun(selection.loader.store)
    for subject in selection.subjects {
      // Where the tests cannot be loaded, that has been said.
      guard let passed = run.passedCases[subject] else { continue }
      switch subject {
      case .policy(let name): try? coverage.run(name, passed: passed)
      case .plugin(let name): try? coverage.run(plugin: name)
      }
    }
    let report = coverage.report(
      policies: selection.policies, plugins: selection.allPlugins, includesModules: selection.isWhole)
    Terminal.print("")
    for line in report.text { Terminal.print(line) }
    if let file = coverageLcov { try OutputFile.write(report.lcov(selection.loader.store.folder), to: file) }
    if let file = coverageHtml { try OutputFile.write(report.html(), to: file) }
    for problem in report.problems { Terminal.error("no coverage of \(problem)") }
    guard let least = coverageMin else { return report.problems.isEmpty }
    let shortfalls = report.shortfalls(belowPermille: least.permille)
    if !shortfalls.isEmpty { Terminal.error("coverage is below \(least): \(shortfalls.joined(separator: ", "))") }
    return shortfalls.isEmpty && report.problems.isEmpty
  }
}

/// `90`, `97.5` or `97.5%`.
struct Percent: ExpressibleByArgument, CustomStringConvertible {
  let permille: Int

  init?(argument: String) {
    let parts = (argument.hasSuffix("%") ? argument.dropLast() : argument[...]).split(
      separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    func isDigits(_ text: Substring) -> Bool { !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) } }
    guard parts.allSatisfy(isDigits), parts.count < 2 || parts[1].count == 1,
      let whole = parts.first.flatMap({ Int($0) }),
      whole <= 100
    else { return nil }
    permille = whole * 10 + (parts.count < 2 ? 0 : Int(parts[1]) ?? 0)
    guard permille <= 1000 else { return nil }
  }

  var description: String { permille % 10 == 0 ? "\(permille / 10)%" : "\(permille / 10).\(permille % 10)%" }
}
