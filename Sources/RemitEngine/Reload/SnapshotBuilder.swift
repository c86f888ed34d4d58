private import Glibc
package import RemitModel
package import RemitPolicy

/// Builds snapshots from two folders, one after the other: a policy that is made of the same as before is taken over, and neither
/// compiled nor tested again.
package struct SnapshotBuilder: Sendable {
  /// The folder's path, as the user named it.
  let policies: String
  private let plugins: String
  private let natives: [NativeLibrary]
  private let limits: Limits
  private let jobs: Int

  /// - Parameters:
  ///   - policies: The folder's path. It is looked up each time, so that another folder may take its place.
  ///   - plugins: The same of the plugins.
  ///   - jobs: Threads for tests.
  package init(
    policies: String, plugins: String, natives: [NativeLibrary] = [], limits: Limits = Limits(), jobs: Int = 1
  ) {
    self.policies = policies
    self.plugins = plugins
    self.natives = natives
    self.limits = limits
    self.jobs = jobs
  }

  /// How long what is changed while it is read is waited for, before each further attempt.
  private static let pausesMilliseconds: [UInt32] = [5, 20, 50, 100, 200, 400]

  /// Loads what differs from the former build, and runs its tests; without a former one everything is loaded, and nothing tested.
  ///
  /// - Throws: Everything that is wrong: with files, or, where nothing is, with tests.
  package func build(after former: Build? = nil) throws(PolicyLoadError) -> Build {
    for pause in Self.pausesMilliseconds {
      var attempt = Attempt(store: store(after: former), former: former, jobs: jobs)
      let result = Result { () throws(PolicyLoadError) in try attempt.run() }
      guard attempt.store.hasMoved else { return try result.get() }
      usleep(pause * 1000)
    }
    var attempt = Attempt(store: store(after: former), former: former, jobs: jobs)
    let build = try attempt.run()
    guard !attempt.store.hasMoved else {
      throw .broken([
        Diagnostic(file: "", line: 0, message: "files change again and again while they are read: try again")
      ])
    }
    return build
  }

  private func store(after former: Build?) -> ModuleStore {
    ModuleStore(
      folder: PolicyFolder(policies: policies, plugins: plugins), natives: natives, limits: limits,
      takingOverFrom: former?.store)
  }
}

/// One attempt at a build.
private struct Attempt {
  let store: ModuleStore
  let former: Build?
  let jobs: Int
  private var problems: Set<Diagnostic> = []
  /// What is not needed for this build.
  private var gone: [ModuleStore.Asked] = []
  /// Policies and plugins that are other than before.
  private var renewed: Set<TestSession.Subject> = []

  private typealias Piece = (policy: LoadedPolicy, asked: ModuleStore.Asked)

  init(store: ModuleStore, former: Build?, jobs: Int) {
    self.store = store
    self.former = former
    self.jobs = jobs
  }

  mutating func run() throws(PolicyLoadError) -> Build {
    for folder in [store.folder.policies] {
      guard let problem = folder.problem else { continue }
      throw broken("cannot read the folder \"\(folder.path)\": \(problem)")
    }
    problems.formUnion(store.settingsProblems)
    let names = store.folder.policyNames()
    let (policies, askedByPolicies) = loadPolicies(names)
    let askedByPlugins = loadPlugins()
    guard problems.isEmpty else { throw .broken(problems.sorted()) }
    var build = Build(
      snapshot: Snapshot(policies), store: store, policies: askedByPolicies, plugins: askedByPlugins)
    build.tests = test(names)
    guard problems.isEmpty else { throw .broken(problems.sorted()) }
    store.forget(gone, neededBy: [build.policies.values, build.plugins.values].joined(), seenBy: build.tests.values)
    return build
  }

  private func broken(_ message: String) -> PolicyLoadError {
    .broken([Diagnostic(file: "", line: 0, message: message)])
  }

  // MARK: Loading

