private import Crypto
package import RemitModel

/// One thing that a policy is made of, as its version counts it.
struct Ingredient: Hashable, Comparable, Sendable {
  enum Kind: String, Sendable {
    case module, file
    /// What `plugins/settings.json` says of a plugin.
    case settings
    /// The library of a native plugin.
    case native
    /// A name that was asked for and is nothing's: were it there, the policy might be another.
    case absent
  }

  var kind: Kind
  let name: String
  let length: Int
  let digest: [UInt8]

  static func < (left: Self, right: Self) -> Bool {
    (left.kind.rawValue, left.name) < (right.kind.rawValue, right.name)
  }
}

extension Version {
  /// The hash over the ingredients, whatever order they were found in.
  init(_ ingredients: Set<Ingredient>) {
    var hash = SHA256()
    // Zero bytes part the fields: no name holds one.
    hash.update(data: Array("remit policy 1\0".utf8))
    for item in ingredients.sorted() {
      hash.update(data: Array("\(item.kind.rawValue)\0\(item.name)\0\(item.length)\0".utf8))
      hash.update(data: item.digest)
    }
    self.init(digest: hash.finalize())
  }
}

extension Version {
  /// The hash over policies' names and versions, which are sorted by name.
  package init(_ policies: [LoadedPolicy]) {
    var hash = SHA256()
    hash.update(data: Array("remit snapshot 1\0".utf8))
    for policy in policies {
      hash.update(data: policy.nameBytes)
      hash.update(data: Array("\0\(policy.version.hex)\0".utf8))
    }
    self.init(digest: hash.finalize())
  }
}

extension Ingredient {
  init(kind: Kind, name: String, bytes: [UInt8]) {
    self.init(kind: kind, name: name, length: bytes.count, digest: Array(SHA256.hash(data: bytes)))
  }

  init(absent name: String) {
    self.init(kind: .absent, name: name, length: 0, digest: [])
  }
}
