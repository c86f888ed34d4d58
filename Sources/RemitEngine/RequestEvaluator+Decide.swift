internal import RemitLua
internal import RemitModel
internal import RemitPolicy
internal import RemitWire

/// The methods `decide` and `decide_batch`.
extension RequestEvaluator {
  /// - Parameter trusted: The request, whose input was not validated.
  /// - Returns: False where it turned out not to be JSON: then nothing is answered or recorded.
  func decide(_ envelope: RPCEnvelope, trusted: UnsafeRawBufferPointer, into output: inout ByteWriter) -> Bool {
    guard let input = unsafe envelope[.input] else { preconditionFailure("a request without input has been refused") }
    let start = output.count
    let isExplained = unsafe wantsExplanation(.decide, envelope)
    if let explain = unsafe envelope[.explain], !isExplained, unsafe explain[0] != UInt8(ascii: "f") {
      if unsafe !isJSON(trusted) { return false }
      note(.invalidParams)
      unsafe output.appendRPCError(.invalidParams, "explain: expected true or false", id: envelope.id)
      return true
    }
    let evaluator = unsafe prepare(envelope, into: &output)
    var isDecided = false
    var error: ErrorCode?
    if let evaluator, !evaluator.isForGroups {
      // A decision comes only of an input that is valid to its last byte.
      error = unsafe evaluator.decide(input, form: .reply, id: envelope.id, into: &output)
      isDecided = error == nil
    }
    if !isDecided, unsafe !isJSON(trusted) {
      output.truncate(to: start)
      return false
    }
    defer { if isExplained { meter?.startLap() } else { meter?.endLap() } }
    guard let evaluator else {
      countRefusal()
      unsafe recordRefusal(of: .decide, envelope, from: start, of: &output)
      return true
    }
    if evaluator.isForGroups {
      if isExplained {
        evaluator.count(.invalidParams)
        let message = "explain: \(evaluator.policy.name) decides rows together, and one row alone cannot be explained"
        unsafe output.appendRPCError(.invalidParams, message, id: envelope.id)
        return true
      }
      unsafe decideAlone(input, evaluator, id: envelope.id, into: &output)
    } else {
      evaluator.count(decision: error)
    }
    if recorder != nil, let refusal = unsafe record(reply: start, envelope, evaluator, of: output) {
      evaluator.count(refusal.code)
      output.truncate(to: start)
      unsafe output.appendRPCError(refusal.code, refusal.message, id: envelope.id)
    } else if isExplained && isDecided {
      unsafe explain(input, envelope, evaluator, from: start, into: &output)
    }
    return true
  }

  func wantsExplanation(_ method: Method, _ envelope: RPCEnvelope) -> Bool {
    guard method == .decide, let explain = unsafe envelope[.explain] else { return false }
    return unsafe explain[0] == UInt8(ascii: "t")
  }

  /// Puts the explanation behind the decision, with which the reply from `start` on ends.
  private func explain(
    _ input: UnsafeRawBufferPointer, _ envelope: RPCEnvelope, _ evaluator: Evaluator, from start: Int,
    into output: inout ByteWriter
  ) {
    do throws(EngineError) {
      guard let explainer = setting.explainer else {
        throw EngineError(code: .invalidParams, message: "explain: this service explains nothing")
      }
      let explanation = try explainer.explain(
        unsafe Array(input), by: evaluator.policy, params: evaluator.params.array(),
        at: String(decoding: evaluator.at, as: UTF8.self))
      output.truncate(to: output.count - "}}".utf8.count)
      output.append(",\"explanation\":")
      output.append(explanation.span)
      output.append("}}")
    } catch {
      evaluator.count(error.code)
      output.truncate(to: start)
      unsafe output.appendRPCError(error.code, error.message, id: envelope.id)
    }
  }

