package import RemitLua
package import RemitModel

/// Loads plugins by themselves, without a policy: for their tests, and to know that each one loads.
package struct PluginLoader: Sendable {
  package let store: ModuleStore

  package init(_ store: ModuleStore) {
    self.store = store
  }

  /// Loads the plugin, with what it reads, as a policy's `require` would.
  ///
  /// - Parameters:
  ///   - name: Without `plugin.`, of a plugin that is there.
  ///   - settings: What holds in place of `settings.json`; nil where that does.
  /// - Returns: A machine that the plugin is loaded in.
  package func load(_ name: String, settings: PluginSettings?? = nil) throws(PolicyLoadError) -> LuaVM {
    let module = "plugin.\(name)"
    let broken = store.diagnostics(ofModule: module)
    guard broken.isEmpty else { throw .broken(broken) }
    let recorder = ModuleRecorder(store, settings: settings)
    do throws(LuaError) {
      let machine = try LuaVM(limits: store.limits, source: recorder)
      try machine.loadPlugin(module: module)
      guard !recorder.hasDiagnostics else { throw LuaError(code: .policyError, message: "a file cannot be read") }
      return machine
    } catch {
      throw .broken(recorder.diagnostics(for: error, module: module))
    }
  }

  /// What is wrong with any plugin of the folder, whether or not a policy uses it, sorted.
  package func diagnostics() -> [Diagnostic] {
    var found: Set<Diagnostic> = []
    for name in store.folder.pluginNames() {
      do throws(PolicyLoadError) {
        _ = try load(name)
      } catch {
        if case .broken(let diagnostics) = error { found.formUnion(diagnostics) }
      }
    }
    return found.sorted()
  }
}
