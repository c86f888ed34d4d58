private import RemitLua
internal import RemitModel
package import RemitPolicy
internal import RemitWire

/// A stream of lines that a service decides by one policy: the same result lines as those of `remit batch`, counted and recorded as
/// other decisions of the service are. It belongs to the thread that runs it.
package struct StreamedBatch {
  private let decider: ServedLineDecider
  private let outcomes: Int
  private let limits: Limits

  /// - Parameters:
  ///   - policy: One that decides each row by itself.
  ///   - params: A JSON object, with texts for values as a command line has them or typed ones.
  ///   - at: Nil: now.
  /// - Throws: Where params or `at` are refused.
  package init(
    _ policy: LoadedPolicy, params: [UInt8], at: String?, _ setting: RequestEvaluator.Setting
  ) throws(EngineError) {
    var now = RequestTime()
    now.set(setting.clock.milliseconds())
    let evaluator: Evaluator
    do throws(EngineError) {
      evaluator = try Evaluator(policy, params: params, at: at ?? String(decoding: now.text, as: UTF8.self))
    } catch {
      // In the words of other requests to a service, with which a log's lines are compared.
      guard let at, error.message == Evaluator.noTime(at) else { throw error }
      throw EngineError(code: .invalidParams, message: RequestProblem.atIsNoTime)
    }
    decider = ServedLineDecider(evaluator, params: params, setting)
    outcomes = policy.declaration.outcomes.count
    limits = setting.limits
  }

  /// Decides all lines and returns once the last result is written.
  ///
  /// - Parameter goesOn: Asked before each line; false where nobody wants the results any more.
  /// - Returns: What has stopped it before.
  package func run(
    from source: any ByteSource, to sink: any ByteSink, while goesOn: @escaping () -> Bool
  ) -> StreamError? {
    decider.start(while: goesOn)
    let sink: any ByteSink = decider.recorder.map { KeptResults($0, sink) } ?? sink
    return BatchRunner(jobs: 1, limits: limits).runLines(from: source, to: sink, outcomes: outcomes, first: decider) {
      preconditionFailure("a batch of one worker makes no other")
    }.failure
  }
}

/// Decides lines as an `Evaluator` does, counts them, and hands each to the recorder of the service's decisions.
private final class ServedLineDecider: LineDecider {
  private let evaluator: Evaluator
  private let policyName: [UInt8]
  private let params: ByteBlock?
  /// An input's id names its decision, unless it is one of the values that nobody is to see.
  private let isIDShown: Bool
  private let meter: ThreadMeter?
  let recorder: (any DecisionRecorder)?
  private var scratch = ByteWriter()
  private var goesOn: () -> Bool = { true }

  var label: [UInt8] { evaluator.label }

  init(_ evaluator: Evaluator, params: [UInt8], _ setting: RequestEvaluator.Setting) {
    self.evaluator = evaluator
    policyName = Array("\"\(evaluator.policy.name)\"".utf8)
    self.params = params.elementsEqual("{}".utf8) ? nil : ByteBlock(params)
    isIDShown = evaluator.policy.declaration.sensitive?.hides(member: "id") != true
    recorder = setting.sink?.makeRecorder()
    meter = setting.meters.map { ThreadMeter($0) }
    evaluator.counters = meter?.row(for: evaluator.policy)
  }

  func start(while goesOn: @escaping () -> Bool) {
    self.goesOn = goesOn
    meter?.startLap()
  }

  func metLongLine() {
    evaluator.count(.lineTooLong)
  }

  func decide(_ input: UnsafeRawBufferPointer, line: UInt64, into output: inout ByteWriter) -> Int? {
    // A chunk of lines may be the work of minutes.
    guard goesOn() else { return nil }
    let start = output.count
    let outcome = unsafe evaluator.decide(input, line: line, into: &output)
    if let meter {
      evaluator.count(outcome: outcome)
      meter.endLap()
    }
    // What is not JSON is no request for a decision.
    guard recorder != nil, outcome != nil || evaluator.lastError != .parseError,
      let refusal = unsafe record(input, line: line, from: start, of: &output)
    else { return outcome }
    evaluator.count(refusal.code)
    return nil
  }

  /// Hands the decision to the recorder; where that refuses it, an error takes the place of the line.
  private func record(
    _ input: UnsafeRawBufferPointer, line: UInt64, from start: Int, of output: inout ByteWriter
  ) -> EngineError? {
    scratch.removeAll()
    unsafe output.withBytes { bytes in unsafe scratch.append(UnsafeRawBufferPointer(rebasing: bytes[start...])) }
    // Without its newline, and with what reads it asks for behind it.
    let length = scratch.count - 1
    for _ in 0..<ByteBlock.padding { scratch.append(0) }
    return unsafe scratch.withBytes { bytes in
      var refusal: EngineError?
      var id = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
      unsafe JSONBytes.forEach(UnsafeRawBufferPointer(rebasing: bytes[..<length])) { key, value in
        if unsafe key.elementsEqual("id".utf8) { unsafe id = unsafe value }
        let isDecision = unsafe key.elementsEqual("decision".utf8)
        guard unsafe isDecision || key.elementsEqual("error".utf8) else { return true }
        refusal = unsafe record(input, id: id, isDecision ? .decision(value) : .error(value))
        return false
      }
      if let refusal {
        output.truncate(to: start)
        unsafe append(refusal, id: id, line: line, to: &output)
      }
      return refusal
    }
  }

  private func record(
    _ input: UnsafeRawBufferPointer, id: UnsafeRawBufferPointer, _ result: DecidedRequest.Result
  ) -> EngineError? {
    unsafe policyName.withUnsafeBytes { name in
      unsafe evaluator.at.withUnsafeBytes { at in
        unsafe recorder?.record(
          DecidedRequest(
            method: .decide, id: isIDShown ? id : RequestEvaluator.nullID, policyName: name,
            policy: evaluator.unheldPolicy, input: input,
            params: params.map { unsafe UnsafeRawBufferPointer($0.bytes) }, at: at, result: result))
      }
    }
  }

  private func append(
    _ refusal: EngineError, id: UnsafeRawBufferPointer, line: UInt64, to output: inout ByteWriter
  ) {
    output.append("{\"id\":")
    unsafe output.append(id)
    output.append(",\"line\":")
    output.append(Int(clamping: line))
    output.append(label.span)
    output.append(",\"error\":{\"code\":")
    output.appendJSONString(refusal.code.rawValue)
    output.append(",\"message\":")
    output.appendJSONString(refusal.message)
    output.append("}}\n")
  }
}

/// Lets results go on once the decisions in them are kept.
private final class KeptResults: ByteSink {
  private let recorder: any DecisionRecorder
  private let sink: any ByteSink

  init(_ recorder: any DecisionRecorder, _ sink: any ByteSink) {
    self.recorder = recorder
    self.sink = sink
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    if recorder.hasUncommitted {
      let gate = Gate()
      if !recorder.commit(whenKept: { gate.open() }) { gate.wait() }
    }
    try unsafe sink.write(bytes)
  }
}
