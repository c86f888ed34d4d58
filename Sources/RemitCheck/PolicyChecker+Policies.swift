private import RemitLua
internal import RemitModel
internal import RemitPolicy

extension PolicyChecker {
  mutating func check(_ name: PolicyName) {
    guard !missing.contains(name.file) else { return }
    do throws(PolicyLoadError) {
      let (policy, machine) = try loader.load(name)
      loaded.formUnion(policy.moduleFiles)
      declarations[name] = policy.declaration
      if let source = sources[name.file] { check(policy, source) }
      checkTables(of: machine, in: name.file)
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
    let found = loader.store.data(ofFile: file).map { Words(data: $0) } ?? Words()
    words[file] = found
    return found
  }

  /// The decision tables that the policy reads. What stands in several policies' tables is said once.
  private mutating func checkTables(of machine: PolicyMachine, in file: String) {
    do throws(LuaError) {
      for found in try machine.tableFindings() {
        let rule = Rule(found.kind)
        findings.insert(
          Finding(rule, file: found.file, line: found.line, column: 1, message: found.diagnostic.message))
      }
    } catch {
      problems.insert(Diagnostic(file: file, line: 0, message: error.message))
    }
  }
}

extension Rule {
  fileprivate init(_ kind: TableFinding.Kind) {
    switch kind {
    case .overlap: self = .tableOverlap
    case .never: self = .tableUnreachable
    case .gap: self = .tableGap
    case .trend: self = .tableTrend
    case .incomplete: self = .tableIncomplete
    }
  }
}
