internal import RemitLua
internal import RemitPolicy
internal import RemitWire

/// Takes part in a run of tests: lends the machines that decide, and sees what they decide. For coverage and mutation.
protocol TestObserver: AnyObject {
  /// A machine for the next case, with the policy loaded; nil where the case shall make its own.
  func machine(for policy: LoadedPolicy) -> PolicyMachine?
  /// The same for the next case of a plugin.
  func machine(forPlugin name: String, _ settings: PluginSettings?) throws(LuaError) -> LuaVM?
  /// A result line.
  func decided(_ line: JSONView)
}
