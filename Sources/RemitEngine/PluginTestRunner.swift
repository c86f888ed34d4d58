private import RemitLua
private import RemitModel
package import RemitPolicy
internal import RemitWire

/// Runs the cases of a plugin's test file: each calls what the plugin provides, through the same checks as a policy's call.
///
/// A case has a machine of its own, and settings of its own: what an administrator has set does not count, so that a plugin's tests
/// say the same everywhere.
package struct PluginTestRunner {
  private let loader: PluginLoader
  /// Lends machines; without one they are made here.
  private let observer: (any TestObserver)?

  package init(_ store: ModuleStore) {
    self.init(store, observer: nil)
  }

  init(_ store: ModuleStore, observer: (any TestObserver)?) {
    loader = PluginLoader(store)
    self.observer = observer
  }

  /// Runs all cases of the plugin's `plugin_test.lua`.
  ///
  /// - Parameter name: Without `plugin.`.
  /// - Throws: Where the test file or the plugin cannot be loaded, and where it has no cases.
  package func run(_ name: String) throws(PolicyLoadError) -> [PolicyTestRunner.CaseResult] {
    try cases(of: name).map { item in
      PolicyTestRunner.CaseResult(policy: "plugin.\(name)", name: item.name, differences: run(item, of: name))
    }
  }

  /// Reads the plugin's test file; throws as `run` does.
  func cases(of name: String) throws(PolicyLoadError) -> [PolicyTestRunner.Case] {
    let module = "plugin.\(name)"
    // A plugin that does not load fails as a whole, and not in each of its cases.
    _ = try loader.load(name, settings: .some(nil))
    var read: [PolicyTestRunner.Case] = []
    var seen: Set<String> = []
    let lines = CaseLines(ofFile: Self.file(name), in: loader.store)
    let suites = try TestFile.suites(module: "\(module).plugin_test", file: Self.file(name), in: loader.store)
    for (place, suite) in suites.enumerated() {
      let subject = suite["policy"]?.string ?? ""
      guard subject == module else {
        throw broken(name, "expected test \"\(module)\", got test \"\(subject)\": a plugin's tests are its own")
      }
      guard let cases = suite["cases"]?.elements, !cases.isEmpty else {
        throw broken(name, "\"\(module)\" has no cases: expected a list, { { name = \"…\", … }, … }")
      }
      for (index, test) in cases.enumerated() {
        let caseName = test["name"]?.string
        var mistakes = PluginTestShape.mistakes(in: test)
        if let caseName, !seen.insert(caseName).inserted { mistakes.append("another case of the file has this name") }
        read.append(
          .init(
            name: caseName ?? "case \(index + 1)", test: test, mistakes: mistakes, file: Self.file(name),
            line: lines.line(suite: place, index: index), number: index + 1))
      }
    }
    return read
  }

  /// Runs one case, and says what differs, or what is wrong with the case.
  func run(_ item: PolicyTestRunner.Case, of name: String) -> [String] {
    item.mistakes.isEmpty ? run(item.test, of: name) : item.mistakes
  }

  private static func file(_ name: String) -> String { "plugins/\(name)/plugin_test.lua" }

  private func broken(_ name: String, _ message: String) -> PolicyLoadError {
    .broken([Diagnostic(file: Self.file(name), line: 0, message: message)])
  }

  private func run(_ test: JSONView, of name: String) -> [String] {
    let settings = test["settings"].map { settings in
      let json = settings.kind == .object ? Array(settings.rawBytes) : Array("{}".utf8)
      return PluginSettings(json: json, file: "settings", line: 1)
    }
    do {
      let store = loader.store.replacing(TestFiles.texts(test["files"], prefix: "plugins/\(name)/"))
      let machine =
        try observer?.machine(forPlugin: name, in: store, settings)
        ?? PluginLoader(store).load(name, settings: .some(settings))
      let result = try machine.call(
        test["call"]?.string ?? test["get"]?.string ?? "", ofPlugin: "plugin.\(name)",
        arguments: ByteBlock(Self.arguments(test["with"])))
      return Self.differences(test, result: try JSONView(result.array()))
    } catch let error as LuaError {
      return Self.differences(test, error: error.message)
    } catch PolicyLoadError.broken(let diagnostics) {
      return Self.differences(test, error: diagnostics.map(\.description).joined(separator: "\n"))
    } catch {
      return ["the result is no JSON: \(error)"]
    }
  }

  /// The arguments as a list: one with a nil in it comes as numbered members.
  private static func arguments(_ with: JSONView?) -> [UInt8] {
    guard let with else { return Array("[]".utf8) }
    guard with.kind == .object else { return Array(with.rawBytes) }
    let numbered = with.members.compactMap { member in Int(member.key).map { (place: $0, member.value) } }
    var output = ByteWriter()
    output.append(UInt8(ascii: "["))
    for place in 1...max(1, numbered.map(\.place).max() ?? 1) {
      if place > 1 { output.append(UInt8(ascii: ",")) }
      if let (_, value) = numbered.first(where: { $0.place == place }) {
        output.append(value.rawText)
      } else {
        output.append("null")
      }
    }
    output.append(UInt8(ascii: "]"))
    return output.bytes
  }

  private static func differences(_ test: JSONView, result: JSONView) -> [String] {
    if let error = test["error"] { return ["expected the error \(error.rawText)", "got \(result.rawText)"] }
    guard let expected = test["expect"] else { return result.isNull ? [] : ["expected nil, got \(result.rawText)"] }
    if result.isNull { return ["expected \(expected.rawText), got nil"] }
    return TestComparison.differences(expectedValue: expected, actual: result)
  }

  private static func differences(_ test: JSONView, error: String) -> [String] {
    guard let expected = test["error"]?.string else { return ["got the error \(error)"] }
    return error.contains(expected) ? [] : ["expected an error with \"\(expected)\"", "got \(error)"]
  }
}
