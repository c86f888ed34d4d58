internal import ArgumentParser
internal import RemitLog
private import RemitModel

/// `remit log`: the decision log, read.
struct LogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log",
    abstract: "Look into a decision log: is every line there and untouched, and what does it say.",
    subcommands: [LogVerifyCommand.self, LogCatCommand.self, LogStatsCommand.self]
  )
}

/// Which log.
struct LogFolders: ParsableArguments {
  @Argument(
    help: ArgumentHelp("The log's folder, and those in which it went on when that was full.", valueName: "dir"))
  var folders: [String]

  func reader() throws -> LogReader {
    do throws(LogError) {
      return try LogReader(folders)
    } catch {
      throw CommandFailure(error)
    }
  }
}

extension CommandFailure {
  /// What is broken is an answer; what cannot be read is none.
  init(_ error: LogError) {
    self.init(error.isBroken ? .failed : .usage, error.message)
  }
}

/// `remit log verify`.
struct LogVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check that every line of a decision log is there and as it was written.",
    discussion: """
      Looks at each line's hash, at the chain of hashes over all segments, at the numbers of the lines, and at the file `head`, which \
      tells whether lines are missing at the end. A service may be writing meanwhile.

      A log that was made up from its first line on has a chain too: note the last hash elsewhere from time to time, and give it \
      with --expect.

      Exit status: 0 whole, 1 broken (what is wrong stands on standard error, with segment and line), 2 it cannot be read.
      """
  )

  @Option(help: ArgumentHelp("A hash that was noted: some line must have it.", valueName: "hash"))
  var expect: String?

  @Option(
    help: ArgumentHelp(
      "The line that the log begins with, where older segments were taken away. (default: 1)", valueName: "n")
  )
  var first: Int?

  @OptionGroup var log: LogFolders

  func run() throws {
    let first = first ?? 1
    guard first > 0 else { throw CommandFailure(.usage, "--first: expected a number from 1 on, got \(first)") }
    let report: LogVerifier.Report
    do throws(LogError) {
      report = try LogVerifier.verify(log.folders, firstNumber: first, noted: expect?.lowercased())
    } catch {
      throw CommandFailure(error)
    }
    for note in report.notes { Terminal.error("note: \(note)") }
    guard report.isWhole else {
      throw CommandFailure(.failed, messages: report.problems + (report.hasMoreProblems ? ["and more"] : []))
    }
    Terminal.print(Self.words(report))
  }

  private static func words(_ report: LogVerifier.Report) -> String {
    let segments = "\(report.segments) segment\(report.segments == 1 ? "" : "s")"
    guard let from = report.firstTime, let to = report.lastTime, let hash = report.lastHash else {
      return "\(report.lines) lines in \(segments)"
    }
    return
      "\(report.lines) line\(report.lines == 1 ? "" : "s") in \(segments), from \(from) to \(to), last hash \(hash)"
  }
}
