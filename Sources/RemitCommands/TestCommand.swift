internal import ArgumentParser
private import RemitEngine
private import RemitModel
internal import RemitPolicy

/// `remit test`: the policies' own tests.
struct TestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Run the tests of policies and plugins.",
    discussion: """
      Tests stand beside the policy, in <family>/<name>_test.lua, and in a plugin's folder, in plugin_test.lua. PATH is a policy's \
      name or a plugin's, such as plugin.fx, a test file, a family's or a plugin's folder, or another folder of policies.

      Exit status: 0 all passed, 1 some failed or could not be loaded, 2 wrong usage.
      """
  )

  @OptionGroup var folders: FolderOptions

  @Argument(help: ArgumentHelp("What to test. (default: everything)", valueName: "path"))
  var path: String?

  func run() throws {
    let selection = try TestSelection(path, folders)
    for file in selection.misnamedFiles { Terminal.warn(misnamed: file) }
    let runner = PolicyTestRunner(selection.loader)
    var passed = 0
    var failed = 0
    let plugins = PluginTestRunner(selection.loader.store)
    let subjects = selection.names.map(Subject.policy) + selection.plugins.map(Subject.plugin)
    for subject in subjects {
      do throws(PolicyLoadError) {
        let results =
          switch subject {
          case .policy(let name): try runner.run(name)
          case .plugin(let name): try plugins.run(name)
          }
        let failures = results.filter { !$0.differences.isEmpty }
        passed += results.count - failures.count
        failed += failures.count
        for failure in failures {
          Terminal.print("\(failure.policy): \(failure.name)")
          for line in failure.differences { Terminal.print("  \(line)") }
        }
      } catch {
        failed += 1
        Terminal.print("\(subject.name): its tests cannot be loaded")
        for message in CommandFailure(error).messages { Terminal.print("  \(message)") }
      }
    }
    Terminal.print("\(passed) passed, \(failed) failed")
    if failed > 0 { throw CommandFailure(.failed) }
  }
}

/// Whose tests are run.
private enum Subject {
  case policy(PolicyName)
  case plugin(String)

  var name: String {
    switch self {
    case .policy(let name): name.description
    case .plugin(let name): "plugin.\(name)"
    }
  }
}

/// Which tests a path means.
private struct TestSelection {
  let loader: PolicyLoader
  let names: [PolicyName]
  /// Plugins, without `plugin.`.
  let plugins: [String]
  /// Files that the path means too, but whose names can be no policy's.
  let misnamedFiles: [String]

  init(_ path: String?, _ folders: FolderOptions) throws {
    if let path, let (loader, plugins) = try Self.plugins(path, folders) {
      self.loader = loader
      self.plugins = plugins
      names = []
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
    names = loader.store.folder.testedPolicyNames().filter { name in
      isMeant(name.testFile) || below == "\(name.family)/\(name.name).lua"
    }
    plugins = path == nil ? loader.store.folder.testedPluginNames() : []
    misnamedFiles = loader.store.folder.misnamedFiles().filter(isMeant)
    if let path, names.isEmpty {
      misnamedFiles.forEach(Terminal.warn)
      throw CommandFailure(.usage, "no tests in \(path)")
    }
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
