package import RemitLua
private import RemitModel

extension PolicyLoader {
  /// Loads a file of tests: a JSON array of suites, each the name of what it is of, with its cases.
  package func loadTests(module: String) throws(PolicyLoadError) -> ByteBlock {
    try withMachine(loading: module) { (machine) throws(LuaError) in try machine.loadTests(module: module) }
  }

  /// The same, for who wants to call the properties in it.
  package func testMachine(module: String) throws(PolicyLoadError) -> LuaVM {
    try withMachine(loading: module) { (machine) throws(LuaError) in
      _ = try machine.loadTests(module: module)
      return machine
    }
  }

  /// Loads a module that need not be a policy, for what is wrong with it.
  package func loadModule(named name: String) throws(PolicyLoadError) {
    try withMachine(loading: name) { (machine) throws(LuaError) in try machine.load(module: name) }
  }

  private func withMachine<Result>(
    loading module: String, _ body: (LuaVM) throws(LuaError) -> Result
  ) throws(PolicyLoadError) -> Result {
    let broken = store.diagnostics(ofModule: module)
    guard broken.isEmpty else { throw .broken(broken) }
    let recorder = ModuleRecorder(store)
    do throws(LuaError) {
      let result = try body(try LuaVM(limits: store.limits, source: recorder))
      guard !recorder.hasDiagnostics else { throw LuaError(code: .policyError, message: "a file cannot be read") }
      return result
    } catch {
      throw .broken(recorder.diagnostics(for: error, module: module))
    }
  }
}
