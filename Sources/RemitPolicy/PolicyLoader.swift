private import RemitLua
package import RemitModel

/// Loads policies by name from one store.
package struct PolicyLoader: Sendable {
  package let store: ModuleStore

  package init(_ store: ModuleStore) {
    self.store = store
  }

  /// Translates the policy and what it requires, loads it and reads its declaration.
  ///
  /// - Returns: The policy, and the machine that it was loaded in, ready to decide.
  package func load(named text: String) throws(PolicyLoadError) -> (LoadedPolicy, PolicyMachine) {
    guard let name = PolicyName(text), isThere(name) else {
      throw .unknown(name: text, near: NearNames.of(text, among: store.folder.policyNames()))
    }
    return try load(name)
  }

  /// The same of a name that is known to have a file.
  package func load(_ name: PolicyName) throws(PolicyLoadError) -> (LoadedPolicy, PolicyMachine) {
    let broken = store.diagnostics(ofModule: name.description)
    guard broken.isEmpty else { throw .broken(broken) }
    guard isThere(name) else {
      let message = "nothing is there, or the file is a symbolic link that leads nowhere"
      throw .broken([Diagnostic(file: name.file, line: 0, message: message)])
    }
    let recorder = ModuleRecorder(store)
    do throws(LuaError) {
      let vm = try LuaVM(limits: store.limits, source: recorder)
      let policy = try vm.load(name)
      let json = try vm.describe(policy)
      guard !recorder.hasDiagnostics else { throw LuaError(code: .policyError, message: "a file cannot be read") }
      guard let declaration = PolicyDeclaration(json: json) else {
        throw LuaError(code: .internalError, message: "\(name): the declaration cannot be read")
      }
      let loaded = LoadedPolicy(
        name: name, version: Version(recorder.ingredients), declaration: declaration, declarationJSON: json,
        store: store, moduleFiles: recorder.names(of: .module), dataFiles: recorder.names(of: .file))
      return (loaded, PolicyMachine(machine: vm, policy: policy, recorder: recorder))
    } catch {
      throw .broken(recorder.diagnostics(for: error, module: name.description))
    }
  }

  /// Loads every policy of the folder, sorted by name, with everything that is wrong with any of them.
  package func loadAll() -> (policies: [LoadedPolicy], diagnostics: [Diagnostic]) {
    var policies: [LoadedPolicy] = []
    var diagnostics: Set<Diagnostic> = []
    for name in store.folder.policyNames() {
      do throws(PolicyLoadError) {
        policies.append(try load(name).0)
      } catch {
        if case .broken(let found) = error { diagnostics.formUnion(found) }
      }
    }
    return (policies, diagnostics.sorted())
  }

  private func isThere(_ name: PolicyName) -> Bool {
    if case .missing = store.module(named: name.description) { return false }
    return true
  }
}
