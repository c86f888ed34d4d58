internal import RemitModel
package import RemitPolicy
private import Synchronization

/// The policies that a log is decided under, each loaded when it is first asked for. Any thread may ask.
package final class ReplayPolicies: Sendable {
  /// All there are, loaded or not.
  let names: [PolicyName]
  private let loader: PolicyLoader
  private let loaded = Mutex<[PolicyName: LoadedPolicy]>([:])
  private let formerLoader: PolicyLoader?
  private let formerLoaded = Mutex<[PolicyName: LoadedPolicy?]>([:])

  /// - Parameter former: Where policies are as they may have been when the log was written; nil where no others are at hand.
  package init(_ loader: PolicyLoader, former: PolicyLoader? = nil) {
    self.loader = loader
    formerLoader = former
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

  /// The policy as it may have been when the log was written; nil where it is not at hand, or does not load.
  func former(named name: PolicyName) -> LoadedPolicy? {
    guard let formerLoader else { return nil }
    return formerLoaded.withLock { loaded in
      if let known = loaded[name] { return known }
      let policy = try? formerLoader.load(name).0
      loaded[name] = .some(policy)
      return policy
    }
  }
}
