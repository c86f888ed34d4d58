internal import ArgumentParser
private import Glibc
private import RemitAnalysis
private import RemitLog
private import RemitModel
private import RemitPolicy

/// `remit replay`: the decision log's requests once more.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Decide a decision log's requests once more, and compare.",
    discussion: """
      Each line of the log is decided again, with its own params and time, and every byte of the result is compared with what was \
      logged. Where a policy's version is no longer the one that was logged, that is said, and the decisions are compared all the same.

      The service's budgets have to be given again where they were not the defaults: --nesting, --instructions, --memory-bytes, \
      --decision-ms.

      With --candidate the log is decided under another folder of policies: what turns, from which outcome to which.

      What differs goes to standard output, \(ReplayCommand.toldMax) lines of each kind (--all: every one), a summary to standard error. \
      The log's hash chain is verified on the way.

      Exit status: 0 everything is equal, 1 something differs, 2 wrong usage or a log that is broken or cannot be read, 4 a policy \
      of the log does not load.
      """
  )

  static let toldMax = 5

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("The log's folder; given again for folders in which it went on.", valueName: "dir"))
  var log: [String]

  @Option(help: ArgumentHelp("Policies to decide under in place of --policies.", valueName: "dir"))
  var candidate: String?

  @Option(help: ArgumentHelp("Plugins for the candidate in place of --plugins.", valueName: "dir"))
  var candidatePlugins: String?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "A key that masked values were logged with; given again where there were several.", valueName: "file"))
  var logKey: [String] = []

  @Flag(help: "Tell every line that differs.")
  var all = false

  @Flag(help: "Write JSON, one object a line, the sums last.")
  var json = false

  @Option(help: ArgumentHelp("How many workers decide. (default: one for each core)", valueName: "n"))
  var jobs: Int?

  @Option(help: ArgumentHelp("The nesting of inputs that the service let pass.", valueName: "n"))
  var nesting = Limits().nestingDepthMax

  @OptionGroup var budgets: DecisionBudgets
  @OptionGroup var folders: FolderOptions

  private static let jobsMax = 256

  func run() throws {
    signal(SIGPIPE, SIG_IGN)
    let jobs = self.jobs ?? max(1, min(Self.jobsMax, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    guard (1...Self.jobsMax).contains(jobs) else {
      throw CommandFailure(.usage, "--jobs: expected a number from 1 to \(Self.jobsMax), got \(jobs)")
    }
    guard (1...1000).contains(nesting) else {
      throw CommandFailure(.usage, "--nesting: expected a number from 1 to 1000, got \(nesting)")
    }
    guard candidate != nil || candidatePlugins == nil else {
      throw CommandFailure(.usage, "--candidate-plugins: these are for a candidate (--candidate DIR)")
    }
    var limits = Limits()
    limits.nestingDepthMax = nesting
    try budgets.apply(to: &limits)
    let loader = try folders.loader(policies: candidate, plugins: candidatePlugins, limits: limits)
    // They tell what was accepted where values are masked; a candidate is compared without them, too.
    let former = candidate == nil ? nil : try? folders.loader(limits: limits)
    var replayer = Replayer(ReplayPolicies(loader, former: former), jobs: jobs)
    if !all { replayer.toldMax = Self.toldMax }
    let reader: LogReader
    do throws(LogError) {
      replayer.keys = try logKey.map { (path) throws(LogError) in try LogKey(file: path) }
      reader = try LogReader(log)
    } catch {
      throw CommandFailure(.usage, error.description)
    }
    let meter = ProgressMeter()
    let clears = Terminal.outputIsTerminal
    replayer.onDifference = { [json] difference in
      if clears { meter.clear() }
      if json {
        Terminal.print(difference.json)
      } else {
        for line in difference.lines { Terminal.print(line) }
      }
    }
    if Terminal.errorIsTerminal { replayer.onProgress = { meter.show(rows: $0) } }
    let report = replayer.run(reader)
    meter.clear()
    try finish(ReplaySummary(report, isCandidate: candidate != nil, seconds: meter.seconds), report.failure)
  }

  /// Says what was done, and ends with the status for it.
  private func finish(_ summary: ReplaySummary, _ failure: ReplayFailure?) throws {
    if json {
      Terminal.print(summary.json)
    } else {
      for line in summary.table { Terminal.print(line) }
    }
    for line in summary.notes { Terminal.error(line) }
    switch failure {
    case .policy(let error): throw CommandFailure(error)
    case .log(let error): throw CommandFailure(.usage, error.description)
    case .other(let message): throw CommandFailure(.usage, message)
    case nil: break
    }
    if summary.differs { throw CommandFailure(.failed) }
  }
}
