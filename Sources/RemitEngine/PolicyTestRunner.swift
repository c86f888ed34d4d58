private import RemitLua
package import RemitModel
package import RemitPolicy
internal import RemitWire

/// Runs the cases of a policy's test file through the same decision as every other input.
package struct PolicyTestRunner {
  private let loader: PolicyLoader

  /// The time of a case that does not name one: the same on every day, so that a test that passes goes on passing.
  package static let defaultAt = "2025-01-01T00:00:00Z"

  package init(_ loader: PolicyLoader) {
    self.loader = loader
  }

  /// What became of one case.
  package struct CaseResult: Equatable {
    package var policy: String
    package var name: String
    /// One line for each thing that is not as expected; empty where the case passed.
    package var differences: [String]
  }

  /// Runs all cases in the test file that stands beside the policy.
  ///
  /// - Throws: Where the test file, or a policy that it names, cannot be loaded.
  package func run(_ name: PolicyName) throws(PolicyLoadError) -> [CaseResult] {
    let module = name.testModule
    let broken = loader.store.diagnostics(ofModule: module)
    guard broken.isEmpty else { throw .broken(broken) }
    let cases: JSONView
    do {
      let machine = try LuaVM(limits: loader.store.limits, source: ModuleRecorder(loader.store))
      cases = try JSONView(machine.loadTests(module: module).array())
    } catch {
      throw .broken([Diagnostic(located: "\(error)")])
    }
    var results: [CaseResult] = []
    for suite in cases.elements {
      guard let policyName = suite["policy"]?.string else { continue }
      let policy: LoadedPolicy
      do throws(PolicyLoadError) {
        policy = try loader.load(named: policyName).0
      } catch {
        if case .unknown = error {
          let file = module.split(separator: ".").joined(separator: "/") + ".lua"
          throw .broken([Diagnostic(file: file, line: 0, message: "unknown policy \"\(policyName)\"")])
        }
        throw error
      }
      for (index, test) in (suite["cases"]?.elements ?? []).enumerated() {
        results.append(
          CaseResult(
            policy: policyName, name: test["name"]?.string ?? "case \(index + 1)", differences: run(test, of: policy)))
      }
    }
    return results
  }

  /// Runs one case on a machine of its own, and says what differs.
  private func run(_ test: JSONView, of policy: LoadedPolicy) -> [String] {
    let input = ByteBlock(test["input"].map { TypedInput.json($0, as: policy.declaration.input) } ?? Array("{}".utf8))
    var params = Array("{}".utf8)
    if let given = test["params"], given.kind == .object { params = Array(given.rawBytes) }
    let outcome: JSONView
    do {
      let evaluator = try Evaluator(
        policy, params: params, at: test["at"]?.string ?? Self.defaultAt)
      var output = ByteWriter()
      // SAFETY: the block lives through the call, and has its padding.
      _ = unsafe evaluator.decide(UnsafeRawBufferPointer(input.bytes), line: 1, into: &output)
      outcome = try JSONView(output.bytes)
    } catch let error as EngineError {
      return Self.differences(test, code: error.code.rawValue, message: error.message)
    } catch {
      return ["the result is no JSON: \(error)"]
    }
    return Self.differences(test, outcome)
  }

  /// Compares a result line with what the case expects.
  static func differences(_ test: JSONView, _ line: JSONView) -> [String] {
    let error = line["error"]
    if let expected = test["error"] {
      guard let error else {
        return ["expected the error \(expected.rawText)", "got \(line["decision"]?.rawText ?? "nothing")"]
      }
      return compare(expected, error, called: "error.")
    }
    guard let decision = line["decision"] else {
      let code = error?["code"]?.string ?? "error"
      let path = error?["path"]?.string.map { " at \($0)" } ?? ""
      return ["got the error \(code)\(path): \(error?["message"]?.string ?? "")"]
    }
    return compare(test["expect"], decision, called: "")
  }

  /// The same where there was no line, as the params were refused.
  private static func differences(_ test: JSONView, code: String, message: String) -> [String] {
    let unexpected = "got the error \(code): \(message)"
    guard let expected = test["error"] else { return [unexpected] }
    let matches = expected.members.allSatisfy { key, value in
      switch key {
      case "code": value.string == code
      case "message": value.string == message
      default: false
      }
    }
    return matches ? [] : ["expected the error \(expected.rawText)", unexpected]
  }

  /// Every member that is named must be equal; others are free.
  private static func compare(_ expected: JSONView?, _ actual: JSONView, called prefix: String) -> [String] {
    (expected?.members ?? []).compactMap { key, wanted in
      guard let got = actual[key] else { return "\(prefix)\(key): expected \(wanted.rawText), got nothing" }
      return wanted.means(got) ? nil : "\(prefix)\(key): expected \(wanted.rawText), got \(got.rawText)"
    }
  }
}
