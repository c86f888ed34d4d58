package import RemitModel
package import RemitPolicy
internal import RemitSyntax
internal import RemitWire

/// Runs tests a second time, traced, and reports what they reach.
///
/// The verdicts are those of the plain run: a traced text may word an error otherwise. What failed there covers lines and branches
/// here, but neither reasons nor outcomes.
package struct CoverageRun {
  private let store: ModuleStore
  private let recorder: CoverageRecorder
  private var policies: [CoverageReport.Policy] = []
  private var pluginCases: [String: Int] = [:]

  package init(_ store: ModuleStore) {
    self.store = store
    recorder = CoverageRecorder(store)
  }

  /// Runs the cases of the policy's test file.
  ///
  /// - Parameter passed: The cases that passed in the plain run.
  package mutating func run(_ name: PolicyName, passed: Set<String>) throws(PolicyLoadError) {
    let runner = PolicyTestRunner(PolicyLoader(store), observer: recorder)
    for suite in try runner.suites(of: name) {
      let place = place(of: suite.policy)
      for item in suite.cases {
        policies[place].cases += 1
        recorder.beginCase()
        _ = runner.run(item, of: suite.policy)
        guard passed.contains(item.name) else { continue }
        for decision in recorder.decisions {
          policies[place].citedReasons.formUnion(decision["reasons"]?.elements.compactMap(\.string) ?? [])
          if let outcome = decision["outcome"]?.string { policies[place].decidedOutcomes.insert(outcome) }
        }
      }
    }
  }

  /// Runs the cases of the plugin's test file.
  package mutating func run(plugin name: String) throws(PolicyLoadError) {
    let runner = PluginTestRunner(store, observer: recorder)
    let cases = try runner.cases(of: name)
    pluginCases[name, default: 0] += cases.count
    for item in cases { _ = runner.run(item, of: name) }
  }

  /// What was reached.
  ///
  /// A file counts where its own tests ran: a policy's where it is among `subjects`, what policies share where all policies are, a
  /// plugin's where the plugin is. What has no tests at all counts too, with nothing covered.
  package mutating func report(
    policies subjects: [PolicyName], plugins: [String], includesModules: Bool
  ) -> CoverageReport {
    recorder.gather()
    var report = CoverageReport()
    for name in subjects where !policies.contains(where: { $0.name == name }) {
      do throws(PolicyLoadError) {
        _ = place(of: try PolicyLoader(store).load(name).0)
      } catch {
        report.problems.append("\(name): cannot be loaded")
      }
    }
    var files = recorder.files
    func take(_ module: String) -> [FileCoverage] {
      guard let file = TracedFile(module: module, in: store) else { return [] }
      return [files.removeValue(forKey: file.file) ?? FileCoverage(file)]
    }
    for var policy in policies.sorted(by: { $0.name < $1.name }) where subjects.contains(policy.name) {
      policy.files = take(policy.name.description)
      report.policies.append(policy)
    }
    for name in plugins {
      if !pluginCases.keys.contains(name), (try? PluginLoader(store).load(name, settings: .some(nil))) == nil {
        report.problems.append("plugin.\(name): cannot be loaded")
      }
      let own = take("plugin.\(name)")
      let others = files.keys.filter { $0.hasPrefix("plugins/\(name)/") }.sorted()
      report.plugins.append(
        .init(
          name: name, cases: pluginCases[name] ?? 0, files: own + others.compactMap { files.removeValue(forKey: $0) }))
    }
    if includesModules {
      report.modules = files.values.filter { isShared($0.file.file) }.sorted { $0.file.file < $1.file.file }
    }
    report.problems += recorder.problems.sorted()
    return report
  }

  private func isShared(_ file: String) -> Bool {
    !file.hasPrefix("plugins/") && !store.folder.policyNames().contains { $0.file == file }
  }

  private mutating func place(of policy: LoadedPolicy) -> Int {
    if let known = policies.firstIndex(where: { $0.name == policy.name }) { return known }
    policies.append(
      .init(
        name: policy.name, reasons: policy.declaration.reasons.map(\.code), outcomes: policy.declaration.outcomes,
        files: []))
    return policies.count - 1
  }
}
