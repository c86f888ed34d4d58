internal import ArgumentParser
private import RemitEngine
private import RemitModel
internal import RemitPolicy

/// `remit test`: the policies' own tests.
struct TestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Run the tests of policies and plugins.",
    discussion: """
      Tests stand beside the policy, in <family>/<name>_test.lua, and in a plugin's folder, in plugin_test.lua. PATH is a policy's \
      name or a plugin's, such as plugin.fx, a test file, a family's or a plugin's folder, or another folder of policies.

      Exit status: 0 all passed, 1 some failed or could not be loaded, or coverage is below its minimum, or a mutant \
      survived, 2 wrong usage.
      """
  )

  @OptionGroup var folders: FolderOptions

  @Argument(help: ArgumentHelp("What to test. (default: everything)", valueName: "path"))
  var path: String?

  @OptionGroup(title: "Coverage") var coverage: CoverageOptions

  @OptionGroup(title: "Mutation") var mutation: MutationOptions

  func run() throws {
    let selection = try TestSelection(path, folders)
    for file in selection.misnamedFiles { Terminal.warn(misnamed: file) }
    let run = TestRun(selection)
    Terminal.print("\(run.passed) passed, \(run.failed) failed")
    let isCovered = try !coverage.isWanted || coverage.report(run, of: selection)
    let isKilled = try !mutation.isWanted || run.failed > 0 || mutation.report(of: selection)
    if run.failed > 0 || !isCovered || !isKilled { throw CommandFailure(.failed) }
  }
}

/// The tests as they were run, with what to say of failures said.
struct TestRun {
  private(set) var passed = 0
  private(set) var failed = 0
  /// The cases that passed, of each whose tests could be loaded.
  private(set) var passedCases: [TestSubject: Set<String>] = [:]

  init(_ selection: TestSelection) {
    let runner = PolicyTestRunner(selection.loader)
    let plugins = PluginTestRunner(selection.loader.store)
    for subject in selection.subjects {
      do throws(PolicyLoadError) {
        let results =
          switch subject {
          case .policy(let name): try runner.run(name)
          case .plugin(let name): try plugins.run(name)
          }
        let failures = results.filter { !$0.differences.isEmpty }
        passed += results.count - failures.count
        failed += failures.count
        passedCases[subject] = Set(results.filter(\.differences.isEmpty).map(\.name))
        for failure in failures {
          Terminal.print("\(failure.policy): \(failure.name)")
          for line in failure.differences { Terminal.print("  \(line)") }
        }
      } catch {
        failed += 1
        Terminal.print("\(subject.name): its tests cannot be loaded")
        for message in CommandFailure(error).messages { Terminal.print("  \(message)") }
      }
    }
  }
}
