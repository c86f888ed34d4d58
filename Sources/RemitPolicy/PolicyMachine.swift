package import RemitLua

/// A machine with one policy loaded. It belongs to one thread at a time.
package final class PolicyMachine {
  package let machine: LuaVM
  package let policy: LuaVM.Policy

  init(machine: LuaVM, policy: LuaVM.Policy) {
    self.machine = machine
    self.policy = policy
  }
}
