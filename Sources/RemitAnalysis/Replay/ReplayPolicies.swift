internal import RemitModel
package import RemitPolicy
private import Synchronization

/// The policies that a log is decided under, each loaded when it is first asked for. Any thread may ask.
package final class ReplayPolicies: Sendable {
  /// All there are, loaded or not.
  let names: [PolicyName]
  private let loader: PolicyLoader
  private let loaded = Mutex<[PolicyName: LoadedPolicy]>([:])

  package init(_ loader: PolicyLoader) {
    self.loader = loader
    names = loader.store.folder.policyNames()
  }

  /// Nil where there is none of that name.
  func policy(named text: String) throws(PolicyLoadError) -> LoadedPolicy? {
    guard let name = PolicyName(text), names.contains(name) else { return nil }
    let result: Result<LoadedPolicy, PolicyLoadError> = loaded.withLock { loaded in
      if let known = loaded[name] { return .success(known) }
      return Result { () throws(PolicyLoadError) in try loader.load(name).0 }.map { policy in
        loaded[name] = policy
        return policy
      }
    }
    return try result.get()
  }
}
