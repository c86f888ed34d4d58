internal import ArgumentParser
private import Glibc
private import RemitEngine
private import RemitModel
private import RemitPolicy

/// What `remit test` is to do with mutants.
struct MutationOptions: ParsableArguments {
  @Flag(
    name: .customLong("mutate"),
    help: "Change the policies in one place at a time, and print the changes that no test notices.")
  var isWanted = false

  /// Judges all mutants and prints what there is to say.
  ///
  /// - Returns: False where one survived.
  func report(of selection: TestSelection) throws -> Bool {
    let run: MutationRun
    let list: EquivalentMutants
    do {
      list = try EquivalentMutants(selection.loader.store.folder)
      run = try MutationRun(
        selection.loader.store, policies: selection.names, plugins: selection.plugins,
        includesModules: selection.isWhole)
    } catch let error as PolicyLoadError {
      throw CommandFailure(.failed, messages: CommandFailure(error).messages)
    } catch MutationRun.Failure.loading(let error) {
      throw CommandFailure(.failed, messages: CommandFailure(error).messages)
    } catch MutationRun.Failure.failing(let name) {
      throw CommandFailure(.failed, "no mutants: the tests of \(name) do not pass")
    }
    let meter = ProgressMeter()
    let total = run.mutants.count
    let fates = run.judge(jobs: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))) { judged in
      if Terminal.errorIsTerminal { meter.show { _ in "\(judged) of \(total) mutants" } }
    }
    meter.clear()
    let report = MutationReport(run, fates, list)
    for line in report.equivalents + report.survivors + report.stale { Terminal.print(line) }
    Terminal.print(report.summary)
    return report.survivors.isEmpty && report.stale.isEmpty
  }
}
