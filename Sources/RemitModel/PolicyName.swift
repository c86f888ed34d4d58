/// The name of a policy: `<family>.<name>`, both in lower_snake_case, for the file `<family>/<name>.lua`.
///
/// `lib` (what policies share), `meta` (editor definitions), `plugin` and `plugins` are no families, and a name that ends in `_test` is a
/// test's.
package struct PolicyName: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let family: String
  package let name: String

  /// Folders beside the families that hold no policies.
  package static let reservedFamilies: Set<String> = ["lib", "meta", "plugin", "plugins"]
  /// What a test file's name ends in, before `.lua`.
  package static let testSuffix = "_test"

  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let family = parts.first, let name = parts.last else { return nil }
    self.init(family: String(family), name: String(name))
  }

  package init?(family: String, name: String) {
    guard Self.isLowerSnakeCase(family), Self.isLowerSnakeCase(name), !name.hasSuffix(Self.testSuffix),
      !Self.reservedFamilies.contains(family)
    else { return nil }
    self.family = family
    self.name = name
  }

  package var description: String { "\(family).\(name)" }

  /// Its file, from the policies' folder.
  package var file: String { "\(family)/\(name).lua" }

  /// The module that holds this policy's tests.
  package var testModule: String { "\(family).\(name)\(Self.testSuffix)" }

  /// The file of that module, from the policies' folder.
  package var testFile: String { "\(family)/\(name)\(Self.testSuffix).lua" }

  /// The file of its golden decisions, from the policies' folder.
  package var goldenFile: String { "\(family)/\(name)_golden.ndjson" }

  package static func < (left: Self, right: Self) -> Bool {
    (left.family, left.name) < (right.family, right.name)
  }

  /// A letter, then letters, digits and underscores, all of ASCII and lower case.
  package static func isLowerSnakeCase(_ text: some StringProtocol) -> Bool {
    guard let first = text.utf8.first, UInt8(ascii: "a")...UInt8(ascii: "z") ~= first else { return false }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
      default: false
      }
    }
  }
}
