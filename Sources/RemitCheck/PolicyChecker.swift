private import RemitLua
private import RemitModel
package import RemitPolicy
private import RemitSyntax
private import RemitWire

/// Checks the files of policies and plugins without deciding anything: their texts, and whether they load.
///
/// What it says holds for certain; where a value cannot be followed it says nothing.
package struct PolicyChecker {
  private let loader: PolicyLoader
  private let files: [PolicyFolder.ModuleFile]
  private let modules: [String: PolicyFolder.ModuleFile]

  private var sources: [String: SourceFile] = [:]
  private var members: [String: ModuleMembers?] = [:]
  private var words: [String: Words] = [:]
  private var declarations: [PolicyName: PolicyDeclaration] = [:]
  private var suggestions = Suggestions()
  private var findings: Set<Finding> = []
  /// Files that were listed and are not there.
  private var missing: Set<String> = []
  /// Problems of loading, whose place is a line.
  private var problems: Set<RemitModel.Diagnostic> = []
  /// The files of every module that something has required, and those that loaded.
  private var required: Set<String> = []
  private var loaded: Set<String> = []

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
      let hint = suggestions.hint(call.literal, among: modules.keys, of: "require")
      findings.insert(
        source.finding(.unknownModule, at: call.argument, "module \"\(call.literal)\" not found\(hint)"))
    }
  }

  private mutating func checkNames(_ shapes: Shapes) {
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

  // MARK: Policies

  private mutating func check(_ name: PolicyName) {
    guard !missing.contains(name.file) else { return }
    do throws(PolicyLoadError) {
      let (policy, machine) = try loader.load(name)
      loaded.formUnion(policy.moduleFiles)
      declarations[name] = policy.declaration
      if let source = sources[name.file] { check(policy, source) }
      findings.formUnion(loadedFindings(policy, machine))
    } catch {
      note(error, of: name.file)
    }
    if sources[name.file] != nil, !loader.store.folder.testedPolicyNames().contains(name) {
      findings.insert(
        Finding(
          .missingTest, file: name.file, line: 1, column: 1,
          message: "the policy has no tests: write them in \(name.testFile)"))
    }
  }

  /// What only the loaded policy knows. Findings about its decision tables belong here.
  private func loadedFindings(_ policy: LoadedPolicy, _ machine: PolicyMachine) -> [Finding] {
    []
  }

  private mutating func check(_ policy: LoadedPolicy, _ source: SourceFile) {
    let shapes = Shapes(source, declaration: policy.declaration)
    checkNames(shapes)
    let decisions = Decisions(source)
    var rules = DecisionRules(source, policy.declaration, decisions, suggestions: suggestions)
    rules.run()
    suggestions = rules.suggestions
    findings.formUnion(rules.findings)

    var words = Words(source, omitting: source.declarationSpans)
    var modules: [SourceFile] = []
    for file in policy.moduleFiles where file != policy.name.file {
      guard let module = sources[file] else { continue }
      words.form(self.words(ofModule: module))
      modules.append(module)
    }
    for file in policy.dataFiles { words.form(self.words(ofData: file)) }
    let unused = UnusedRules(
      shapes: shapes, declaration: policy.declaration, decisions: decisions, words: words, modules: modules)
    findings.formUnion(unused.findings())
  }

  private mutating func words(ofModule module: SourceFile) -> Words {
    if let known = words[module.file.file] { return known }
    let found = Words(module)
    words[module.file.file] = found
    return found
  }

  private mutating func words(ofData file: String) -> Words {
    if let known = words[file] { return known }
    let found = loader.store.records(ofFile: file).map { Words(records: $0.array()) } ?? Words()
    words[file] = found
    return found
  }

  // MARK: Tests

  private mutating func checkTests(of name: PolicyName) {
    guard let source = sources[name.testFile] else { return }
    do throws(PolicyLoadError) {
      let suites = try loader.loadTests(of: name)
      loaded.insert(name.testFile)
      for suite in (try? JSONView(suites.array()))?.elements ?? [] { check(suite, in: source) }
    } catch {
      note(error, of: name.testFile)
    }
    let names = loader.store.folder.policyNames()
    for call in source.literalCalls
    where call.name == "test" && !names.contains(where: { $0.description == call.literal }) {
      let near = NearNames.of(call.literal, among: names).first.map { " (did you mean \"\($0)\"?)" } ?? ""
      findings.insert(
        source.finding(.unknownPolicy, at: call.argument, "unknown policy \"\(call.literal)\"\(near)"))
    }
  }

  private mutating func check(_ suite: JSONView, in source: SourceFile) {
    guard let policy = suite["policy"]?.string, let cases = suite["cases"]?.elements, let name = PolicyName(policy),
      let declaration = declaration(of: name)
    else { return }
    var rules = TestFileRules(source, policy: policy, declaration, suggestions: suggestions)
    rules.run(cases)
    suggestions = rules.suggestions
    findings.formUnion(rules.findings)
  }

  private mutating func declaration(of name: PolicyName) -> PolicyDeclaration? {
    if let known = declarations[name] { return known }
    declarations[name] = try? loader.load(name).0.declaration
    return declarations[name]
  }

  // MARK: Everything else

  /// Modules that no policy has loaded, for what is wrong with them.
  private mutating func loadRest(_ meant: [PolicyFolder.ModuleFile]) {
    for file in meant where !loaded.contains(file.file) && sources[file.file] != nil {
      // What stands beside a plugin's own file is the plugin's to load.
      guard let module = file.module, PolicyName(module) == nil, !module.hasSuffix(PolicyName.testSuffix),
        !module.hasPrefix("plugin.") || module.split(separator: ".").count == 2
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

  private mutating func note(_ error: PolicyLoadError, of file: String) {
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