  private mutating func loadPolicies(_ names: [PolicyName]) -> ([LoadedPolicy], [String: ModuleStore.Asked]) {
    var policies: [LoadedPolicy] = []
    policies.reserveCapacity(names.count)
    var asked = former?.policies ?? [:]
    var known = 0
    for name in names {
      let text = name.description
      let before = asked[text]
      if before != nil { known += 1 }
      if let before, let policy = former?.snapshot.policies[text], !before.isTouched(by: store.changes) {
        policies.append(policy)
        continue
      }
      renewed.insert(.policy(name))
      if let before { gone.append(before) }
      guard let piece = load(name) else { continue }
      policies.append(piece.policy)
      asked[text] = piece.asked
    }
    if known < former?.policies.count ?? 0 {
      let there = Set(names.map(\.description))
      for (name, before) in asked where !there.contains(name) {
        gone.append(before)
        asked[name] = nil
      }
    }
    return (policies, asked)
  }

  private mutating func load(_ name: PolicyName) -> Piece? {
    let view = ModuleStore(drawingOn: store)
    do throws(PolicyLoadError) {
      let policy = try PolicyLoader(view).load(name).0
      view.seal()
      return (policy, view.asked)
    } catch {
      note(error)
      return nil
    }
  }

  private mutating func loadPlugins() -> [String: ModuleStore.Asked] {
    var asked: [String: ModuleStore.Asked] = [:]
    for name in store.folder.pluginNames() {
      if store.isNative("plugin.\(name)") {
        let file = "plugins/\(name)/plugin.lua"
        problems.insert(Diagnostic(file: file, line: 0, message: "a native plugin has this name already"))
      }
      let before = former?.plugins[name]
      if let before, !before.isTouched(by: store.changes) {
        asked[name] = before
        continue
      }
      renewed.insert(.plugin(name))
      let view = ModuleStore(drawingOn: store)
      do throws(PolicyLoadError) {
        _ = try PluginLoader(view).load(name)
      } catch {
        note(error)
      }
      asked[name] = view.asked
    }
    gone += (former?.plugins ?? [:]).filter { renewed.contains(.plugin($0.key)) || asked[$0.key] == nil }.values
    return asked
  }

  private mutating func note(_ error: PolicyLoadError) {
    switch error {
    case .unknown(let name, _): problems.insert(Diagnostic(file: "", line: 0, message: "unknown policy \"\(name)\""))
    case .broken(let diagnostics): problems.formUnion(diagnostics)
    }
  }

  // MARK: Testing

  /// Runs the tests that may turn out otherwise than before.
  ///
  /// - Returns: What each has read.
  private mutating func test(_ names: [PolicyName]) -> [TestSession.Subject: ModuleStore.Asked] {
    let there = Set(names)
    let subjects =
      store.folder.testedPolicyNames().filter { there.contains($0) }.map(TestSession.Subject.policy)
      + store.folder.testedPluginNames().map(TestSession.Subject.plugin)
    let store = store
    guard let former else {
      var asked: [TestSession.Subject: ModuleStore.Asked] = [:]
      for subject in subjects { asked[subject] = TestSurvey.asked(by: subject, in: store) }
      gone += asked.values
      return asked
    }
    var asked = former.tests
    let due = subjects.filter { subject in
      renewed.contains(subject) || asked[subject]?.isTouched(by: store.changes) ?? true
    }
    let results = parallelMap(due, jobs: jobs) { subject in
      let view = ModuleStore(drawingOn: store)
      let outcome = TestSession(PolicyLoader(view), jobs: 1).run([subject])[0]
      return (outcome, view.asked)
    }
    for (subject, (outcome, read)) in zip(due, results) {
      note(outcome)
      if let before = asked[subject] { gone.append(before) }
      gone.append(read)
      asked[subject] = read
    }
    if asked.count > subjects.count {
      let tested = Set(subjects)
      gone += asked.filter { !tested.contains($0.key) }.values
      asked = asked.filter { tested.contains($0.key) }
    }
    return asked
  }

  private mutating func note(_ outcome: TestSession.Outcome) {
    if let failure = outcome.failure { note(failure) }
    for result in outcome.results where !result.differences.isEmpty {
      let place = result.line > 0 ? "" : "case \(result.number): "
      let message = "\(place)test \"\(result.name)\" of \(result.policy): \(result.differences.joined(separator: "; "))"
      problems.insert(Diagnostic(file: result.file, line: result.line, message: message))
    }
  }
}
