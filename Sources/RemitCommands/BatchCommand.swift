internal import ArgumentParser
private import Glibc
private import RemitEngine
private import RemitModel
private import RemitPolicy

/// `remit batch`: one decision a line.
struct BatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "batch",
    abstract: "Decide a file of transactions, one a line.",
    discussion: """
      Results go to standard output in the order of the input, a summary to standard error.

      With --format csv the input's first row names fields, `requester.level` being a nested one, and the output has the input's \
      columns with the decision's beside them. As these are known only at the end, it is written then.

      A policy that decides rows together is given all rows of a group at once, so results are written after the last row was read. \
      What does not fit in memory until then waits in files in TMPDIR.

      Exit status: 0 every line decided, 3 some lines have errors (all others are decided), 2 wrong usage or a file that cannot \
      be read or written, 4 the policy could not be loaded.
      """
  )

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case ndjson, csv
  }

  @OptionGroup var decision: DecisionOptions

  @Option(help: ArgumentHelp("How many workers decide. (default: one for each core)", valueName: "n"))
  var jobs: Int?

  @Option(help: "What the input and the output are.")
  var format = Format.ndjson

  @OptionGroup var folders: FolderOptions

  @Argument(help: ArgumentHelp("The input; - or nothing is standard input.", valueName: "file"))
  var file: String?

  private static let jobsMax = 256

  func run() throws {
    // A reader that has gone is told by write(2).
    signal(SIGPIPE, SIG_IGN)
    let jobs = self.jobs ?? max(1, min(Self.jobsMax, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    guard (1...Self.jobsMax).contains(jobs) else {
      throw CommandFailure(.usage, "--jobs: expected a number from 1 to \(Self.jobsMax), got \(jobs)")
    }
    let paramsJSON = try decision.paramsJSON()
    let at = decision.time
    let loader = try folders.loader()
    let policy: LoadedPolicy
    let evaluator: Evaluator
    do {
      let (loaded, machine) = try loader.load(named: decision.policy)
      policy = loaded
      evaluator = try Evaluator(loaded, machine: machine, params: paramsJSON, at: at)
    } catch let error as PolicyLoadError {
      throw CommandFailure(error)
    } catch let error as EngineError {
      throw CommandFailure(error.code.exitStatus, error.description)
    }
    let source = try InputFile(file)
    if file == nil && Terminal.inputIsTerminal {
      Terminal.error("reading transactions from standard input, one a line; control-D ends them")
    }
    let meter = ProgressMeter()
    var runner = BatchRunner(jobs: jobs)
    if Terminal.errorIsTerminal { runner.onWritten = { meter.show(rows: $0) } }
    let sink = MeteredSink(FileStream(STDOUT_FILENO, name: "standard output"), meter)
    let makeEvaluator: @Sendable () throws -> Evaluator = { try Evaluator(policy, params: paramsJSON, at: at) }
    let declaration = policy.declaration
    let report: BatchRunner.Report
    do throws(StreamError) {
      switch (format, declaration.group == nil) {
      case (.ndjson, true):
        report = runner.runLines(
          from: source.stream, to: sink, outcomes: declaration.outcomes.count, first: evaluator,
          makeDecider: makeEvaluator)
      case (.csv, true):
        report = try runner.runCSV(
          from: source.stream, to: sink, declaration: declaration, first: evaluator, makeDecider: makeEvaluator)
      case (.ndjson, false):
        report = runner.runGroupLines(
          from: source.stream, to: sink, outcomes: declaration.outcomes.count, first: evaluator,
          makeEvaluator: makeEvaluator)
      case (.csv, false):
        report = try runner.runGroupCSV(
          from: source.stream, to: sink, declaration: declaration, first: evaluator, makeEvaluator: makeEvaluator)
      }
    } catch {
      throw CommandFailure(.usage, error.description)
    }
    try finish(report, policy, meter)
  }

  /// Says what was done, and ends with the status for it.
  private func finish(_ report: BatchRunner.Report, _ policy: LoadedPolicy, _ meter: ProgressMeter) throws {
    meter.clear()
    if report.failure?.isClosedPipe == true { return }
    let tally = report.tally
    let seconds = meter.seconds
    let outcomes = zip(policy.declaration.outcomes, tally.outcomes).filter { $0.1 > 0 }.map { "\($0.1) \($0.0)" }
    let parts =
      [Self.count(tally.rows, "row")] + outcomes + [
        Self.count(tally.errors, "error"), "\(SystemClock.text(seconds, places: 2)) s",
        "\(Int(Double(tally.rows - tally.errors) / max(seconds, 1e-6))) decisions/s",
      ]
    Terminal.error(parts.joined(separator: ", "))
    if let failure = report.failure { throw CommandFailure(.usage, failure.description) }
    if tally.errors > 0 { throw CommandFailure(.linesInError) }
  }

  private static func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }
}
