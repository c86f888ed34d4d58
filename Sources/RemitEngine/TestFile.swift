private import RemitLua
internal import RemitModel
internal import RemitPolicy
internal import RemitWire

/// A file of tests, of a policy or of a plugin.
enum TestFile {
  /// What the file returns: names, each with its cases.
  ///
  /// - Parameter file: As messages name it.
  static func suites(module: String, file: String, in store: ModuleStore) throws(PolicyLoadError) -> [JSONView] {
    let diagnostics = store.diagnostics(ofModule: module)
    guard diagnostics.isEmpty else { throw .broken(diagnostics) }
    let recorder = ModuleRecorder(store)
    do {
      let machine = try LuaVM(limits: store.limits, source: recorder)
      return try JSONView(machine.loadTests(module: module).array()).elements
    } catch let error as LuaError {
      throw .broken(recorder.diagnostics(for: error, module: module))
    } catch {
      throw .broken([Diagnostic(file: file, line: 0, message: "its cases cannot be read: \(error)")])
    }
  }
}
