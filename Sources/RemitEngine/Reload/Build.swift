internal import RemitPolicy

/// A snapshot as it was built from the folders, and what the next one needs to know of that. Only the newest is kept.
package struct Build: Sendable {
  package let snapshot: Snapshot
  /// Every file that was looked at, as it was then.
  let store: ModuleStore
  /// What each policy is made of, by name.
  var policies: [String: ModuleStore.Asked] = [:]
  /// The same of plugins.
  var plugins: [String: ModuleStore.Asked] = [:]
  /// What the tests of each have read, or would.
  var tests: [TestSession.Subject: ModuleStore.Asked] = [:]
}
