private import RemitModel
package import RemitPolicy

/// Everything in force, as one value that never changes.
package struct Snapshot: Sendable {
  /// The hash over the names and versions of all policies, as versions are shown.
  package let id: String
  package let policies: [String: LoadedPolicy]
  /// The texts and data that they were made of.
  package let store: ModuleStore

  /// Loads every policy of the store's folder; fails with everything that is wrong with any of them.
  package init(loading store: ModuleStore) throws(PolicyLoadError) {
    let (policies, diagnostics) = PolicyLoader(store).loadAll()
    guard diagnostics.isEmpty else { throw .broken(diagnostics) }
    self.store = store
    self.policies = Dictionary(uniqueKeysWithValues: policies.map { ($0.name.description, $0) })
    id = Version(policies).description
  }
}
