private import RemitLua
internal import RemitModel
internal import RemitPolicy
private import RemitSyntax
private import RemitWire

extension PolicyChecker {
  mutating func checkTests(of name: PolicyName) {
    guard let source = sources[name.testFile] else { return }
    do throws(PolicyLoadError) {
      let suites = try loader.loadTests(module: name.testModule)
      loaded.insert(name.testFile)
      for suite in (try? JSONView(suites.array()))?.elements ?? [] { check(suite, in: source) }
    } catch {
      note(error, of: name.testFile)
    }
    checkSubjects(of: source)
  }

  /// What tests are of must be there.
  private mutating func checkSubjects(of source: SourceFile) {
    let names = loader.store.folder.policyNames()
    let known = Set(names.map(\.description)).union(loader.store.folder.pluginNames().map { "plugin.\($0)" })
    for call in source.literalCalls where call.name == "test" && !known.contains(call.literal) {
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

  // MARK: Plugins

  static func file(ofPlugin name: String) -> String { "plugins/\(name)/plugin.lua" }
  static func testFile(ofPlugin name: String) -> String { "plugins/\(name)/plugin_test.lua" }

  mutating func check(plugin name: String) {
    let file = Self.file(ofPlugin: name)
    guard !missing.contains(file) else { return }
    do throws(PolicyLoadError) {
      _ = try PluginLoader(loader.store).load(name)
    } catch {
      note(error, of: file)
    }
    if sources[file] != nil, !loader.store.folder.testedPluginNames().contains(name) {
      findings.insert(
        Finding(
          .missingTest, file: file, line: 1, column: 1,
          message: "the plugin has no tests: write them in \(Self.testFile(ofPlugin: name))"))
    }
  }

  mutating func checkTests(ofPlugin name: String) {
    let file = Self.testFile(ofPlugin: name)
    guard let source = sources[file] else { return }
    do throws(PolicyLoadError) {
      _ = try loader.loadTests(module: "plugin.\(name).plugin_test")
    } catch {
      note(error, of: file)
    }
    checkSubjects(of: source)
  }
}
