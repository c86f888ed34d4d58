internal import RemitLua
internal import RemitModel
internal import RemitPolicy
internal import RemitWire

/// Lends one machine to all cases of a mutant: what one case does no other can see, and loading is what costs.
final class MutantMachines: TestObserver {
  private var policyMachine: PolicyMachine?
  private var plugin: (settings: [UInt8]?, machine: LuaVM)?
  private let store: ModuleStore

  init(_ store: ModuleStore, _ machine: PolicyMachine? = nil) {
    self.store = store
    policyMachine = machine
  }

  func machine(for policy: LoadedPolicy) -> PolicyMachine? {
    // A case that brings files of its own has a machine of its own.
    policy.store === store ? policyMachine : nil
  }

  func machine(forPlugin name: String, in store: ModuleStore, _ settings: PluginSettings?) throws(LuaError) -> LuaVM? {
    guard store === self.store else { return nil }
    if let plugin, plugin.settings == settings?.json.array() { return plugin.machine }
    do throws(PolicyLoadError) {
      let machine = try PluginLoader(store).load(name, settings: .some(settings))
      plugin = (settings?.json.array(), machine)
      return machine
    } catch {
      // As it is without one: the runner says why.
      return nil
    }
  }

  func decided(_ line: JSONView) {}
  func refused(_ name: PolicyName, in store: ModuleStore) {}

  /// True where the machine met its memory limit: it is taken away, and what it answered last is to be asked again.
  func dropSpent() -> Bool {
    if let policyMachine, policyMachine.machine.isSpent {
      self.policyMachine = nil
      return true
    }
    if let plugin, plugin.machine.isSpent {
      self.plugin = nil
      return true
    }
    return false
  }
}
