private import Crypto
package import RemitLua
package import RemitModel
private import Synchronization

/// Every file of the policy folders that was asked for: read once, translated once, and then the same for every
/// machine.
///
/// Any thread may ask. A file that changes on disk later does not change here: what the store has seen is one snapshot.
package final class ModuleStore: Sendable {
  package let folder: PolicyFolder
  package let limits: Limits

  struct State: Sendable {
    var modules: [String: Module] = [:]
    /// Those that decision tables have read, and those that nobody can.
    var files: [PolicyFolder.Place: File] = [:]
    var settings: Settings?
    /// Every place that was looked at.
    var sightings: [PolicyFolder.Place: Sighting] = [:]
    var datasets = Datasets()
    /// What is not here comes from there.
    var supplier: ModuleStore?
    /// A file was another one when it was read again, or was being written.
    var hasMoved = false
  }
  private let mutex: Mutex<State>
  /// What differs from the store that this one has taken over from.
  package let changes: Changes
  /// What this one differs from, and where.
  private let base: ModuleStore?
  private let replacements: [PolicyFolder.Place: [UInt8]]
  /// The native plugins that policies may require, by their names without `plugin.`.
  let natives: [String: NativeLibrary]

  /// True for the module of a native plugin, which no file holds.
  package func isNative(_ module: String) -> Bool {
    module.hasPrefix("plugin.") && natives[String(module.dropFirst("plugin.".count))] != nil
  }

  /// - Parameter former: The snapshot before this one. What has the same bytes as then is taken over: texts as they were translated,
  ///   files as they were read, and each dataset that is declared alike and that somebody still uses.
  package init(
    folder: PolicyFolder, natives: [NativeLibrary] = [], limits: Limits = Limits(),
    takingOverFrom former: ModuleStore? = nil
  ) {
    self.folder = folder
    self.natives = Dictionary(natives.map { ($0.plugin.name, $0) }) { first, _ in first }
    self.limits = limits
    base = nil
    replacements = [:]
    if let former {
      let (taken, changes) = Self.takeOver(former.withState { $0 }, in: folder, limits)
      self.changes = changes
      mutex = Mutex(taken)
    } else {
      changes = Changes()
      mutex = Mutex(State())
    }
  }

  /// The same files as in another store, but for some: those are in memory alone. For tests of what would be.
  ///
  /// - Parameter files: By the names that messages have for them.
  package init(_ base: ModuleStore, replacing files: [String: [UInt8]], limits: Limits? = nil) {
    folder = base.folder
    natives = base.natives
    self.limits = limits ?? base.limits
    self.base = base
    changes = Changes()
    mutex = Mutex(State())
    replacements = Dictionary(uniqueKeysWithValues: files.map { (PolicyFolder.place(shown: $0), $1) })
  }

  init(_ supplier: ModuleStore) {
    folder = supplier.folder
    natives = supplier.natives
    limits = supplier.limits
    base = nil
    changes = Changes()
    mutex = Mutex(State(supplier: supplier))
    replacements = [:]
  }

  func withState<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
    mutex.withLock { state in body(&state) }
  }

  /// The same files but for some; this store itself where there are none.
  package func replacing(_ files: [String: [UInt8]]) -> ModuleStore {
    files.isEmpty ? self : ModuleStore(self, replacing: files)
  }

  /// The store that answers for a place in the stead of this one; nil where this one does.
  private func other(for place: PolicyFolder.Place?) -> ModuleStore? {
    guard let base else { return nil }
    return place.map { replacements[$0] == nil } ?? true ? base : nil
  }

  /// What became of a module's name.
  enum Module: Sendable {
    case missing
    indirect case broken([Diagnostic], requires: [Requirement])
    indirect case ready(ModuleText, source: [UInt8], requires: [Requirement], Ingredient)
  }

  /// A `require` in the text of a module.
  struct Requirement: Sendable {
    var module: String
    var file: String
    var line: Int
  }

  /// What became of a file's name.
  enum File: Sendable {
    case missing
    indirect case broken(Diagnostic)
    indirect case ready(ByteBlock, Ingredient)
  }

  /// Reads and translates the module, unless that was done before.
  func module(named name: String) -> Module {
    if let other = other(for: PolicyFolder.place(ofModule: name)) { return other.module(named: name) }
    return withState { state in
      if let known = state.modules[name] { return known }
      let module = state.supplier?.module(named: name) ?? load(name, &state)
      state.modules[name] = module
      return module
    }
  }

  /// Reads the file that a module names, unless that was done before.
  func file(_ name: String, askedBy module: String) -> File {
    guard let place = PolicyFolder.place(ofFile: name, askedBy: module) else { return .missing }
    if let other = other(for: place) { return other.file(name, askedBy: module) }
    return withState { state in
      if let known = state.files[place] { return known }
      let file = state.supplier?.file(name, askedBy: module) ?? records(read(place, &state), of: place)
      state.files[place] = file
      return file
    }
  }

  /// Reads what is set for the plugins, unless that was done before.
  func settings() -> Settings {
    if let base { return base.settings() }
    return withState { state in
      if let known = state.settings { return known }
      let settings = state.supplier?.settings() ?? Self.loadSettings(of: folder, limits)
      state.settings = settings
      return settings
    }
  }

  /// The dataset that the builder declares, of the file that a module names: made unless it is there already. Whoever asks
  /// while it is being made waits for it.
  func dataset(_ name: String, askedBy module: String, from builder: DatasetBuilder) -> DatasetAnswer {
    guard let place = PolicyFolder.place(ofFile: name, askedBy: module) else { return .missing }
    if let other = other(for: place) { return other.dataset(name, askedBy: module, from: builder) }
    return withState { state in
      let declaration = builder.declaration
      if let ingredient = state.sightings[place]?.ingredient,
        let known = state.datasets[DatasetKey(digest: ingredient.digest, declaration: declaration)]
      {
        return .ready(known, ingredient)
      }
      if let supplier = state.supplier {
        let answer = supplier.dataset(name, askedBy: module, from: builder)
        state.keep(answer, of: place, declaration)
        return answer
      }
      var file = state.files[place]
      // What decision tables hold are records, not the file's own bytes.
      if case .ready = file { file = nil }
      switch file ?? read(place, &state) {
      case .missing:
        state.files[place] = .missing
        return .missing
      case .broken(let diagnostic):
        state.files[place] = .broken(diagnostic)
        return .broken(diagnostic)
      case .ready(let text, let ingredient):
        let key = DatasetKey(digest: ingredient.digest, declaration: declaration)
        if let known = state.datasets[key] { return .ready(known, ingredient) }
        do throws(DataRecords.Problem) {
          guard let made = try DataRecords.dataset(of: text, file: place.shown, from: builder) else {
            return .refused(ingredient)
          }
          state.datasets[key] = made
          return .ready(made, ingredient)
        } catch {
          state.files[place] = .broken(error.diagnostic)
          return .broken(error.diagnostic)
        }
      }
    }
  }

  /// The datasets that the policies of this snapshot have asked for so far.
  package var datasets: [Dataset] { withState { $0.datasets.all } }

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
        if isNative(required.module) { continue }
        if case .missing = module(named: required.module) {
          let message = "module \"\(required.module)\" not found"
          found.insert(Diagnostic(file: required.file, line: required.line, message: message))
        }
        if seen.insert(required.module).inserted { waiting.append(required.module) }
      }
    }
    return found.sorted()
  }

  private func load(_ name: String, _ state: inout State) -> Module {
    guard let place = PolicyFolder.place(ofModule: name) else { return .missing }
    switch read(place, &state) {
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

  /// Reads a file. One that was looked at before, whatever for, must still be the same.
  private func read(_ place: PolicyFolder.Place, _ state: inout State) -> File {
    let (file, sighting) = readNow(place)
    let known = state.sightings.updateValue(sighting, forKey: place)
    if sighting.stamp != nil && sighting.content == .unreadable { state.hasMoved = true }
    guard known == nil || known?.content == sighting.content else {
      state.hasMoved = true
      return .broken(
        Diagnostic(file: place.shown, line: 0, message: "has changed while policies were loaded: try again"))
    }
    return file
  }

  /// Reads a file as it is now; a store that draws on another notes that it was looked at.
  func read(_ place: PolicyFolder.Place) -> File {
    if let other = other(for: place) { return other.read(place) }
    guard let supplier = withState({ $0.supplier }) else { return readNow(place).file }
    let (file, sighting) = supplier.withState { state in
      (supplier.read(place, &state), state.sightings[place])
    }
    withState { $0.sightings[place] = sighting }
    return file
  }

  private func readNow(_ place: PolicyFolder.Place) -> (file: File, sighting: Sighting) {
    guard let replacement = replacements[place] else { return Self.read(place, in: folder, limits) }
    let (file, ingredient) = Self.ready(ByteBlock(replacement), of: place)
    return (file, Sighting(content: .bytes(ingredient), stamp: nil, isSettled: false))
  }

  static func read(
    _ place: PolicyFolder.Place, in folder: PolicyFolder, _ limits: Limits
  ) -> (file: File, sighting: Sighting) {
    let now = FileStamp.now
    do throws(Folder.ReadError) {
      let reading = try folder.folder(of: place).reading(
        of: place.path, below: place.confinedTo, bytesMax: limits.fileBytesMax)
      guard let reading else { return (.missing, .missing) }
      let (file, ingredient) = ready(reading.block, of: place)
      return (
        file,
        Sighting(content: .bytes(ingredient), stamp: reading.stamp, isSettled: reading.stamp.isSettled(at: now))
      )
    } catch {
      let file = File.broken(Diagnostic(file: place.shown, line: 0, message: error.description))
      // A stamp beside nothing that could be read: somebody is writing.
      let stamp = error.isBeingWritten ? folder.folder(of: place).stamp(of: place.path) : nil
      return (file, Sighting(content: .unreadable, stamp: stamp, isSettled: false))
    }
  }

  private static func ready(_ block: ByteBlock, of place: PolicyFolder.Place) -> (File, Ingredient) {
    // SAFETY: the block lives through the call.
    let digest = unsafe SHA256.hash(data: UnsafeRawBufferPointer(block.bytes))
    let ingredient = Ingredient(kind: .file, name: place.shown, length: block.count, digest: Array(digest))
    return (.ready(block, ingredient), ingredient)
  }
}

extension ModuleStore.State {
  /// Keeps what a store that this one draws on has answered.
  fileprivate mutating func keep(
    _ answer: ModuleStore.DatasetAnswer, of place: PolicyFolder.Place, _ declaration: [UInt8]
  ) {
    switch answer {
    case .missing: files[place] = .missing
    case .broken(let diagnostic): files[place] = .broken(diagnostic)
    case .refused(let ingredient): sightings[place] = Sighting(drawn: ingredient)
    case .ready(let dataset, let ingredient):
      sightings[place] = Sighting(drawn: ingredient)
      datasets[ModuleStore.DatasetKey(digest: ingredient.digest, declaration: declaration)] = dataset
    }
  }
}
