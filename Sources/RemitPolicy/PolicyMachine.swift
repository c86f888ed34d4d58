package import RemitLua

/// A machine with one policy loaded. It belongs to one thread at a time.
package final class PolicyMachine {
  package let machine: LuaVM
  package let policy: LuaVM.Policy
  /// What the machine asked for while it loaded.
  let recorder: ModuleRecorder

  init(machine: LuaVM, policy: LuaVM.Policy, recorder: ModuleRecorder) {
    self.machine = machine
    self.policy = policy
    self.recorder = recorder
  }

  /// One that was loaded from traced texts.
  package convenience init(machine: LuaVM, policy: LuaVM.Policy, source: TracedSource) {
    self.init(machine: machine, policy: policy, recorder: source.recorder)
  }
}
