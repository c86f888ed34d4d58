internal import ArgumentParser
private import Glibc
internal import RemitEngine
private import RemitModel
internal import RemitPolicy

/// What `remit test` runs, and how it reports that.
struct TestRunOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Run only cases whose \"policy: name\" contains this, in either case; several may be given.", valueName: "text"))
  var filter: [String] = []

  @Option(name: .long, help: ArgumentHelp("Write the results as JUnit XML to this file.", valueName: "file"))
  var junit: String?

  @Option(
    name: .long, help: ArgumentHelp("Generate the inputs of properties from this seed, not their own.", valueName: "n"))
  var seed: UInt64?

  @Flag(help: "Write the golden decisions anew where they have changed, and fail if any has.")
  var record = false

  @Flag(help: "Run the tests again whenever a file of the policies or plugins changes, until interrupted.")
  var watch = false

  private static let jobsMax = 256

  func session(_ loader: PolicyLoader) -> TestSession {
    let jobs = max(1, min(Self.jobsMax, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    return TestSession(loader, jobs: jobs, filter: filter, seed: seed)
  }
}
