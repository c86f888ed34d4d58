internal import RemitEngine
private import RemitModel
internal import RemitPolicy

/// The tests as they were run, with what to say of failures said.
struct TestRun {
  private(set) var passed = 0
  private(set) var failed = 0
  /// Cases that a filter left out.
  private(set) var omitted = 0
  /// The cases that passed, of each whose tests could be loaded.
  private(set) var passedCases: [TestSubject: Set<String>] = [:]
  private var report = JUnitReport()

  init(_ selection: TestSelection, _ options: TestRunOptions) throws {
    let subjects = selection.subjects
    let outcomes = options.session(selection.loader).run(subjects.map(\.inSession))
    for (subject, outcome) in zip(subjects, outcomes) { add(outcome, of: subject) }
    if let path = options.junit { try OutputFile.write(report.bytes, to: path) }
  }

  private mutating func add(_ outcome: TestSession.Outcome, of subject: TestSubject) {
    omitted += outcome.omitted
    let problems = outcome.failure.map { CommandFailure($0).messages } ?? []
    if outcome.failure != nil || !outcome.results.isEmpty {
      report.add(outcome, of: subject.name, problems: problems)
    }
    guard outcome.failure == nil else {
      failed += 1
      Terminal.print("\(subject.name): its tests cannot be loaded")
      for message in problems { Terminal.print("  \(message)") }
      return
    }
    let failures = outcome.results.filter { !$0.differences.isEmpty }
    passed += outcome.results.count - failures.count
    failed += failures.count
    passedCases[subject] = Set(outcome.results.filter(\.differences.isEmpty).map(\.name))
    for failure in failures {
      let place = failure.line > 0 ? "\(failure.file):\(failure.line)" : "\(failure.file), case \(failure.number)"
      Terminal.print("\(failure.policy): \(failure.name)")
      for line in failure.differences { Terminal.print("  \(line)") }
      Terminal.print("  at \(place)")
    }
  }
}

extension TestSubject {
  var inSession: TestSession.Subject {
    switch self {
    case .policy(let name): .policy(name)
    case .plugin(let name): .plugin(name)
    }
  }
}
