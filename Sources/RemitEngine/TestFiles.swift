internal import RemitLua
internal import RemitModel
internal import RemitPolicy
internal import RemitWire

/// Data files that a case brings along: they stand in the place of those in the folder.
///
/// ```lua
/// { name = "a role without a row", files = { ["data/limits.csv"] = "role,limit\nmanager,1\n" },
///   input = { … }, error = { code = "policy_error" } },
/// ```
enum TestFiles {
  static func mistakes(in files: JSONView) -> [String] {
    guard files.kind == .object else {
      return ["files: expected a table from files' names to their texts, got \(files.rawText)"]
    }
    return files.members.compactMap { name, text in
      if name.hasSuffix(".lua") { return "files: \(name): only data files can be replaced" }
      return text.string == nil ? "files: \(name): expected a text, got \(text.rawText)" : nil
    }
  }

  /// - Parameter prefix: Stands in front of the names.
  static func texts(_ files: JSONView?, prefix: String = "") -> [String: [UInt8]] {
    Dictionary((files?.members ?? []).map { (prefix + $0.key, Array(($0.value.string ?? "").utf8)) }) { $1 }
  }
}

extension PolicyTestRunner {
  /// Runs a case with files of its own: the policy is loaded with them, which may be what the case is about.
  func run(_ test: JSONView, of name: PolicyName, in store: ModuleStore, with files: JSONView) -> [String] {
    let changed = store.replacing(TestFiles.texts(files))
    let policy: LoadedPolicy
    do throws(PolicyLoadError) {
      policy = try PolicyLoader(changed).load(name).0
    } catch {
      observer?.refused(name, in: changed)
      guard case .broken(let diagnostics) = error else { return ["the policy is not there"] }
      let message = diagnostics.map(\.description).joined(separator: "\n")
      return Self.differences(
        test, decision: nil, error: Self.json(EngineError(code: .policyError, message: message)))
    }
    let unread = files.members.map(\.key).filter { !policy.dataFiles.contains($0) }
    guard unread.isEmpty else { return unread.map { "files: \($0): the policy does not read it" } }
    return decide(test, policy)
  }
}
