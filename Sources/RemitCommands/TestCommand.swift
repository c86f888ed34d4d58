internal import ArgumentParser
private import RemitEngine
private import RemitModel
internal import RemitPolicy

/// `remit test`: the policies' own tests.
struct TestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Run the tests of policies and plugins.",
    usage: "remit test [<options>] [<path>]",
    discussion: """
      Tests stand beside the policy, in <family>/<name>_test.lua, and in a plugin's folder, in plugin_test.lua. PATH is a policy's \
      name or a plugin's, such as plugin.fx, a test file, a family's or a plugin's folder, or another folder of policies.

      Exit status: 0 all passed, 1 some failed or could not be loaded, or no case matches the filter, or coverage is below \
      its minimum, or a mutant survived, 2 wrong usage.
      """
  )

  @OptionGroup var folders: FolderOptions

  @Argument(help: ArgumentHelp("What to test. (default: everything)", valueName: "path"))
  var path: String?

  @OptionGroup var options: TestRunOptions

  @OptionGroup(title: "Coverage") var coverage: CoverageOptions

  @OptionGroup(title: "Mutation") var mutation: MutationOptions

  func run() throws {
    if !options.filter.isEmpty && (coverage.isWanted || mutation.isWanted) {
      throw CommandFailure(.usage, "--filter does not go with coverage or mutation: they are of all cases")
    }
    if options.watch && (options.record || coverage.isWanted || mutation.isWanted) {
      throw CommandFailure(.usage, "--watch goes with --filter, --junit and --seed alone")
    }
    if options.watch { try watch() }
    let isRecorded = options.record ? try TestRecording.run(try TestSelection(path, folders)) : false
    let selection = try TestSelection(path, folders)
    for file in selection.misnamedFiles { Terminal.warn(misnamed: file) }
    let run = try TestRun(selection, options)
    Terminal.print("\(run.passed) passed, \(run.failed) failed")
    if run.passed + run.failed == 0 && run.omitted > 0 {
      throw CommandFailure(.failed, "no case matches \(options.filter.map { "\"\($0)\"" }.joined(separator: " or "))")
    }
    let isCovered = try !coverage.isWanted || coverage.report(run, of: selection)
    let isKilled = try !mutation.isWanted || run.failed > 0 || mutation.report(of: selection)
    if run.failed > 0 || !isCovered || !isKilled || isRecorded { throw CommandFailure(.failed) }
  }

  /// Runs what is affected by each change, and never returns: who wants an end interrupts it.
  private func watch() throws -> Never {
    let watched = [folders.policies, folders.plugins] + (path.map { [$0] } ?? [])
    var state = FolderState(watched)
    var changes: [String] = []
    while true {
      let clock = ContinuousClock()
      let start = clock.now
      do {
        let selection = try TestSelection(path, folders).affected(by: changes)
        for file in selection.misnamedFiles { Terminal.warn(misnamed: file) }
        let run = try TestRun(selection, options)
        let milliseconds = (clock.now - start) / .milliseconds(1)
        Terminal.print("\(run.passed) passed, \(run.failed) failed in \(Int(milliseconds.rounded())) ms")
      } catch let failure as CommandFailure where !changes.isEmpty {
        // A policy that is being written may be away for a while.
        for message in failure.messages { Terminal.error(message) }
      }
      (state, changes) = state.waitForChange(in: watched)
      let more = changes.count > 1 ? " and \(changes.count - 1) more" : ""
      Terminal.print("--- \(changes.first ?? "")\(more) changed")
    }
  }
}
