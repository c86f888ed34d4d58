private import Crypto
internal import RemitLua
package import RemitModel
private import Synchronization

/// Every file of the policy folders that was asked for: read once, translated once, and then the same for every
/// machine.
///
/// Any thread may ask. A file that changes on disk later does not change here: what the store has seen is one snapshot.
package final class ModuleStore: Sendable {
  package let folder: PolicyFolder
  package let limits: Limits

  private struct State {
    var modules: [String: Module] = [:]
    var files: [PolicyFolder.Place: File] = [:]
    var settings: Settings?
  }
  private let state = Mutex(State())

  package init(folder: PolicyFolder, limits: Limits = Limits()) {
    self.folder = folder
    self.limits = limits
  }

  /// What became of a module's name.
  enum Module {
    case missing
    case broken([Diagnostic], requires: [Requirement])
    case ready(ModuleText, source: [UInt8], requires: [Requirement], Ingredient)
  }

  /// A `require` in the text of a module.
  struct Requirement: Sendable {
    var module: String
    var file: String
    var line: Int
  }

  /// What became of a file's name.
  enum File {
    case missing
    case broken(Diagnostic)
    case ready(ByteBlock, Ingredient)
  }

  /// Reads and translates the module, unless that was done before.
  func module(named name: String) -> Module {
    state.withLock { state in
      if let known = state.modules[name] { return known }
      let module = load(name)
      state.modules[name] = module
      return module
    }
  }

  /// Reads the file that a module names, unless that was done before.
  func file(_ name: String, askedBy module: String) -> File {
    guard let place = PolicyFolder.place(ofFile: name, askedBy: module) else { return .missing }
    return state.withLock { state in
      if let known = state.files[place] { return known }
      let file = records(read(place), of: place)
      state.files[place] = file
      return file
    }
  }

  /// Reads what is set for the plugins, unless that was done before.
  func settings() -> Settings {
    state.withLock { state in
      if let known = state.settings { return known }
      let settings = loadSettings()
      state.settings = settings
      return settings
    }
  }

  /// Everything wrong with the text of the module and of what it requires, however deep, sorted by file and line.
  package func diagnostics(ofModule name: String) -> [Diagnostic] {
    var seen: Set<String> = [name]
    var waiting = [name]
    var found: Set<Diagnostic> = []
    while let next = waiting.popLast() {
      let requires: [Requirement]
      switch module(named: next) {
      case .missing: continue
      case .broken(let diagnostics, let itsRequires):
        found.formUnion(diagnostics)
        requires = itsRequires
      case .ready(_, _, let itsRequires, _): requires = itsRequires
      }
      let plugin = PolicyFolder.pluginName(ofModule: next)
      if plugin != nil, case .broken(let diagnostics) = settings() { found.formUnion(diagnostics) }
      for required in requires {
        if let refusal = Self.refusal(of: required.module, askedByPlugin: plugin) {
          found.insert(Diagnostic(file: required.file, line: required.line, message: refusal))
          continue
        }
        if case .missing = module(named: required.module) {
          let message = "module \"\(required.module)\" not found"
          found.insert(Diagnostic(file: required.file, line: required.line, message: message))
        }
        if seen.insert(required.module).inserted { waiting.append(required.module) }
      }
    }
    return found.sorted()
  }

  private func load(_ name: String) -> Module {
    guard let place = PolicyFolder.place(ofModule: name) else { return .missing }
    switch read(place) {
    case .missing: return .missing
    case .broken(let diagnostic): return .broken([diagnostic], requires: [])
    case .ready(let source, var ingredient):
      ingredient.kind = .module
      return translated(
        file: place.shown, source: source.array(), isPlugin: PolicyFolder.pluginModule(ofFile: place.shown) == name,
        ingredient: ingredient)
    }
  }

  /// The text's version counts, its records are what the machine takes.
  private func records(_ file: File, of place: PolicyFolder.Place) -> File {
    guard case .ready(let text, let ingredient) = file else { return file }
    do throws(DataRecords.Problem) {
      return .ready(try DataRecords.records(of: text, file: place.shown), ingredient)
    } catch {
      return .broken(error.diagnostic)
    }
  }

  private func read(_ place: PolicyFolder.Place) -> File {
    do throws(Folder.ReadError) {
      guard
        let block = try folder.folder(of: place).read(
          place.path, below: place.confinedTo, bytesMax: limits.fileBytesMax)
      else {
        return .missing
      }
      // SAFETY: the block lives through the call.
      let digest = unsafe SHA256.hash(data: UnsafeRawBufferPointer(block.bytes))
      return .ready(
        block, Ingredient(kind: .file, name: place.shown, length: block.count, digest: Array(digest)))
    } catch {
      return .broken(Diagnostic(file: place.shown, line: 0, message: error.description))
    }
  }
}
