private import RemitAnalysis
private import RemitEngine
internal import RemitModel
internal import RemitPolicy

extension PoliciesCommand {
  /// Writes a page for each policy: to the folder of `--output`, or to standard output one after the other.
  ///
  /// - Returns: What is wrong with their tests, from which the examples are.
  func write(pagesOf policies: [LoadedPolicy], _ loader: PolicyLoader) throws -> [Diagnostic] {
    let runner = PolicyTestRunner(loader)
    var diagnostics: [Diagnostic] = []
    for (index, policy) in policies.enumerated() {
      var example: WorkedExample?
      do throws(PolicyLoadError) {
        example = try runner.example(of: policy.name)
      } catch {
        if case .broken(let found) = error { diagnostics += found }
      }
      let page = PolicyPage(policy, example: example).text
      if output != nil {
        try write(page, to: "\(policy.name).md")
      } else {
        Terminal.print(Array(((index > 0 ? "\n" : "") + page).utf8))
      }
    }
    if output != nil && name == nil { try write(PolicyPage.index(policies), to: "README.md") }
    return diagnostics
  }

  private func write(_ text: String, to file: String) throws {
    guard let output else { return }
    let path = output.hasSuffix("/") ? output + file : "\(output)/\(file)"
    try OutputFile.makeFolder(above: path)
    try OutputFile.write(Array(text.utf8), to: path)
    Terminal.print(path)
  }
}
