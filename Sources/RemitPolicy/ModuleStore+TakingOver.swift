internal import RemitLua
package import RemitModel

/// From one snapshot of the folders to the next: what has not changed is taken over as it is.
extension ModuleStore {
  /// Looks again at everything that the former store has looked at. A file of the same stamp is not read.
  static func takeOver(_ former: State, in folder: PolicyFolder, _ limits: Limits) -> (State, Changes) {
    var state = former
    state.supplier = nil
    state.hasMoved = false
    state.datasets = Datasets(takingOver: former.datasets)
    var changes = Changes()
    for (place, sighting) in differingStamps(former.sightings, in: folder) {
      let now = read(place, in: folder, limits).sighting
      if now.content == .unreadable && now.stamp != nil { state.hasMoved = true }
      state.sightings[place] = now
      guard now.content != sighting.content || now.content == .unreadable else { continue }
      changes.insert(place)
      state.files[place] = nil
      if let module = PolicyFolder.module(of: place) { state.modules[module] = nil }
    }
    let settings = loadSettings(of: folder, limits)
    changes.plugins = differences(former.settings, settings)
    state.settings = settings
    return (state, changes)
  }

  /// What may be another than it was seen to be.
  private static func differingStamps(
    _ sightings: [PolicyFolder.Place: Sighting], in folder: PolicyFolder
  ) -> [(PolicyFolder.Place, Sighting)] {
    folder.policies.withStamps { policies in
      folder.plugins.withStamps { plugins in
        sightings.filter { place, sighting in
          let stamp = place.root == .policies ? policies : plugins
          return !sighting.isSettled || stamp(place.path) != sighting.stamp
        }.map { ($0, $1) }
      }
    }
  }

  private static func differences(_ former: Settings?, _ settings: Settings) -> Set<String> {
    let old = (former ?? .missing).ingredients
    let new = settings.ingredients
    return Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }
  }

  // MARK: Views

  /// A store that draws on another and keeps what it was asked for: what one policy is made of. Once it is sealed, it keeps nothing else
  /// alive.
  package convenience init(drawingOn supplier: ModuleStore) {
    self.init(supplier)
  }

  /// Lets go of the store that it draws on.
  package func seal() {
    withState { $0.supplier = nil }
  }

  /// Everything that it was asked for.
  package var asked: Asked {
    withState { state in
      Asked(modules: Array(state.modules.keys), places: Array(Set(state.files.keys).union(state.sightings.keys)))
    }
  }

  // MARK: Forgetting

  /// Lets go of texts and files that nothing is made of any more.
  ///
  /// - Parameters:
  ///   - gone: What may be forgotten, unless it is needed.
  ///   - pieces: What is made of texts that are to be kept, for the next store to take over.
  ///   - tests: What was looked at for more than that: whether it changes is to be seen, but the texts need not be kept.
  package func forget(_ gone: [Asked], neededBy pieces: some Sequence<Asked>, seenBy tests: some Sequence<Asked>) {
    var modules = Set(gone.flatMap(\.modules))
    var places = Set(gone.flatMap(\.places))
    guard !modules.isEmpty || !places.isEmpty else { return }
    for asked in pieces {
      for module in asked.modules { modules.remove(module) }
      for place in asked.places { places.remove(place) }
    }
    var names = modules
    var unseen = places
    for asked in tests {
      for module in asked.modules { names.remove(module) }
      for place in asked.places { unseen.remove(place) }
    }
    unseen.formUnion(names.compactMap(PolicyFolder.place(ofModule:)))
    withState { state in
      for module in modules { state.modules[module] = nil }
      for place in places { state.files[place] = nil }
      for place in unseen { state.sightings[place] = nil }
    }
  }

  /// True where a file has changed while the store was being filled: what was loaded may not belong together.
  package var hasMoved: Bool { withState { $0.hasMoved } }

  /// What is wrong with `plugins/settings.json`, whether or not a policy uses a plugin.
  package var settingsProblems: [Diagnostic] {
    if case .broken(let diagnostics) = settings() { return diagnostics }
    return []
  }
}
