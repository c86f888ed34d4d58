private import RemitLua
package import RemitModel
package import RemitPolicy
internal import RemitWire

/// Runs the cases of a policy's test file through the same decision as every other input.
package struct PolicyTestRunner {
  let loader: PolicyLoader
  /// Lends machines and sees results; without one each case has a machine of its own.
  let observer: (any TestObserver)?
  /// What properties begin with, in the place of their own seed.
  let seed: UInt64?
  /// What cases of one policy share, where there is no observer.
  var pool: EvaluatorPool?

  /// The time of a case that does not name one: the same on every day, so that a test that passes goes on passing.
  package static let defaultAt = "2025-01-01T00:00:00Z"

  package init(_ loader: PolicyLoader, seed: UInt64? = nil) {
    self.init(loader, observer: nil, seed: seed)
  }

  init(_ loader: PolicyLoader, observer: (any TestObserver)?, seed: UInt64? = nil) {
    self.loader = loader
    self.observer = observer
    self.seed = seed
  }

  /// What became of one case.
  package struct CaseResult: Equatable, Sendable {
    package var policy: String
    package var name: String
    /// One line for each thing that is not as expected; empty where the case passed.
    package var differences: [String]
    /// Where the case stands, as messages name it; line 0 where that is not known.
    package var file = ""
    package var line = 0
    /// Its place among the cases of the file that are of this policy, from 1.
    package var number = 0
    package var seconds = 0.0
  }

  /// Runs all cases in the test file that stands beside the policy.
  ///
  /// - Throws: Where the test file, or a policy that it names, cannot be loaded, and where it has no cases.
  package func run(_ name: PolicyName) throws(PolicyLoadError) -> [CaseResult] {
    try suites(of: name).flatMap { suite in
      suite.cases.map {
        CaseResult(policy: suite.policy.name.description, name: $0.name, differences: run($0, of: suite.policy))
      }
    }
  }

  /// The cases of one policy, in a file of tests.
  struct Suite: Sendable {
    let policy: LoadedPolicy
    let cases: [Case]
  }

  /// One case; `mistakes` are what is wrong with it itself.
  struct Case: Sendable {
    let name: String
    let test: JSONView
    let mistakes: [String]
    /// Where it stands; line 0 where that is not known.
    var file = ""
    var line = 0
    /// Its place in its suite, from 1.
    var number = 0
    /// The module of the file, which holds its property.
    var module = ""
    /// A line of the golden file.
    var isGolden = false
  }

  /// Reads the test file that stands beside the policy; throws as `run` does.
  func suites(of name: PolicyName) throws(PolicyLoadError) -> [Suite] {
    var suites: [Suite] = []
    var seen: Set<String> = []
    let lines = CaseLines(ofFile: name.testFile, in: loader.store)
    for suite in try TestFile.suites(module: name.testModule, file: name.testFile, in: loader.store) {
      let policyName = suite["policy"]?.string ?? ""
      guard let cases = suite["cases"]?.elements, !cases.isEmpty else {
        throw broken(name, "\"\(policyName)\" has no cases: expected a list, { { name = \"…\", … }, … }")
      }
      let policy: LoadedPolicy
      do throws(PolicyLoadError) {
        policy = try loader.load(named: policyName).0
      } catch {
        if case .unknown = error { throw broken(name, "unknown policy \"\(policyName)\"") }
        throw error
      }
      let isGroup = policy.declaration.group != nil
      let read = cases.enumerated().map { index, test in
        let caseName = test["name"]?.string
        var mistakes = isGroup ? PolicyTestShape.mistakes(inGroup: test) : PolicyTestShape.mistakes(in: test)
        if let caseName, !seen.insert(caseName).inserted { mistakes.append("another case of the file has this name") }
        return Case(
          name: caseName ?? "case \(index + 1)", test: test, mistakes: mistakes, file: name.testFile,
          line: lines.line(suite: suites.count, index: index), number: index + 1,
          module: name.testModule)
      }
      suites.append(Suite(policy: policy, cases: read))
    }
    // The decisions that were recorded are cases like the others.
    if let policy = try ownPolicy(name, suites), let golden = GoldenFile(of: policy) {
      suites.append(Suite(policy: policy, cases: golden.cases))
    }
    return suites
  }

  /// The policy that the file stands beside, where it has golden decisions.
  private func ownPolicy(_ name: PolicyName, _ suites: [Suite]) throws(PolicyLoadError) -> LoadedPolicy? {
    if let loaded = suites.first(where: { $0.policy.name == name }) { return loaded.policy }
    guard loader.store.data(ofFile: name.goldenFile) != nil else { return nil }
    return try loader.load(named: name.description).0
  }

  /// Runs one case, and says what differs, or what is wrong with the case.
  func run(_ item: Case, of policy: LoadedPolicy) -> [String] {
    guard item.mistakes.isEmpty else { return item.mistakes }
    if item.isGolden { return runGolden(item, of: policy) }
    // What random inputs happen to reach says nothing of how well the tests are chosen: an observer does not see it.
    if item.test["property"] != nil { return observer == nil ? runProperty(item, of: policy) : [] }
    if let files = item.test["files"] { return run(item.test, of: policy.name, in: policy.store, with: files) }
    return decide(item.test, policy)
  }

  func decide(_ test: JSONView, _ policy: LoadedPolicy) -> [String] {
    policy.declaration.group != nil ? runGroup(test, of: policy) : run(test, of: policy)
  }

  private func broken(_ name: PolicyName, _ message: String) -> PolicyLoadError {
    .broken([Diagnostic(file: name.testFile, line: 0, message: message)])
  }

  private func run(_ test: JSONView, of policy: LoadedPolicy) -> [String] {
    let input = ByteBlock(test["input"].map { TypedInput.json($0, as: policy.declaration.input) } ?? Array("{}".utf8))
    let outcome: JSONView
    do {
      let evaluator = try evaluator(of: test, policy)
      var output = ByteWriter()
      // SAFETY: the block lives through the call, and has its padding.
      _ = unsafe evaluator.decide(UnsafeRawBufferPointer(input.bytes), line: 1, into: &output)
      outcome = try JSONView(output.bytes)
      observer?.decided(outcome)
    } catch let error as EngineError {
      // The params were refused, so that there is no line.
      return Self.differences(test, decision: nil, error: Self.json(error))
    } catch {
      return ["the result is no JSON: \(error)"]
    }
    return Self.differences(test, decision: outcome["decision"], error: outcome["error"])
  }

  /// - Throws: `EngineError` where the params are refused.
  func evaluator(of test: JSONView, _ policy: LoadedPolicy) throws(EngineError) -> Evaluator {
    var params = Array("{}".utf8)
    if let given = test["params"], given.kind == .object { params = Array(given.rawBytes) }
    let at = test["at"]?.string ?? Self.defaultAt
    if observer == nil, let pool { return try pool.evaluator(of: policy, params: params, at: at) }
    return try Evaluator(policy, machine: observer?.machine(for: policy), params: params, at: at)
  }

  static func json(_ error: EngineError) -> JSONView? {
    var output = ByteWriter()
    output.append("{\"code\":")
    output.appendJSONString(error.code.rawValue)
    output.append(",\"message\":")
    output.appendJSONString(error.message)
    output.append(UInt8(ascii: "}"))
    return try? JSONView(output.bytes)
  }

  /// Compares what came of a case with what it expects.
  static func differences(_ test: JSONView, decision: JSONView?, error: JSONView?) -> [String] {
    if let expected = test["error"] {
      guard let error else {
        return ["expected the error \(expected.rawText)", "got \(decision?.rawText ?? "nothing")"]
      }
      return TestComparison.differences(error: expected, actual: error)
    }
    guard let decision else {
      let code = error?["code"]?.string ?? "error"
      let path = error?["path"]?.string.map { " at \($0)" } ?? ""
      return ["got the error \(code)\(path): \(error?["message"]?.string ?? "")"]
    }
    return TestComparison.differences(expected: test["expect"], actual: decision, called: "decision.")
  }
}
