private import RemitLua
private import RemitModel

extension PolicyFolder {
  /// Something among the policies that is left out, though it looks like one, or like a folder of some.
  package struct LeftOut: Hashable, Sendable {
    /// From the folder of policies.
    package let path: String
    /// In words.
    package let why: String
  }

  /// Everything that is left out, sorted: who put it there would look for it in vain.
  package func leftOut() -> [LeftOut] {
    let misnamed = misnamedFiles().map { LeftOut(path: $0, why: Self.rule) }
    return (misnamed + strayLinks() + policiesTooDeep()).sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  /// What a policy's file is called.
  package static let rule = "a policy is <family>/<name>.lua, both names in lower_snake_case"

  private func strayLinks() -> [LeftOut] {
    policies.entries(of: "").compactMap { name in
      switch policies.stray(name) {
      case nil: nil
      case .outside: LeftOut(path: name, why: "it is a symbolic link to a folder that is not in the folder of policies")
      case .nowhere: LeftOut(path: name, why: "it is a symbolic link that leads nowhere")
      }
    }
  }

  /// Files below the folders of families may well be there to be required, so these are the ones that hold a policy.
  private func policiesTooDeep() -> [LeftOut] {
    Self.luaFiles(of: policies).filter { path in
      let parts = path.split(separator: "/")
      guard parts.count > 2, !PolicyName.reservedFamilies.contains(String(parts[0])) else { return false }
      return holdsPolicy(path)
    }.map { LeftOut(path: $0, why: "a policy is <family>/<name>.lua, and not in a folder below") }
  }

  private func holdsPolicy(_ path: String) -> Bool {
    guard let text = try? policies.read(path, bytesMax: Limits().fileBytesMax)?.array() else { return false }
    return text.split(separator: UInt8(ascii: "\n")).contains { $0.starts(with: "return policy".utf8) }
  }
}
