internal import RemitLua
internal import RemitModel
internal import RemitPolicy
internal import RemitWire

/// Takes part in a run of tests: lends the machines that decide, and sees what they decide. For coverage and mutation.
protocol TestObserver: AnyObject {
  /// A machine for the next case, with the policy loaded; nil where the case shall make its own.
  func machine(for policy: LoadedPolicy) -> PolicyMachine?
  /// The same for the next case of a plugin.
  func machine(forPlugin name: String, in store: ModuleStore, _ settings: PluginSettings?) throws(LuaError) -> LuaVM?
  /// A policy that the next case could not load.
  func refused(_ name: PolicyName, in store: ModuleStore)
  /// A result line.
  func decided(_ line: JSONView)
}
