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
    let suites = try PolicyLoader(store).loadTests(module: module)
    do {
      return try JSONView(suites.array()).elements
    } catch {
      throw .broken([Diagnostic(file: file, line: 0, message: "its cases cannot be read: \(error)")])
    }
  }
}
