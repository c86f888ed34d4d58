internal import RemitModel
internal import RemitPolicy

/// Which tests a path means.
struct TestSelection {
  let loader: PolicyLoader
  private(set) var names: [PolicyName]
  /// Plugins, without `plugin.`.
  private(set) var plugins: [String]
  /// The policies that the path means, with those that have no tests.
  let policies: [PolicyName]
  /// The plugins, in the same way.
  let allPlugins: [String]
  /// Every policy of the folder is meant.
  let isWhole: Bool
  /// Files that the path means too, but whose names can be no policy's.
  let misnamedFiles: [String]

  var subjects: [TestSubject] { names.map(TestSubject.policy) + plugins.map(TestSubject.plugin) }

  init(_ path: String?, _ folders: FolderOptions) throws {
    if let path, let (loader, plugins) = try Self.plugins(path, folders) {
      self.loader = loader
      self.plugins = plugins
      names = []
      policies = []
      allPlugins = plugins
      isWhole = false
      misnamedFiles = []
      return
    }
    /// Where the files stand below the folder of the policies; "" is all of them.
    let below: String
    if let name = path.flatMap({ PolicyName($0) }) {
      loader = try folders.loader()
      below = name.testFile
      guard loader.store.folder.testedPolicyNames().contains(name) else {
        throw CommandFailure(.usage, "no tests of \(name): expected \(name.testFile)")
      }
    } else if let path {
      (loader, below) = try Self.place(path, folders)
    } else {
      loader = try folders.loader()
      below = ""
    }
    func isMeant(_ file: String) -> Bool { below.isEmpty || file == below || file.hasPrefix(below + "/") }
    func isMeant(_ name: PolicyName) -> Bool { isMeant(name.testFile) || below == name.file }
    names = loader.store.folder.testedPolicyNames().filter(isMeant)
    policies = loader.store.folder.policyNames().filter(isMeant)
    isWhole = below.isEmpty
    plugins = path == nil ? loader.store.folder.testedPluginNames() : []
    allPlugins = path == nil ? loader.store.folder.pluginNames() : []
    misnamedFiles = loader.store.folder.misnamedFiles().filter { isMeant($0) }
    if let path, names.isEmpty {
      misnamedFiles.forEach(Terminal.warn)
      throw CommandFailure(.usage, "no tests in \(path)")
    }
  }

  /// Only what changed files can have an effect on: a file of tests or of golden decisions is of one policy or plugin, any other
  /// may be read by all. Without changes, everything.
  func affected(by changes: [String]) -> TestSelection {
    let folder = loader.store.folder
    var narrow = self
    narrow.names = names.filter { name in
      changes.contains { $0 == folder.path(ofFile: name.testFile) || $0 == folder.path(ofFile: name.goldenFile) }
    }
    narrow.plugins = plugins.filter { name in
      changes.contains(folder.path(ofFile: "plugins/\(name)/plugin_test.lua"))
    }
    let isExplained = changes.allSatisfy { file in
      narrow.names.contains { file == folder.path(ofFile: $0.testFile) || file == folder.path(ofFile: $0.goldenFile) }
        || narrow.plugins.contains { file == folder.path(ofFile: "plugins/\($0)/plugin_test.lua") }
    }
    return changes.isEmpty || !isExplained ? self : narrow
  }

  /// The plugins that a path means; nil where it means none.
  private static func plugins(_ path: String, _ folders: FolderOptions) throws -> (PolicyLoader, [String])? {
    let loader = try folders.loader()
    let tested = loader.store.folder.testedPluginNames()
    if path.hasPrefix("plugin."), !path.contains("/") {
      let name = String(path.dropFirst("plugin.".count))
      guard tested.contains(name) else {
        throw CommandFailure(.usage, "no tests of \(path): expected \(folders.plugins)/\(name)/plugin_test.lua")
      }
      return (loader, [name])
    }
    guard let real = Folder.resolve(path), let root = Folder.resolve(folders.plugins),
      real == root || real.hasPrefix(root + "/")
    else { return nil }
    let below = String(real.dropFirst(root.count + 1))
    let names = tested.filter { name in
      below.isEmpty || below == name || below == "\(name)/plugin_test.lua" || below == "\(name)/plugin.lua"
    }
    guard !names.isEmpty else { throw CommandFailure(.usage, "no tests in \(path)") }
    return (loader, names)
  }

  /// The folder of policies that a file or folder belongs to, and where in it that is.
  private static func place(_ path: String, _ folders: FolderOptions) throws -> (PolicyLoader, below: String) {
    guard let real = Folder.resolve(path) else {
      throw CommandFailure(.usage, "cannot read \(path): no such file or folder")
    }
    if let root = Folder.resolve(folders.policies), real == root || real.hasPrefix(root + "/") {
      return (try folders.loader(), String(real.dropFirst(root.count + 1)))
    }
    if real.hasSuffix(".lua") {
      // A file of another folder of policies, which is the one above the family's.
      let parts = real.split(separator: "/")
      let folder = "/" + parts.dropLast(2).joined(separator: "/")
      return (try folders.loader(policies: folder), parts.suffix(2).joined(separator: "/"))
    }
    return (try folders.loader(policies: path), "")
  }
}

/// Whose tests are run.
enum TestSubject: Hashable {
  case policy(PolicyName)
  case plugin(String)

  var name: String {
    switch self {
    case .policy(let name): name.description
    case .plugin(let name): "plugin.\(name)"
    }
  }
}
