private import RemitLua
package import RemitModel
package import RemitPolicy
package import RemitWire

/// A case of a policy's tests with what is decided: what an input looks like, and what comes of it.
package struct WorkedExample: Sendable {
  package var name: String
  /// One, or of a group policy the rows in their order.
  package var inputs: [JSONView]
  /// What the case sets, where it does.
  package var params: JSONView?
  package var at: String
  /// One for each input.
  package var decisions: [JSONView]
}

extension PolicyTestRunner {
  /// Decides the first case of the policy's tests that has a name, expects a decision and brings no files of its own.
  ///
  /// - Returns: Nil where no case is like that, or the policy has no tests.
  /// - Throws: Where the tests cannot be loaded.
  package func example(of name: PolicyName) throws(PolicyLoadError) -> WorkedExample? {
    guard loader.store.folder.testedPolicyNames().contains(name) else { return nil }
    for suite in try suites(of: name) where suite.policy.name == name {
      for item in suite.cases where item.mistakes.isEmpty && item.test["files"] == nil && item.test["expect"] != nil {
        if let example = example(item.test, named: item.name, of: suite.policy) { return example }
      }
    }
    return nil
  }

  private func example(_ test: JSONView, named name: String, of policy: LoadedPolicy) -> WorkedExample? {
    let given = policy.declaration.group == nil ? [test["input"]].compactMap(\.self) : test["rows"]?.elements ?? []
    let inputs = given.compactMap { try? JSONView(TypedInput.json($0, as: policy.declaration.input)) }
    guard !inputs.isEmpty, let evaluator = try? evaluator(of: test, policy) else { return nil }
    let lines = decide(inputs, isGroup: policy.declaration.group != nil, by: evaluator)
    let decisions = lines.compactMap { $0["decision"] }
    guard decisions.count == inputs.count else { return nil }
    return WorkedExample(
      name: name, inputs: inputs, params: test["params"].flatMap { $0.members.isEmpty ? nil : $0 },
      at: test["at"]?.string ?? Self.defaultAt, decisions: decisions)
  }

  private func decide(_ inputs: [JSONView], isGroup: Bool, by evaluator: Evaluator) -> [JSONView] {
    let blocks = inputs.map { ByteBlock($0.rawBytes) }
    var output = ByteWriter()
    var places: [Range<Int>] = []
    // SAFETY: the blocks live through the calls, and have their padding.
    let bytes = unsafe blocks.map { unsafe UnsafeRawBufferPointer($0.bytes) }
    if isGroup {
      places = (try? unsafe evaluator.decideTogether(bytes, into: &output)) ?? []
    } else {
      _ = unsafe evaluator.decide(bytes[0], line: 1, into: &output)
      places = [0..<output.count]
    }
    withExtendedLifetime(blocks) {}
    let text = output.bytes
    return places.compactMap { try? JSONView(text[$0]) }
  }
}
