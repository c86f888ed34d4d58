private import RemitLua
package import RemitModel
package import RemitPolicy
package import RemitWire

/// Decides once more, under one policy, what a service was asked: the same steps in the same order, so that the same bytes come out. It
/// belongs to one thread.
///
/// Results are elements: `{"decision":…}` or `{"error":…}`.
package final class Redecider {
  /// What a request sets beside its input.
  @unsafe package struct Circumstances {
    /// The text that was meant, without quotes.
    let at: UnsafeRawBufferPointer
    /// As the request had them, with `ByteBlock.padding` readable bytes behind them; nil for the defaults.
    let params: UnsafeRawBufferPointer?

    package init(at: UnsafeRawBufferPointer, params: UnsafeRawBufferPointer?) {
      unsafe self.at = unsafe at
      unsafe self.params = unsafe params
    }
  }

  package let policy: LoadedPolicy
  private let evaluator: Evaluator
  private var lines = ByteWriter()

  package init(_ policy: LoadedPolicy) throws(EngineError) {
    self.policy = policy
    evaluator = try Evaluator(policy, params: Evaluator.defaults.array(), at: "1970-01-01")
  }

  /// Makes ready for a request; false where it is refused before anything is decided, and then `output` has the error.
  package func prepare(_ request: Circumstances, into output: inout ByteWriter) -> Bool {
    guard unsafe evaluator.setAt(request.at) else {
      output.appendRPCElement(.invalidParams, RequestProblem.atIsNoTime)
      return false
    }
    return unsafe evaluator.setParams(request.params, form: .element, id: Self.noID, into: &output) == nil
  }

  /// Decides an input by itself.
  ///
  /// - Parameter input: With `ByteBlock.padding` readable bytes behind it.
  package func decide(_ input: UnsafeRawBufferPointer, into output: inout ByteWriter) throws(StreamError) {
    guard evaluator.isForGroups else {
      _ = unsafe evaluator.decide(input, form: .element, id: Self.noID, into: &output)
      return
    }
    _ = try unsafe decideTogether([input], into: &output)
  }

  /// Decides the inputs of a batch together where the policy does, each by itself otherwise.
  ///
  /// - Returns: The place of each input's result in `output`.
  package func decideTogether(
    _ inputs: [UnsafeRawBufferPointer], into output: inout ByteWriter
  ) throws(StreamError) -> [Range<Int>] {
    guard evaluator.isForGroups else {
      return unsafe inputs.map { input in
        let start = output.count
        _ = unsafe evaluator.decide(input, form: .element, id: Self.noID, into: &output)
        return start..<output.count
      }
    }
    lines.removeAll()
    let places = try unsafe evaluator.decideTogether(inputs, into: &lines)
    for _ in 0..<ByteBlock.padding { lines.append(0) }
    return unsafe lines.withBytes { lines in
      places.map { place in
        let start = output.count
        unsafe output.appendElement(ofResultLine: UnsafeRawBufferPointer(rebasing: lines[place]))
        return start..<output.count
      }
    }
  }

  private static var noID: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: nil, count: 0) }

  /// Appends the error of a request whose policy is not there, or is not even a name.
  ///
  /// - Parameter name: Nil for anything but a text.
  package static func refuse(policy name: String?, among known: [PolicyName], into output: inout ByteWriter) {
    if let name {
      output.appendRPCElement(.unknownPolicy, RequestProblem.unknownPolicy(name, among: known))
    } else {
      output.appendRPCElement(.invalidParams, RequestProblem.policyIsNoText)
    }
  }
}
