/// What stood at a place when a store looked there.
struct Sighting: Sendable {
  enum Content: Equatable, Sendable {
    case missing
    case unreadable
    case bytes(Ingredient)
  }

  let content: Content
  /// Nil where there was nothing.
  let stamp: FileStamp?
  /// Whether the same stamp later on means the same content.
  let isSettled: Bool

  static let missing = Sighting(content: .missing, stamp: nil, isSettled: true)

  var ingredient: Ingredient? {
    if case .bytes(let ingredient) = content { return ingredient }
    return nil
  }
}

extension Sighting {
  /// What another store has seen.
  init(drawn ingredient: Ingredient) {
    self.init(content: .bytes(ingredient), stamp: nil, isSettled: false)
  }
}

extension ModuleStore {
  /// What differs from the store before, of all that it had looked at.
  package struct Changes: Sendable {
    var modules: Set<String> = []
    var places: Set<PolicyFolder.Place> = []
    /// Those of which something else is set.
    var plugins: Set<String> = []

    package var isEmpty: Bool { modules.isEmpty && places.isEmpty && plugins.isEmpty }

    mutating func insert(_ place: PolicyFolder.Place) {
      places.insert(place)
      if let module = PolicyFolder.module(of: place) { modules.insert(module) }
    }
  }

  /// What something is made of, or may be: everything that was asked for to load it, also in vain.
  package struct Asked: Sendable {
    var modules: [String] = []
    /// Of data files, and of texts that were looked at as such.
    var places: [PolicyFolder.Place] = []

    /// False where it would be the same once more.
    package func isTouched(by changes: Changes) -> Bool {
      guard !changes.isEmpty else { return false }
      return modules.contains { changes.modules.contains($0) } || places.contains { changes.places.contains($0) }
        || !changes.plugins.isEmpty
          && modules.contains { name in
            PolicyFolder.pluginName(ofModule: name, isWhole: true).map { changes.plugins.contains($0) } ?? false
          }
    }
  }
}
