internal import RemitLua
internal import RemitModel
internal import RemitPolicy
private import RemitSyntax
internal import RemitWire

/// Lends traced machines to a run of tests, and gathers what they tell.
///
/// The cases of a policy share a machine: what one case does no other can see. A plugin's cases have one each, since settings
/// hold from loading on. It belongs to one thread.
final class CoverageRecorder: TestObserver {
  private let store: ModuleStore
  /// By the name that messages have for the file. Current after `gather`.
  private(set) var files: [String: FileCoverage] = [:]
  /// The decisions of the case that is running.
  private(set) var decisions: [JSONView] = []
  /// Why traced texts could not be loaded, once each.
  private(set) var problems: Set<String> = []
  private var lent: (policy: PolicyName?, store: ModuleStore, machine: LuaVM, source: TracedSource)?
  private var policyMachine: PolicyMachine?
  /// What had been counted when it was asked last.
  private var countsBefore = SiteCounts()

  init(_ store: ModuleStore) {
    self.store = store
  }

  func beginCase() {
    decisions.removeAll()
  }

  func decided(_ line: JSONView) {
    if let decision = line["decision"] { decisions.append(decision) }
  }

  func machine(for policy: LoadedPolicy) -> PolicyMachine? {
    if let lent, lent.policy == policy.name, lent.store === policy.store, !lent.machine.isSpent, let policyMachine {
      return policyMachine
    }
    return lend(policy.name, policy.store)
  }

  func refused(_ name: PolicyName, in store: ModuleStore) {
    // What loading reached before it was refused counts.
    _ = lend(name, store)
  }

  private func lend(_ name: PolicyName, _ store: ModuleStore) -> PolicyMachine? {
    gather()
    let source = TracedSource(store)
    do throws(LuaError) {
      let machine = try LuaVM(limits: limits, source: source)
      lent = (name, store, machine, source)
      let made = PolicyMachine(machine: machine, policy: try machine.load(name), source: source)
      policyMachine = made
      countsBefore = SiteCounts(of: machine)
      return made
    } catch {
      if store === self.store { problems.insert("\(name): \(error.message)") }
      return nil
    }
  }

  func machine(forPlugin name: String, in store: ModuleStore, _ settings: PluginSettings?) throws(LuaError) -> LuaVM? {
    gather()
    let source = TracedSource(store, settings: .some(settings))
    let machine = try LuaVM(limits: limits, source: source)
    // Before it loads: what a refused loading reached counts too.
    lent = (nil, store, machine, source)
    try machine.loadPlugin(module: "plugin.\(name)")
    return machine
  }

  /// The statements that ran since this was asked last or the machine was lent, loading included in neither: by file, the
  /// numbers of their sites. Asked before the machine is taken back.
  func statementsSinceLast() -> [String: Set<Int>] {
    guard let (_, _, machine, source) = lent else { return [:] }
    let now = SiteCounts(of: machine)
    var ran: [String: Set<Int>] = [:]
    for (module, counts) in now.modules {
      guard let file = source.files[module] else { continue }
      let before = countsBefore.modules[module] ?? []
      ran[file.file] = Set(
        file.sites.indices.filter { site in
          file.sites[site].kind == .statement && counts[2 * site] > (before.isEmpty ? 0 : before[2 * site])
        })
    }
    countsBefore = now
    return ran
  }

  /// The files of the lent machine's modules.
  var loadedFiles: Set<String> { Set(lent?.source.files.values.map(\.file) ?? []) }

  /// Adds up what the lent machine has counted, and takes it back.
  func gather() {
    guard let (_, _, machine, source) = lent else { return }
    for (module, counts) in SiteCounts(of: machine).modules {
      guard let file = source.files[module] else { continue }
      files[file.file, default: FileCoverage(file)].add(counts)
    }
    lent = nil
    policyMachine = nil
  }

  /// Telling takes time, and the clock is to decide nothing here.
  private var limits: Limits {
    var limits = store.limits
    limits.decisionMillisecondsMax *= 20
    return limits
  }
}
