internal import ArgumentParser
internal import RemitModel
internal import RemitPolicy

/// `remit`: what all commands have in common.
struct RemitCommand: ParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "remit",
    abstract: "Decide business transactions by policies written in Lua.",
    discussion: """
      One transaction in, one decision out: who must approve, within which limit, and why. The same input, policy, params and \
      time give the same bytes, with one worker or many.
      """,
    version: version,
    subcommands: [
      BatchCommand.self, ExplainCommand.self, ReplayCommand.self, ServeCommand.self, TestCommand.self,
      CheckCommand.self, PoliciesCommand.self, NewCommand.self, LogCommand.self,
    ]
  )
}

/// The folders of policies and plugins.
struct FolderOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The folder of the policies.", valueName: "dir"))
  var policies = "policies"

  @Option(help: ArgumentHelp("The folder of the plugins.", valueName: "dir"))
  var plugins = "plugins"

  @Option(
    name: .customLong("native-plugin"), parsing: .singleValue,
    help: ArgumentHelp(
      "Let policies require a native plugin, a shared library; may be given again.", valueName: "name=path"))
  var nativePlugins: [String] = []

  /// A loader for these folders, or for others in their place.
  ///
  /// - Parameter nativePlace: Where messages say that native plugins were named.
  func loader(
    policies other: String? = nil, plugins otherPlugins: String? = nil, limits: Limits = Limits(),
    nativePlace: String = "--native-plugin"
  ) throws -> PolicyLoader {
    let folder = PolicyFolder(policies: other ?? policies, plugins: otherPlugins ?? plugins)
    if let problem = folder.policies.problem {
      let message = "cannot read the folder \"\(folder.policies.path)\": \(problem)"
      throw CommandFailure(.usage, "\(message) (say where the policies are with --policies DIR)")
    }
    return PolicyLoader(
      ModuleStore(folder: folder, natives: try natives(beside: folder.pluginNames(), nativePlace), limits: limits))
  }

  func natives(beside plugins: [String], _ place: String) throws -> [NativeLibrary] {
    var seen: Set<String> = []
    return try nativePlugins.map { option in
      guard let library = NameAndPath(option) else {
        throw CommandFailure(.usage, "\(place): expected NAME=PATH, got \"\(option)\"")
      }
      let name = library.name
      guard seen.insert(name).inserted else { throw CommandFailure(.usage, "\(place): \(name) is given twice") }
      guard !plugins.contains(name) else {
        throw CommandFailure(.usage, "\(place): \(name) is a plugin in \(self.plugins) already")
      }
      do throws(NativeLibrary.LoadError) {
        return try NativeLibrary(name: name, path: library.path)
      } catch {
        throw CommandFailure(.usage, "\(place) \(name): \(error.description)")
      }
    }
  }
}

extension CommandFailure {
  /// A policy that is not there.
  init(_ error: PolicyLoadError) {
    switch error {
    case .unknown(let name, let near):
      let hint = near.isEmpty ? "" : "; did you mean \(near.map(\.description).joined(separator: " or "))?"
      self.init(error.code.exitStatus, "unknown policy \"\(name)\"\(hint)")
    case .broken(let diagnostics):
      self.init(error.code.exitStatus, messages: diagnostics.map(\.description))
    }
  }
}
