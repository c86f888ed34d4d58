internal import ArgumentParser
private import Glibc
private import RemitEngine
private import RemitModel
internal import RemitPolicy

/// `remit test`: the policies' own tests.
struct TestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Run the policies' own tests.",
    discussion: """
      Tests stand beside the policy, in <family>/<name>_test.lua. PATH is a policy's name, a test file, a family's folder or \
      another folder of policies.

      Exit status: 0 all passed, 1 some failed or could not be loaded, 2 wrong usage.
      """
  )

  @OptionGroup var folders: FolderOptions

  @Argument(help: ArgumentHelp("What to test. (default: everything)", valueName: "path"))
  var path: String?

  func run() throws {
    let selection = try TestSelection(path, folders)
    let runner = PolicyTestRunner(selection.loader)
    var passed = 0
    var failed = 0
    for name in selection.names {
      do throws(PolicyLoadError) {
        let results = try runner.run(name)
        let failures = results.filter { !$0.differences.isEmpty }
        passed += results.count - failures.count
        failed += failures.count
        for failure in failures {
          Terminal.print("\(failure.policy): \(failure.name)")
          for line in failure.differences { Terminal.print("  \(line)") }
        }
      } catch {
        failed += 1
        Terminal.print("\(name): its tests cannot be loaded")
        for message in CommandFailure(error).messages { Terminal.print("  \(message)") }
      }
    }
    Terminal.print("\(passed) passed, \(failed) failed")
    if failed > 0 { throw CommandFailure(.failed) }
  }
}

/// Which tests a path means.
private struct TestSelection {
  let loader: PolicyLoader
  let names: [PolicyName]

  init(_ path: String?, _ folders: FolderOptions) throws {
    guard let path else {
      loader = try folders.loader()
      names = loader.store.folder.testedPolicyNames()
      return
    }
    if let name = PolicyName(path) {
      loader = try folders.loader()
      names = loader.store.folder.testedPolicyNames().filter { $0 == name }
      guard names.isEmpty else { return }
      let file = "\(name.family)/\(name.name)\(PolicyName.testSuffix).lua"
      throw CommandFailure(.usage, "no tests of \(name): expected \(file)")
    }
    guard let real = Self.realPath(path) else {
      throw CommandFailure(.usage, "cannot read \(path): no such file or folder")
    }
    let root = Self.realPath(folders.policies)
    if let root, real == root || real.hasPrefix(root + "/") {
      loader = try folders.loader()
      names = Self.names(of: loader, below: String(real.dropFirst(root.count + 1)))
    } else if real.hasSuffix(".lua") {
      // A file of another folder of policies, which is the one above the family's.
      let parts = real.split(separator: "/")
      loader = try folders.loader(policies: "/" + parts.dropLast(2).joined(separator: "/"))
      names = Self.names(of: loader, below: parts.suffix(2).joined(separator: "/"))
    } else {
      loader = try folders.loader(policies: path)
      names = loader.store.folder.testedPolicyNames()
    }
    if names.isEmpty { throw CommandFailure(.usage, "no tests in \(path)") }
  }

  /// The tests in a file or a folder below that of the policies.
  private static func names(of loader: PolicyLoader, below path: String) -> [PolicyName] {
    loader.store.folder.testedPolicyNames().filter { name in
      let stem = "\(name.family)/\(name.name)"
      return ["", name.family, "\(stem).lua", "\(stem)\(PolicyName.testSuffix).lua"].contains(path)
    }
  }

  private static func realPath(_ path: String) -> String? {
    guard let resolved = unsafe realpath(path, nil) else { return nil }
    // SAFETY: `realpath` allocated a text that ends in a zero byte.
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }
}
