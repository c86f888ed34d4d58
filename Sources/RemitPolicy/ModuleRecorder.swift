package import RemitLua
package import RemitModel

/// Answers a machine's questions from the store while it loads, and notes what it asked for.
package final class ModuleRecorder: ModuleSource {
  private let store: ModuleStore
  private(set) var ingredients: Set<Ingredient> = []
  /// What is wrong with what was asked for: a policy that catches the error is still not whole.
  private var diagnostics: Set<Diagnostic> = []
  /// What messages call a file that the machine asked for by a name: the last of that name, which is the one that a
  /// message about its rows means.
  private var shownFiles: [String: String] = [:]

  /// What holds for plugins in place of the administrator's settings; nil where those do.
  private let ownSettings: PluginSettings??

  package init(_ store: ModuleStore, settings: PluginSettings?? = nil) {
    self.store = store
    ownSettings = settings
  }

  package func module(named name: String) -> ModuleText? {
    switch store.module(named: name) {
    case .missing:
      ingredients.insert(Ingredient(absent: name))
      return nil
    case .broken(let found, _):
      diagnostics.formUnion(found)
      return nil
    case .ready(let text, _, _, let ingredient):
      ingredients.insert(ingredient)
      return text
    }
  }

  package func file(_ name: String, askedBy module: String) -> ByteBlock? {
    switch store.file(name, askedBy: module) {
    case .missing:
      ingredients.insert(Ingredient(absent: name))
      return nil
    case .broken(let found):
      diagnostics.insert(found)
      return nil
    case .ready(let block, let ingredient):
      ingredients.insert(ingredient)
      shownFiles[name] = ingredient.name
      return block
    }
  }

  package func settings(ofPlugin name: String) -> PluginSettings? {
    if let ownSettings { return ownSettings }
    switch store.settings() {
    case .missing: return nil
    case .broken(let found):
      diagnostics.formUnion(found)
      return nil
    case .ready(let plugins):
      guard let (settings, ingredient) = plugins[name] else { return nil }
      ingredients.insert(ingredient)
      return settings
    }
  }

  package func dataset(_ name: String, askedBy module: String, from builder: DatasetBuilder) -> Dataset? {
    switch store.dataset(name, askedBy: module, from: builder) {
    case .missing:
      ingredients.insert(Ingredient(absent: name))
      return nil
    case .broken(let found):
      diagnostics.insert(found)
      return nil
    case .refused(let ingredient):
      shownFiles[name] = ingredient.name
      return nil
    case .ready(let dataset, let ingredient):
      ingredients.insert(ingredient)
      shownFiles[name] = ingredient.name
      return dataset
    }
  }

  /// A file's name as people know it.
  func shown(_ file: String) -> String { shownFiles[file] ?? file }

  /// The names of everything of that kind that was asked for and is there, sorted.
  func names(of kind: Ingredient.Kind) -> [String] {
    ingredients.filter { $0.kind == kind }.map(\.name).sorted()
  }

  package func native(named name: String) -> NativePlugin? {
    guard let found = store.natives[name] else { return nil }
    ingredients.insert(Ingredient(kind: .native, name: "plugin.\(name)", length: found.length, digest: found.digest))
    return found.plugin
  }

  /// True where something that was asked for is not whole.
  var hasDiagnostics: Bool { !diagnostics.isEmpty }

  /// Why the machine could not load the module: what is wrong with its files, which says more than that the machine did
  /// not get them, or else the machine's own words, with the place as people know it.
  package func diagnostics(for error: LuaError, module: String) -> [Diagnostic] {
    guard diagnostics.isEmpty else { return diagnostics.sorted() }
    let found = Diagnostic(located: error.message)
    if let shown = shownFiles[found.file] { return [Diagnostic(file: shown, line: found.line, message: found.message)] }
    return [store.placed(found, ofModule: module)]
  }
}
