private import RemitLua
internal import RemitPolicy
internal import RemitWire

/// Cases of group policies:
///
/// ```lua
/// { name = "two rows of three", rows = { { … }, { … }, { … } },
///   expect = { { outcome = "flag" }, { error = { code = "invalid_input", path = "/amount" } }, { outcome = "flag" } } },
/// { name = "all fail", rows = { { … }, { … } }, error = { code = "policy_error" } },
/// ```
///
/// `expect` has one table for each row, in their order: the keys of its decision that must be equal, or `error` alone with what must
/// be equal of its error. An `error` in the place of `expect` is what every row must have.
extension PolicyTestRunner {
  /// Runs one case on a machine of its own, and says what differs.
  func runGroup(_ test: JSONView, of policy: LoadedPolicy) -> [String] {
    let rows = test["rows"]?.elements ?? []
    let blocks = rows.map { ByteBlock(TypedInput.json($0, as: policy.declaration.input)) }
    var results: [JSONView] = []
    do {
      let evaluator = try evaluator(of: test, policy)
      var output = ByteWriter()
      // SAFETY: the blocks live through the call, and have their padding.
      let inputs = unsafe blocks.map { unsafe UnsafeRawBufferPointer($0.bytes) }
      let places = try unsafe evaluator.decideTogether(inputs, into: &output)
      let bytes = output.bytes
      results = try places.map { try JSONView(bytes[$0]) }
      for result in results { observer?.decided(result) }
      withExtendedLifetime(blocks) {}
    } catch let error as EngineError {
      // The params were refused, so that there are no lines.
      return Self.differences(test, decision: nil, error: Self.json(error))
    } catch {
      return ["the rows cannot be decided: \(error)"]
    }
    let expects = test["expect"]?.elements ?? []
    return results.enumerated().flatMap { index, result in
      // What one row is to have, as a case of its own says it.
      let expected = test["error"] == nil ? Self.single(expects[index]) : test
      return Self.differences(expected, decision: result["decision"], error: result["error"]).map {
        "row \(index + 1): \($0)"
      }
    }
  }

  private static func single(_ expect: JSONView) -> JSONView {
    guard expect["error"] == nil else { return expect }
    var text = Array("{\"expect\":".utf8) + expect.rawBytes
    text.append(UInt8(ascii: "}"))
    guard let view = try? JSONView(text) else { preconditionFailure("an object of valid JSON is valid") }
    return view
  }
}