  func decideBatch(_ envelope: RPCEnvelope, into output: inout ByteWriter, while goesOn: () -> Bool) {
    guard let inputs = unsafe envelope[.inputs] else {
      preconditionFailure("a request without inputs has been refused")
    }
    guard unsafe inputs[0] == UInt8(ascii: "[") else {
      note(.invalidParams)
      unsafe output.appendRPCError(.invalidParams, "inputs: expected an array", id: envelope.id)
      return
    }
    let start = output.count
    guard let evaluator = unsafe prepare(envelope, into: &output) else {
      countRefusal()
      unsafe recordRefusal(of: .refusedBatch, envelope, from: start, of: &output)
      return
    }
    unsafe output.startRPCResult(id: envelope.id)
    Self.startResult(of: evaluator, into: &output)
    output.append(",\"results\":[")
    do throws(EngineError) {
      if !evaluator.isForGroups {
        try unsafe decideEach(inputs, envelope, evaluator, into: &output, while: goesOn)
      } else {
        try unsafe decideTogether(inputs, envelope, evaluator, into: &output)
      }
      output.append("]}}")
    } catch {
      evaluator.count(error.code)
      output.truncate(to: start)
      unsafe output.appendRPCError(error.code, error.message, id: envelope.id)
    }
  }

  /// `{"policy":…,"version":…`
  private static func startResult(of evaluator: Evaluator, into output: inout ByteWriter) {
    let label = evaluator.label
    output.append("{")
    output.append(label.span.extracting(1...))
  }

  // MARK: Before a decision

  /// Counts why `prepare` has refused a request.
  private func countRefusal() {
    guard let (code, evaluator) = refusal else { return }
    if let evaluator { evaluator.count(code) } else { note(code) }
  }

  /// The evaluator of the policy, ready for the request; nil where that was refused.
  private func prepare(_ envelope: RPCEnvelope, into output: inout ByteWriter) -> Evaluator? {
    guard let index = unsafe seatIndex(envelope, into: &output) else { return nil }
    let evaluator: Evaluator
    if let made = seats[index] {
      evaluator = made
    } else {
      do throws(EngineError) {
        evaluator = try seats.take(index, at: now())
        evaluator.counters = meter?.row(for: evaluator.policy)
      } catch {
        refusal = (.internalError, nil)
        unsafe output.appendRPCError(.internalError, error.message, id: envelope.id)
        return nil
      }
    }
    guard unsafe setAt(envelope, evaluator) else {
      refusal = (.invalidParams, evaluator)
      unsafe output.appendRPCError(.invalidParams, RequestProblem.atIsNoTime, id: envelope.id)
      return nil
    }
    guard let code = unsafe evaluator.setParams(envelope[.params], id: envelope.id, into: &output) else {
      return evaluator
    }
    refusal = (code, evaluator)
    return nil
  }

  private func seatIndex(_ envelope: RPCEnvelope, into output: inout ByteWriter) -> Int? {
    guard let value = unsafe envelope[.policy], let written = unsafe JSONBytes.insideQuotes(value) else {
      refusal = (.invalidParams, nil)
      unsafe output.appendRPCError(.invalidParams, RequestProblem.policyIsNoText, id: envelope.id)
      return nil
    }
    if let index = unsafe seatIndex(of: written) { return index }
    refusal = (.unknownPolicy, nil)
    unsafe output.appendRPCError(.unknownPolicy, snapshot.unknown(JSONBytes.unescaped(written)), id: envelope.id)
    return nil
  }

  /// The policy that a request names; nil where there is none of that name.
  func policy(_ envelope: RPCEnvelope) -> LoadedPolicy? {
    guard let value = unsafe envelope[.policy], let written = unsafe JSONBytes.insideQuotes(value) else { return nil }
    return unsafe seatIndex(of: written).map { snapshot.sorted[$0] }
  }

  private func seatIndex(of written: UnsafeRawBufferPointer) -> Int? {
    if let index = unsafe seats.index(of: written) { return index }
    // Escapes may be in the way of a name that is there.
    return unsafe Array(JSONBytes.unescaped(written).utf8).withUnsafeBytes { unsafe seats.index(of: $0) }
  }

