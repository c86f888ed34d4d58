private import RemitModel
package import RemitPolicy

/// Everything in force, as one value that never changes.
package struct Snapshot: Sendable {
  /// The hash over the names and versions of all policies, as versions are shown.
  package let id: String
  /// By the bytes of their names.
  package let sorted: [LoadedPolicy]
  package var policies: Policies { Policies(sorted: sorted) }

  /// Loads every policy of the store's folder; fails with everything that is wrong with any of them.
  package init(loading store: ModuleStore) throws(PolicyLoadError) {
    let (policies, diagnostics) = PolicyLoader(store).loadAll()
    guard diagnostics.isEmpty else { throw .broken(diagnostics) }
    self.init(policies)
  }

  /// - Parameter policies: Sorted by name; since a family's name is followed by a point, which comes before all that names hold, the
  ///   order of names is that of their bytes.
  package init(_ policies: [LoadedPolicy]) {
    sorted = policies
    id = Version(policies).description
  }

  /// What is said of a policy that is not there.
  package func unknown(_ name: String) -> String {
    RequestProblem.unknownPolicy(name, among: sorted.map(\.name))
  }

  /// The names of the policies that another snapshot has and this one has not, or the other way round, or in another version; sorted.
  package func changes(to other: Snapshot) -> [String] {
    var changed: [String] = []
    var new = other.sorted[...]
    for policy in sorted {
      while let first = new.first, first.name < policy.name {
        changed.append(first.name.description)
        new = new.dropFirst()
      }
      if let first = new.first, first.name == policy.name {
        new = new.dropFirst()
        if first === policy || first.version == policy.version { continue }
      }
      changed.append(policy.name.description)
    }
    return changed + new.map(\.name.description)
  }
}
