internal import RemitLua
internal import RemitModel
internal import RemitPolicy
internal import RemitSyntax

/// Tests that mutants have to meet: those of a policy or a plugin, with what each case reaches.
struct TestedSubject: Sendable {
  enum Kind: Sendable {
    case policy(PolicyName)
    case plugin(String)
  }

  let kind: Kind
  let cases: [PolicyTestRunner.Case]
  /// Everything that is loaded with it, by the names that messages have.
  let files: Set<String>
  /// By case, by file: the statements that ran, by the numbers of their sites. Empty for a plugin.
  let reached: [[String: Set<Int>]]

  /// Its own file.
  var file: String {
    switch kind {
    case .policy(let name): name.file
    case .plugin(let name): "plugins/\(name)/plugin.lua"
    }
  }

  /// The places of the cases, those first that run the statement.
  func order(reaching site: Int?, of file: String) -> [Int] {
    guard let site, !reached.isEmpty else { return Array(cases.indices) }
    let isFirst = reached.map { $0[file]?.contains(site) ?? false }
    return cases.indices.filter { isFirst[$0] } + cases.indices.filter { !isFirst[$0] }
  }

  /// Tries one case after the other on mutants.
  ///
  /// - Returns: Nil where all pass; true where one failed, false where nothing can be loaded.
  func isNoticed(in store: ModuleStore, order: [Int]) -> Bool? {
    switch kind {
    case .policy(let name):
      let loader = PolicyLoader(store)
      guard let (policy, machine) = try? loader.load(name) else { return false }
      let machines = MutantMachines(store, machine)
      let runner = PolicyTestRunner(loader, observer: machines)
      return isNoticed(machines, order) { runner.run($0, of: policy) }
    case .plugin(let name):
      guard (try? PluginLoader(store).load(name, settings: .some(nil))) != nil else { return false }
      let machines = MutantMachines(store)
      let runner = PluginTestRunner(store, observer: machines)
      return isNoticed(machines, order) { runner.run($0, of: name) }
    }
  }

  private func isNoticed(
    _ machines: MutantMachines, _ order: [Int], differences: (PolicyTestRunner.Case) -> [String]
  ) -> Bool? {
    for place in order where !differences(cases[place]).isEmpty {
      guard machines.dropSpent() else { return true }
      if !differences(cases[place]).isEmpty { return true }
    }
    return nil
  }
}

/// Runs tests traced, to know what each case reaches.
struct SubjectReader {
  private let store: ModuleStore
  private(set) var subjects: [TestedSubject] = []
  private(set) var files: [String: FileCoverage] = [:]

  init(_ store: ModuleStore) {
    self.store = store
  }

  /// - Returns: False where a case does not pass.
  mutating func read(_ name: PolicyName) throws(PolicyLoadError) -> Bool {
    let plain = PolicyTestRunner(PolicyLoader(store))
    let recorder = CoverageRecorder(store)
    let runner = PolicyTestRunner(PolicyLoader(store), observer: recorder)
    for suite in try plain.suites(of: name) {
      var reached: [[String: Set<Int>]] = []
      for item in suite.cases {
        guard plain.run(item, of: suite.policy).isEmpty else { return false }
        _ = runner.run(item, of: suite.policy)
        reached.append(recorder.statementsSinceLast())
      }
      subjects.append(
        TestedSubject(
          kind: .policy(suite.policy.name), cases: suite.cases, files: recorder.loadedFiles, reached: reached))
      take(recorder)
    }
    return true
  }

  mutating func read(plugin name: String) throws(PolicyLoadError) -> Bool {
    let plain = PluginTestRunner(store)
    let recorder = CoverageRecorder(store)
    let runner = PluginTestRunner(store, observer: recorder)
    let cases = try plain.cases(of: name)
    for item in cases {
      guard plain.run(item, of: name).isEmpty else { return false }
      _ = runner.run(item, of: name)
    }
    subjects.append(TestedSubject(kind: .plugin(name), cases: cases, files: recorder.loadedFiles, reached: []))
    take(recorder)
    return true
  }

  private mutating func take(_ recorder: CoverageRecorder) {
    recorder.gather()
    for (name, more) in recorder.files { files[name, default: FileCoverage(more.file)].add(more) }
  }
}
