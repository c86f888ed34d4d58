internal import RemitModel
package import RemitPolicy
private import RemitSyntax

/// Checks the files of policies and plugins without deciding anything: their texts, and whether they load.
///
/// What it says holds for certain; where a value cannot be followed it says nothing.
package struct PolicyChecker {
  let loader: PolicyLoader
  let files: [PolicyFolder.ModuleFile]
  let modules: [String: PolicyFolder.ModuleFile]

  var sources: [String: SourceFile] = [:]
  var members: [String: ModuleMembers?] = [:]
  var words: [String: Words] = [:]
  var declarations: [PolicyName: PolicyDeclaration] = [:]
  var suggestions = Suggestions()
  var findings: Set<Finding> = []
  /// Files that were listed and are not there.
  var missing: Set<String> = []
  /// Problems of loading, whose place is a line.
  var problems: Set<RemitModel.Diagnostic> = []
  /// The files of every module that something has required, and those that loaded.
  var required: Set<String> = []
  var loaded: Set<String> = []

  package init(_ loader: PolicyLoader) {
    self.loader = loader
    files = loader.store.folder.moduleFiles()
    modules = Dictionary(files.compactMap { file in file.module.map { ($0, file) } }) { first, _ in first }
  }

  /// All files that there are to check, as messages name them.
  package var fileNames: [String] { files.map(\.file) }

  /// Checks the files, and everything that stands against loading them, wherever it stands.
  ///
  /// - Parameter isMeant: Which of `fileNames`; the modules that these require are read all the same.
  package mutating func check(where isMeant: (String) -> Bool) -> [Finding] {
    let meant = files.filter { isMeant($0.file) }
    for file in files { read(file, isMeant: isMeant(file.file)) }
    let names = loader.store.folder.policyNames().filter { isMeant($0.file) }
    for name in names { check(name) }
    for file in meant { check(file) }
    for name in loader.store.folder.testedPolicyNames() where isMeant(name.testFile) { checkTests(of: name) }
    for name in loader.store.folder.pluginNames() where isMeant(Self.file(ofPlugin: name)) { check(plugin: name) }
    for name in loader.store.folder.testedPluginNames() where isMeant(Self.testFile(ofPlugin: name)) {
      checkTests(ofPlugin: name)
    }
    loadRest(meant)
    let misnamed = loader.store.folder.misnamedFiles().filter(isMeant)
    for file in misnamed { add(misnamed: file, "a policy is <family>/<name>.lua, both names in lower_snake_case") }
    for file in meant where file.module == nil && !misnamed.contains(file.file) && sources[file.file] != nil {
      add(misnamed: file.file, "nothing can require it, since its name or its folder's is no name of Lua")
    }
    if meant.count == files.count { findUnusedModules() }
    addProblems()
    return findings.sorted()
  }

  // MARK: Texts

  private mutating func read(_ file: PolicyFolder.ModuleFile, isMeant: Bool) {
    switch loader.store.source(of: file) {
    case .missing:
      // It was listed: most probably it is a link.
      problems.insert(
        RemitModel.Diagnostic(file: file.file, line: 0, message: "the file cannot be read: nothing is there"))
      missing.insert(file.file)
    case .unreadable(let problem): if isMeant { problems.insert(problem) }
    case .text(let text):
      do throws(Diagnostics) {
        let source = SourceFile(file, try translate(text, file: file.file).tree)
        sources[file.file] = source
        for call in source.literalCalls where call.name == "require" {
          if let module = modules[call.literal] { required.insert(module.file) }
        }
      } catch {
        guard isMeant else { return }
        let places = Places(text)
        for diagnostic in error.all {
          let (line, column) = places.position(line: diagnostic.line, column: diagnostic.column)
          findings.insert(
            Finding(.syntax, file: diagnostic.file, line: line, column: column, message: diagnostic.message))
        }
      }
    }
  }

  /// What a file's text alone says.
  private mutating func check(_ file: PolicyFolder.ModuleFile) {
    guard let source = sources[file.file] else { return }
    // A policy that could be loaded has been looked at with its declaration.
    if !loaded.contains(file.file) || modules[file.module ?? ""] == nil || PolicyName(file.module ?? "") == nil {
      checkNames(Shapes(source, declaration: nil))
    }
    var reachability = Reachability(source)
    reachability.run()
    findings.formUnion(reachability.findings)
    findings.formUnion(TableRules.findings(source))
    findings.formUnion(LocalRules.findings(source))
    for call in source.literalCalls where call.name == "require" && modules[call.literal] == nil {
      guard !loader.store.isNative(call.literal) else { continue }
      let hint = suggestions.hint(call.literal, among: modules.keys, of: "require")
      findings.insert(
        source.finding(.unknownModule, at: call.argument, "module \"\(call.literal)\" not found\(hint)"))
    }
  }

  mutating func checkNames(_ shapes: Shapes) {
    for call in shapes.source.literalCalls where call.name == "require" { readMembers(call.literal) }
    let known = members
    var names = NameRules(shapes, suggestions: suggestions) { known[$0] ?? nil }
    names.run()
    suggestions = names.suggestions
    findings.formUnion(names.findings)
    var comparisons = Comparisons(shapes, suggestions: suggestions)
    comparisons.run()
    suggestions = comparisons.suggestions
    findings.formUnion(comparisons.findings)
  }

  private mutating func readMembers(_ module: String) {
    guard members[module] == nil else { return }
    members[module] = .some(modules[module].flatMap { sources[$0.file] }.flatMap { ModuleMembers($0) })
  }

  // MARK: Everything else

  /// Modules that no policy has loaded, for what is wrong with them.
  private mutating func loadRest(_ meant: [PolicyFolder.ModuleFile]) {
    for file in meant where !loaded.contains(file.file) && sources[file.file] != nil {
      guard let module = file.module, PolicyName(module) == nil, !module.hasSuffix(PolicyName.testSuffix),
        !module.hasPrefix("plugin.")
      else {
        continue
      }
      do throws(PolicyLoadError) {
        try loader.loadModule(named: module)
      } catch {
        note(error, of: file.file)
      }
    }
  }

  private mutating func add(misnamed file: String, _ why: String) {
    findings.insert(
      Finding(.misnamedFile, file: file, line: 1, column: 1, message: "the file is left out: \(why)"))
  }

  private mutating func findUnusedModules() {
    for file in files where file.file.hasPrefix("lib/") && file.module != nil && sources[file.file] != nil {
      guard !required.contains(file.file), !loaded.contains(file.file) else { continue }
      findings.insert(
        Finding(.unusedModule, file: file.file, line: 1, column: 1, message: "nothing requires this module"))
    }
  }

  mutating func note(_ error: PolicyLoadError, of file: String) {
    guard case .broken(let found) = error else { return }
    // A problem that names no file is the whole file's.
    problems.formUnion(
      found.map { $0.file.isEmpty ? RemitModel.Diagnostic(file: file, line: 0, message: $0.message) : $0 })
  }

  /// What a load refuses, unless a rule has said it of the same line already, and better.
  private mutating func addProblems() {
    let said = Set(findings.filter { $0.rule.severity == .error }.map { Line(file: $0.file, line: $0.line) })
    for problem in problems where !said.contains(Line(file: problem.file, line: problem.line)) {
      let column = sources[problem.file]?.places.firstColumn(of: problem.line) ?? 1
      findings.insert(
        Finding(
          .loadError, file: problem.file, line: max(problem.line, 1), column: column, message: problem.message))
    }
  }

  private struct Line: Hashable {
    var file: String
    var line: Int
  }
}
