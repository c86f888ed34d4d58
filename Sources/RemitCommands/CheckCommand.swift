internal import ArgumentParser
private import RemitCheck
private import RemitModel
internal import RemitPolicy

/// `remit check`: static checks.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check policies and plugins without deciding anything.",
    discussion: """
      Says, with file, line and column, what does not load, what has no meaning (globals, fields, params, reasons and outcomes \
      that nobody declared), what is never used or reached, and which policy has no test. PATH is a policy's name or a \
      plugin's, such as plugin.fx, a file, or a folder of policies or plugins.

      Exit status: 0 clean (notes do not count), 1 there are errors or warnings, 2 wrong usage.
      """
  )

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, sarif }

  @Option(help: "text: one finding a line. sarif: one SARIF 2.1.0 document, for editors and CI.")
  var format = Format.text

  @OptionGroup var folders: FolderOptions

  @Argument(help: ArgumentHelp("What to check. (default: everything)", valueName: "path"))
  var path: String?

  func run() throws {
    let (loader, isMeant) = try selection()
    var checker = PolicyChecker(loader)
    let files = checker.fileNames.filter(isMeant)
    if let path, files.isEmpty { throw CommandFailure(.usage, "nothing to check in \(path)") }
    let findings = checker.check(where: isMeant)
    switch format {
    case .text: for finding in findings { Terminal.print(finding.description) }
    case .sarif:
      let folder = loader.store.folder
      Terminal.print(
        SARIFReport.document(
          findings, version: RemitCommand.configuration.version, policies: folder.policies.path,
          plugins: folder.plugins.path))
    }
    let failing = findings.count { $0.rule.severity != .note }
    Terminal.error("checked \(files.count) file\(files.count == 1 ? "" : "s"): \(Self.summary(of: findings))")
    if failing > 0 { throw CommandFailure(.failed) }
  }

  private static func summary(of findings: [Finding]) -> String {
    let parts = [Severity.error, .warning, .note].compactMap { severity -> String? in
      let count = findings.count { $0.rule.severity == severity }
      return count == 0 ? nil : "\(count) \(severity.rawValue)\(count == 1 ? "" : "s")"
    }
    return parts.isEmpty ? "clean" : parts.joined(separator: ", ")
  }

  /// The loader, and which files are meant.
  private func selection() throws -> (PolicyLoader, (String) -> Bool) {
    guard let path else { return (try folders.loader(), { _ in true }) }
    if let name = PolicyName(path) { return (try folders.loader(), { $0 == name.file || $0 == name.testFile }) }
    if path.hasPrefix("plugin."), !path.contains("/") {
      let folder = "plugins/\(path.dropFirst("plugin.".count))/"
      return (try folders.loader(), { $0.hasPrefix(folder) })
    }
    let place = try folders.place(of: path)
    let below = place.below
    return (
      place.loader,
      { file in
        let isPlugins = file.hasPrefix("plugins/")
        guard isPlugins == place.isPlugins else { return false }
        let rest = isPlugins ? String(file.dropFirst("plugins/".count)) : file
        return below.isEmpty || rest == below || rest.hasPrefix(below + "/")
      }
    )
  }
}
