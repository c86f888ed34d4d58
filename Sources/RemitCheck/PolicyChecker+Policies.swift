internal import RemitModel
internal import RemitPolicy

extension PolicyChecker {
  mutating func check(_ name: PolicyName) {
    guard !missing.contains(name.file) else { return }
    do throws(PolicyLoadError) {
      let policy = try loader.load(name).0
      loaded.formUnion(policy.moduleFiles)
      declarations[name] = policy.declaration
      if let source = sources[name.file] { check(policy, source) }
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
}