  private func setAt(_ envelope: RPCEnvelope, _ evaluator: Evaluator) -> Bool {
    guard let value = unsafe envelope[.at] else {
      return unsafe now().withUnsafeBytes { now in unsafe evaluator.setAt(now) }
    }
    guard let written = unsafe JSONBytes.insideQuotes(value) else { return false }
    if unsafe evaluator.setAt(written) { return true }
    return unsafe Array(unsafe JSONBytes.unescaped(written).utf8).withUnsafeBytes { at in unsafe evaluator.setAt(at) }
  }

  // MARK: Decisions

  private func decideEach(
    _ inputs: UnsafeRawBufferPointer, _ envelope: RPCEnvelope, _ evaluator: Evaluator, into output: inout ByteWriter,
    while goesOn: () -> Bool
  ) throws(EngineError) {
    let start = output.count
    var row = 0
    var refusal: EngineError?
    unsafe JSONBytes.forEach(inputs) { _, input in
      if row > 0 { output.append(",") }
      let before = output.count
      evaluator.count(decision: unsafe evaluator.decide(input, form: .element, id: Self.nullID, into: &output))
      meter?.endLap()
      unsafe record(.row(row, together: nil), input, envelope, evaluator, element: before, of: &output)
      row += 1
      if output.count - start > setting.limits.replyBytesMax || output.hasFailed {
        refusal = EngineError(code: .overloaded, message: replyTooLong)
        return false
      }
      return goesOn()
    }
    if let refusal { throw refusal }
  }

  private func decideTogether(
    _ inputs: UnsafeRawBufferPointer, _ envelope: RPCEnvelope, _ evaluator: Evaluator, into output: inout ByteWriter
  ) throws(EngineError) {
    var rows: [UnsafeRawBufferPointer] = unsafe []
    unsafe JSONBytes.forEach(inputs) { _, input in
      unsafe rows.append(input)
      return true
    }
    let start = output.count
    let places = try unsafe decideLines(rows, evaluator)
    for (index, place) in places.enumerated() {
      if index > 0 { output.append(",") }
      let before = output.count
      unsafe scratch.withBytes { lines in
        let line = unsafe UnsafeRawBufferPointer(rebasing: lines[place])
        unsafe output.appendElement(ofResultLine: line)
        unsafe ResultLine.forResult(in: line) { key, value in unsafe evaluator.count(result: key, value) }
      }
      unsafe record(
        .row(index, together: rows.count), rows[index], envelope, evaluator, element: before, of: &output)
      if output.count - start > setting.limits.replyBytesMax || output.hasFailed {
        throw EngineError(code: .overloaded, message: replyTooLong)
      }
    }
  }

  /// One input of a policy that decides rows together: a group of its own.
  private func decideAlone(
    _ input: UnsafeRawBufferPointer, _ evaluator: Evaluator, id: UnsafeRawBufferPointer, into output: inout ByteWriter
  ) {
    do throws(EngineError) {
      let places = try unsafe decideLines([input], evaluator)
      unsafe scratch.withBytes { lines in
        unsafe ResultLine.forResult(in: UnsafeRawBufferPointer(rebasing: lines[places[0]])) { key, value in
          unsafe evaluator.count(result: key, value)
          if unsafe key.elementsEqual("error".utf8) {
            unsafe output.appendRPCError(members: value, id: id)
          } else {
            unsafe output.startRPCResult(id: id)
            Self.startResult(of: evaluator, into: &output)
            output.append(",\"decision\":")
            unsafe output.append(value)
            output.append("}}")
          }
        }
      }
    } catch {
      evaluator.count(error.code)
      unsafe output.appendRPCError(error.code, error.message, id: id)
    }
  }

  /// Fills `scratch` with the rows' result lines.
  private func decideLines(
    _ rows: [UnsafeRawBufferPointer], _ evaluator: Evaluator
  ) throws(EngineError) -> [Range<Int>] {
    scratch.removeAll()
    do throws(StreamError) {
      let places = unsafe try evaluator.decideTogether(rows, into: &scratch)
      // What reads them asks for padding.
      for _ in 0..<ByteBlock.padding { scratch.append(0) }
      return places
    } catch {
      throw EngineError(code: .internalError, message: error.description)
    }
  }
}
