package import RemitModel

/// The folders of policies and plugins, and how names become files in them.
///
/// | name | file |
/// | --- | --- |
/// | `approval.purchase_order` | `approval/purchase_order.lua` of the policies |
/// | `lib.money.rounding` | `lib/money/rounding.lua` of the policies |
/// | `plugin.calendar` | `calendar/plugin.lua` of the plugins |
/// | `plugin.calendar.easter` | `calendar/easter.lua` of the plugins, for that plugin alone |
///
/// `meta` holds definitions for editors, and is never loaded.
package struct PolicyFolder: Sendable {
  package let policies: Folder
  package let plugins: Folder

  /// - Parameters:
  ///   - policies: The folder's path.
  ///   - plugins: The same of the plugins; it need not exist.
  package init(policies: String, plugins: String) {
    self.policies = Folder(policies)
    self.plugins = Folder(plugins)
  }

  /// Where a file is, and what messages call it.
  struct Place: Hashable, Sendable {
    enum Root: Sendable { case policies, plugins }
    let root: Root
    /// From that folder.
    let path: String

    var shown: String { root == .policies ? path : "plugins/" + path }

    /// The folder below its root that the file may not leave, not even by a symbolic link: a plugin's own.
    var confinedTo: String? {
      guard root == .plugins, let slash = path.firstIndex(of: "/") else { return nil }
      return String(path[..<slash])
    }
  }

  /// The file of a module; nil where the name can be none's.
  static func place(ofModule name: String) -> Place? {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count >= 2, parts.allSatisfy(isIdentifier), let first = parts.first, first != "meta",
      first != "plugins"
    else { return nil }
    if first == "plugin" {
      if parts.count == 2 { return Place(root: .plugins, path: "\(parts[1])/plugin.lua") }
      // Its own file has the shorter name alone, so that it is loaded once.
      return parts[2...] == ["plugin"] ? nil : Place(root: .plugins, path: parts[1...].joined(separator: "/") + ".lua")
    }
    return Place(root: .policies, path: parts.joined(separator: "/") + ".lua")
  }

  /// The module that stands at a place, if one can.
  static func module(of place: Place) -> String? {
    guard place.path.hasSuffix(".lua") else { return nil }
    let parts = place.path.dropLast(4).split(separator: "/", omittingEmptySubsequences: false)
    guard place.root == .plugins else { return parts.joined(separator: ".") }
    let isWhole = parts.count == 2 && parts[1] == "plugin"
    return "plugin." + (isWhole ? parts[0][...] : parts.joined(separator: ".")[...])
  }

  /// A file that a module names: from the policies' folder, or for a plugin from its own.
  static func place(ofFile name: String, askedBy module: String) -> Place? {
    guard Folder.staysInside(name) else { return nil }
    let parts = module.split(separator: ".")
    if parts.first == "plugin" {
      return parts.count >= 2 ? Place(root: .plugins, path: "\(parts[1])/\(name)") : nil
    }
    return Place(root: .policies, path: name)
  }

  /// The place of a file as messages name it.
  static func place(shown: String) -> Place {
    let prefix = "plugins/"
    guard shown.hasPrefix(prefix) else { return Place(root: .policies, path: shown) }
    return Place(root: .plugins, path: String(shown.dropFirst(prefix.count)))
  }

  /// The path of a file that messages call `shown`, as the user named the folders.
  package func path(ofFile shown: String) -> String {
    guard shown.hasPrefix("plugins/") else { return "\(policies.path)/\(shown)" }
    return "\(plugins.path)/\(shown.dropFirst("plugins/".count))"
  }

  func folder(of place: Place) -> Folder {
    place.root == .policies ? policies : plugins
  }

  /// Every policy by name, sorted: the files `<family>/<name>.lua`.
  package func policyNames() -> [PolicyName] {
    names { PolicyName(family: $0, name: $1) }
  }

  /// Every policy that has a file of tests, or would have if its own file were there, sorted.
  package func testedPolicyNames() -> [PolicyName] {
    names { family, name in
      guard name.hasSuffix(PolicyName.testSuffix) else { return nil }
      return PolicyName(family: family, name: String(name.dropLast(PolicyName.testSuffix.count)))
    }
  }

  private func names(_ name: (String, String) -> PolicyName?) -> [PolicyName] {
    families.flatMap { family in luaFiles(in: family).compactMap { name(family, $0) } }.sorted()
  }

  /// The files beside the policies that look like one and are none, because of their names or their folders', sorted:
  /// who wrote them would look for them in vain.
  package func misnamedFiles() -> [String] {
    let files = families.flatMap { family in
      luaFiles(in: family).compactMap { stem in
        let isTest = stem.hasSuffix(PolicyName.testSuffix)
        let name = isTest ? String(stem.dropLast(PolicyName.testSuffix.count)) : stem
        return PolicyName(family: family, name: name) == nil ? "\(family)/\(stem).lua" : nil
      }
    }
    return (files + luaFiles(in: "").map { "\($0).lua" }).sorted()
  }

  /// The folders that may be families, whatever their names.
  private var families: [String] {
    policies.entries(of: "").filter { !PolicyName.reservedFamilies.contains($0) }
  }

  /// The names of the files that end in `.lua`, without that.
  private func luaFiles(in family: String) -> [String] {
    policies.entries(of: family).filter { $0.hasSuffix(".lua") }.map { String($0.dropLast(4)) }
  }

  private static func isIdentifier(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= first) else { return false }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
  }
}

extension PolicyFolder {
  /// The plugin that a module belongs to; nil where it is none's.
  ///
  /// - Parameter isWhole: Only of the plugin's own file, not of its other modules.
  static func pluginName(ofModule name: String, isWhole: Bool = false) -> String? {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2 || parts.count > 2 && !isWhole, parts.first == "plugin" else { return nil }
    return String(parts[1])
  }

  /// The module of a plugin's own file, as messages name that; nil of any other file.
  static func pluginModule(ofFile shown: String) -> String? {
    let parts = shown.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 3, parts.first == "plugins", parts.last == "plugin.lua" else { return nil }
    return "plugin.\(parts[1])"
  }

  /// Every plugin by name, sorted: the folders that hold a `plugin.lua`.
  package func pluginNames() -> [String] {
    plugins.entries(of: "").filter { Self.isIdentifier($0[...]) && plugins.entries(of: $0).contains("plugin.lua") }
  }

  /// Every plugin that has a file of tests, sorted.
  package func testedPluginNames() -> [String] {
    pluginNames().filter { plugins.entries(of: $0).contains("plugin_test.lua") }
  }
}
