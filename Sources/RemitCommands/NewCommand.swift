internal import ArgumentParser
private import Glibc
private import RemitModel

/// `remit new`: something to start from.
struct NewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new",
    abstract: "Write a policy or a plugin to start from, with tests that pass.",
    discussion: "Exit status: 0, or 2 where the name is none, or a file of that name is there already.",
    subcommands: [NewPolicyCommand.self, NewPluginCommand.self]
  )
}

/// `remit new policy`.
struct NewPolicyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policy", abstract: "Write a policy and its test to start from.")

  @Option(help: ArgumentHelp("The folder of the policies.", valueName: "dir"))
  var policies = "policies"

  @Argument(help: ArgumentHelp("Its name, such as approval.purchase_order.", valueName: "family.name"))
  var name: String

  func run() throws {
    guard let name = PolicyName(name) else {
      throw CommandFailure(
        .usage, "\"\(name)\" is no policy's name: expected <family>.<name> in lower_snake_case, such as approval.travel"
      )
    }
    let folder = "\(policies)/\(name.family)"
    try NewFiles.write([
      ("\(folder)/\(name.name).lua", PolicyTemplate.policy),
      ("\(folder)/\(name.name)\(PolicyName.testSuffix).lua", PolicyTemplate.tests(name)),
    ])
    Terminal.error("next: edit \(folder)/\(name.name).lua, then run remit test \(name)")
  }
}

/// `remit new plugin`.
struct NewPluginCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin", abstract: "Write a plugin, its test and its README to start from.")

  @Option(help: ArgumentHelp("The folder of the plugins.", valueName: "dir"))
  var plugins = "plugins"

  @Argument(help: ArgumentHelp("Its name, such as calendar; policies require plugin.calendar.", valueName: "name"))
  var name: String

  func run() throws {
    guard PolicyName.isLowerSnakeCase(name) else {
      throw CommandFailure(
        .usage, "\"\(name)\" is no plugin's name: expected one in lower_snake_case, such as calendar")
    }
    let folder = "\(plugins)/\(name)"
    try NewFiles.write([
      ("\(folder)/plugin.lua", PluginTemplate.plugin(name)),
      ("\(folder)/plugin_test.lua", PluginTemplate.tests(name)),
      ("\(folder)/README.md", PluginTemplate.readme(name)),
    ])
    Terminal.error("next: edit \(folder)/plugin.lua, then run remit test plugin.\(name)")
  }
}

/// Files that are written where none are.
private enum NewFiles {
  static func write(_ files: [(path: String, text: String)]) throws {
    var status = stat()
    // SAFETY: `status` outlives the call.
    for file in files where unsafe lstat(file.path, &status) == 0 {
      throw CommandFailure(.usage, "\(file.path) is there already: nothing was written")
    }
    for file in files {
      try OutputFile.makeFolder(above: file.path)
      try write(file.text, to: file.path)
      Terminal.print(file.path)
    }
  }

  /// Whoever makes the same file at the same moment keeps it.
  private static func write(_ text: String, to path: String) throws {
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw CommandFailure(.usage, "cannot write \(path): \(systemError())") }
    defer { close(file) }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      // SAFETY: the bytes are the slice's own, for this call.
      let count = unsafe rest.withUnsafeBytes { bytes in unsafe Glibc.write(file, bytes.baseAddress, bytes.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw CommandFailure(.usage, "cannot write \(path): \(systemError())") }
      rest = rest.dropFirst(count)
    }
  }

  private static func systemError() -> String {
    // SAFETY: `strerror` returns a text that ends in a zero byte.
    unsafe String(cString: strerror(errno)).lowercased()
  }
}
