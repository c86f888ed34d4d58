internal import RemitEngine
private import RemitModel
private import RemitPolicy

/// The stages of one decision, run in turn over the same input.
struct Bench {
  private let input: Input
  private let rounds: Int
  private let limits = Limits()
  private let natural: Evaluator
  private let approve: Evaluator
  private let reading: ReadingDecider
  private let clocked: ClockedDecider
  private let second: Handover

  init(_ options: Options) throws {
    input = try Input(path: options.file, linesMax: options.linesMax)
    guard input.lines > 0 else { throw BenchError("\(options.file): no lines") }
    rounds = options.roundCount
    let folder = PolicyFolder(policies: options.policies, plugins: "plugins")
    let loader = PolicyLoader(ModuleStore(folder: folder, limits: limits))
    func load(_ name: String) throws(BenchError) -> (LoadedPolicy, PolicyMachine) {
      do throws(PolicyLoadError) {
        return try loader.load(named: name)
      } catch {
        switch error {
        case .unknown: throw BenchError("\(options.policies): no policy \(name)")
        case .broken(let diagnostics): throw BenchError(diagnostics.map(\.description).joined(separator: "\n"))
        }
      }
    }
    func evaluator(_ name: String) throws -> Evaluator {
      let (policy, machine) = try load(name)
      return try Evaluator(policy, machine: machine, params: Array("{}".utf8), at: "2025-06-15T08:00:00Z")
    }
    natural = try evaluator("benchmark.natural")
    approve = try evaluator("benchmark.approve")
    reading = ReadingDecider(try load("benchmark.natural").1)
    clocked = ClockedDecider(try evaluator("benchmark.natural"), capacity: input.lines)
    second = Handover(try evaluator("benchmark.natural"))
  }

  // MARK: Checking

  /// Holds the first answers against the reference, and those of two workers against those of one.
  ///
  /// - Returns: How many lines the reference has decided.
  func checkAnswers() throws -> Int {
    let reference = Reference(
      naturalLabel: String(decoding: natural.label, as: UTF8.self),
      approveLabel: String(decoding: approve.label, as: UTF8.self))
    let one = try answers { run(natural, to: $0) }
    let approved = try answers { run(approve, to: $0) }
    let clockedAnswers = try answers { run(clocked, to: $0) }
    let two = try answers { runTwo(to: $0) }
    guard two == one else { throw BenchError("two workers answer otherwise than one") }
    guard clockedAnswers == one else { throw BenchError("with a clock the answers are others") }

    let lines = input.first(1_000)
    let naturalLines = one.split(separator: 10, maxSplits: lines.count)
    let approvedLines = approved.split(separator: 10, maxSplits: lines.count)
    guard naturalLines.count >= lines.count, approvedLines.count >= lines.count else {
      throw BenchError("fewer answers than lines")
    }
    for (index, line) in lines.enumerated() {
      guard let expected = reference.answers(to: line) else {
        throw BenchError("\(input.path):\(index + 1): no transaction of the natural benchmark")
      }
      for (got, wanted) in [(naturalLines[index], expected.natural), (approvedLines[index], expected.approve)]
      where !got.elementsEqual(wanted.utf8) {
        let got = String(decoding: got, as: UTF8.self)
        throw BenchError("\(input.path):\(index + 1): wrong answer\n  got      \(got)\n  expected \(wanted)")
      }
    }
    return lines.count
  }

  private func answers(_ run: (any ByteSink) -> BatchRunner.Report) throws -> [UInt8] {
    let sink = KeepingSink()
    try check(run(sink))
    return sink.bytes
  }

  private func check(_ report: BatchRunner.Report) throws {
    if let failure = report.failure { throw BenchError(failure.description) }
    let tally = report.tally
    guard tally.errors == 0, tally.rows == input.lines else {
      throw BenchError("\(input.path): of \(input.lines) lines \(tally.rows) were taken, \(tally.errors) have errors")
    }
  }

  // MARK: Measuring

  /// Runs every stage once a round, in turn.
  func measure() throws -> Figures {
    let framing = FramingDecider()
    let validating = ValidatingDecider(depthMax: limits.nestingDepthMax)
    var figures = Figures(lines: input.lines, bytes: input.bytes.count, rounds: rounds)
    for _ in 0..<rounds {
      figures.framing.add(try timed { run(framing, to: $0) })
      figures.validating.add(try timed { run(validating, to: $0) })
      figures.reading.add(try timed { run(reading, to: $0) })
      figures.approve.add(try timed { run(approve, to: $0) })
      figures.natural.add(try timed { run(natural, to: $0) })
      figures.twoWorkers.add(try timed { runTwo(to: $0) })
      clocked.forget()
      _ = try timed { run(clocked, to: $0) }
      figures.add(decisions: clocked.nanoseconds)
    }
    return figures
  }

  private func timed(_ run: (any ByteSink) -> BatchRunner.Report) throws -> Turn {
    let sink = CountingSink()
    let wall = Clock.wall.nanoseconds
    let processor = Clock.processor.nanoseconds
    let report = run(sink)
    let turn = Turn(
      processor: Double(Clock.processor.nanoseconds - processor), wall: Double(Clock.wall.nanoseconds - wall),
      outputBytes: sink.count)
    try check(report)
    return turn
  }

  private func run(_ decider: some LineDecider & SendableMetatype, to sink: any ByteSink) -> BatchRunner.Report {
    BatchRunner(jobs: 1, limits: limits).runLines(from: input.source(), to: sink, outcomes: 3, first: decider) {
      throw BenchError("one worker needs no other")
    }
  }

  private func runTwo(to sink: any ByteSink) -> BatchRunner.Report {
    let second = second
    return BatchRunner(jobs: 2, limits: limits).runLines(
      from: input.source(), to: sink, outcomes: 3, first: natural
    ) { second.evaluator }
  }
}
