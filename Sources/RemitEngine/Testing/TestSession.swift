package import RemitModel
package import RemitPolicy
private import RemitWire

/// Runs the tests of policies and plugins on several threads. What it returns does not depend on how many.
package struct TestSession: Sendable {
  /// Whose tests are run.
  package enum Subject: Hashable, Sendable {
    case policy(PolicyName)
    /// Without `plugin.`.
    case plugin(String)
  }

  /// What became of the tests of one subject.
  package struct Outcome: Sendable {
    package var results: [PolicyTestRunner.CaseResult] = []
    /// Cases that the filter left out.
    package var omitted = 0
    /// Why its tests could not be loaded.
    package var failure: PolicyLoadError?
    package var seconds = 0.0
  }

  private let loader: PolicyLoader
  private let seed: UInt64?
  private let jobs: Int
  private let filter: [String]

  /// - Parameters:
  ///   - filter: Parts of `policy: name`, in either case; a case that has one of them is run. Empty: all are.
  ///   - seed: What properties begin with, in the place of their own.
  package init(_ loader: PolicyLoader, jobs: Int, filter: [String] = [], seed: UInt64? = nil) {
    precondition(jobs >= 1, "tests need a thread")
    self.loader = loader
    self.seed = seed
    self.jobs = jobs
    self.filter = filter.map { $0.lowercased() }
  }

  // Not kept: a runner belongs to one thread.
  private var runner: PolicyTestRunner { PolicyTestRunner(loader, seed: seed) }
  private var plugins: PluginTestRunner { PluginTestRunner(loader.store) }

  private enum Owner: Sendable {
    case policy(LoadedPolicy)
    case plugin(String)
  }

  /// Some cases that one thread runs one after the other.
  private struct Portion: Sendable {
    var owner: Owner
    var cases: ArraySlice<PolicyTestRunner.Case>
  }

  private struct Read: Sendable {
    var portions: [Portion] = []
    var omitted = 0
    var failure: PolicyLoadError?
    var seconds = 0.0
  }

  /// So many cases at a time: few enough for the threads to end together, enough for what they share to pay.
  private static let portionCases = 16

  /// - Returns: One outcome for each subject, in their order.
  package func run(_ subjects: [Subject]) -> [Outcome] {
    let read = parallelMap(subjects, jobs: jobs) { subject in
      var read = Read()
      read.seconds = seconds {
        do throws(PolicyLoadError) {
          try self.read(subject, into: &read)
        } catch {
          read.failure = error
        }
      }
      return read
    }
    // The longest first would end sooner still, but there is no telling which that is.
    let portions = read.flatMap(\.portions)
    var results = parallelMap(portions, jobs: jobs) { run($0) }[...]
    return read.map { read in
      let own = results.prefix(read.portions.count).flatMap { $0 }
      results = results.dropFirst(read.portions.count)
      let seconds = own.reduce(read.seconds) { $0 + $1.seconds }
      return Outcome(results: own, omitted: read.omitted, failure: read.failure, seconds: seconds)
    }
  }

  private func read(_ subject: Subject, into read: inout Read) throws(PolicyLoadError) {
    switch subject {
    case .policy(let name):
      for suite in try runner.suites(of: name) {
        add(suite.cases, of: .policy(suite.policy), called: suite.policy.name.description, to: &read)
      }
    case .plugin(let name): add(try plugins.cases(of: name), of: .plugin(name), called: "plugin.\(name)", to: &read)
    }
  }

  private func add(_ cases: [PolicyTestRunner.Case], of owner: Owner, called name: String, to read: inout Read) {
    let wanted = cases.filter { isWanted("\(name): \($0.name)") }
    read.omitted += cases.count - wanted.count
    for start in stride(from: 0, to: wanted.count, by: Self.portionCases) {
      let cases = wanted[start..<min(start + Self.portionCases, wanted.count)]
      read.portions.append(Portion(owner: owner, cases: cases))
    }
  }

  private func isWanted(_ name: String) -> Bool {
    guard !filter.isEmpty else { return true }
    let name = name.lowercased()
    return filter.contains { name.contains($0) }
  }

  private func run(_ portion: Portion) -> [PolicyTestRunner.CaseResult] {
    var runner = runner
    runner.pool = EvaluatorPool()
    return portion.cases.map { item in
      var differences: [String] = []
      let name: String
      let seconds: Double
      switch portion.owner {
      case .policy(let policy):
        name = policy.name.description
        seconds = self.seconds { differences = runner.run(item, of: policy) }
      case .plugin(let plugin):
        name = "plugin.\(plugin)"
        seconds = self.seconds { differences = plugins.run(item, of: plugin) }
      }
      return .init(
        policy: name, name: item.name, differences: differences, file: item.file, line: item.line, number: item.number,
        seconds: seconds)
    }
  }

  private func seconds(_ body: () -> Void) -> Double {
    let taken = ContinuousClock().measure(body).components
    return Double(taken.seconds) + Double(taken.attoseconds) / 1e18
  }
}
