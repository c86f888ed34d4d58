private import RemitLua
private import RemitModel
package import RemitPolicy
internal import RemitWire

/// What is kept of decisions before they are answered.
extension RequestEvaluator {
  /// Hands the reply to the recorder that stands in `output` from `start` on.
  ///
  /// - Returns: What is to be answered in its place, where it cannot be kept.
  func record(
    reply start: Int, _ envelope: RPCEnvelope, _ evaluator: Evaluator, of output: borrowing ByteWriter
  ) -> EngineError? {
    unsafe output.withBytes { bytes in
      unsafe record(
        .decide, envelope[.input], envelope, evaluator.unheldPolicy,
        Self.result(ofReply: UnsafeRawBufferPointer(rebasing: bytes[start...]), id: envelope.id, evaluator))
    }
  }

  /// Hands an element of `results` to the recorder; what cannot be kept becomes an error there.
  func record(
    _ method: DecidedRequest.Method, _ input: UnsafeRawBufferPointer, _ envelope: RPCEnvelope, _ evaluator: Evaluator,
    element start: Int, of output: inout ByteWriter
  ) {
    guard recorder != nil else { return }
    let refusal = unsafe output.withBytes { bytes in
      unsafe record(
        method, input, envelope, evaluator.unheldPolicy,
        Self.result(ofElement: UnsafeRawBufferPointer(rebasing: bytes[start...])))
    }
    guard let refusal else { return }
    note(refusal.code)
    output.truncate(to: start)
    output.appendRPCElement(refusal.code, refusal.message)
  }

  /// Hands a request that has come to no decision, with the reply that says why.
  func recordRefusal(
    of method: DecidedRequest.Method, _ envelope: RPCEnvelope, from start: Int, of output: inout ByteWriter
  ) {
    guard recorder != nil else { return }
    let policy = unsafe policy(envelope)
    let input = unsafe method == .decide ? envelope[.input] : nil
    let refusal = unsafe output.withBytes { bytes in
      let reply = unsafe UnsafeRawBufferPointer(rebasing: bytes[start...])
      return unsafe record(
        method, input, envelope, policy.map { unsafe Unmanaged.passUnretained($0) },
        Self.error(ofReply: reply, id: envelope.id))
    }
    guard let refusal else { return }
    note(refusal.code)
    output.truncate(to: start)
    unsafe output.appendRPCError(refusal.code, refusal.message, id: envelope.id)
  }

  /// Hands a stream of lines that was refused as a whole, before the first of them was decided.
  ///
  /// - Parameters:
  ///   - policy: Nil where there is none of that name.
  ///   - params: A JSON object.
  ///   - at: Nil: now.
  /// - Returns: What is to be answered in its place, where it cannot be kept.
  package func record(
    refusal: EngineError, ofPolicyNamed name: String, _ policy: LoadedPolicy?, params: [UInt8], at: String?
  ) -> EngineError? {
    guard let recorder else { return nil }
    var quotedName = ByteWriter()
    quotedName.appendJSONString(name)
    var quotedTime = ByteWriter()
    if let at { quotedTime.appendJSONString(at) }
    let at = quotedTime.count == 0 ? now() : Array(quotedTime.bytes.dropFirst().dropLast())
    var error = ByteWriter()
    error.append("{\"code\":")
    error.appendJSONString(refusal.code.rawValue)
    error.append(",\"message\":")
    error.appendJSONString(refusal.message)
    error.append("}")
    let (block, paramsBlock) = (ByteBlock(error.bytes), ByteBlock(params))
    defer { withExtendedLifetime((block, paramsBlock)) {} }
    let isSet = !params.elementsEqual("{}".utf8)
    return unsafe quotedName.withBytes { name in
      unsafe at.withUnsafeBytes { at in
        unsafe recorder.record(
          DecidedRequest(
            method: .refusedBatch, id: Self.nullID, policyName: name,
            policy: policy.map { unsafe Unmanaged.passUnretained($0) }, input: nil,
            params: isSet ? UnsafeRawBufferPointer(paramsBlock.bytes) : nil, at: at,
            result: .error(UnsafeRawBufferPointer(block.bytes))))
      }
    }
  }

  private func record(
    _ method: DecidedRequest.Method, _ input: UnsafeRawBufferPointer?, _ envelope: RPCEnvelope,
    _ policy: Unmanaged<LoadedPolicy>?, _ result: DecidedRequest.Result
  ) -> EngineError? {
    guard let recorder, let name = unsafe envelope[.policy] else { return nil }
    return unsafe withTime(envelope) { at in
      unsafe recorder.record(
        DecidedRequest(
          method: method, id: envelope.id, policyName: name, policy: policy, input: input, params: envelope[.params],
          at: at, result: result))
    }
  }

  /// The text of the decisions' time, or of what stands in its place.
  private func withTime(_ envelope: RPCEnvelope, _ body: (UnsafeRawBufferPointer) -> EngineError?) -> EngineError? {
    guard let value = unsafe envelope[.at] else { return unsafe now().withUnsafeBytes { unsafe body($0) } }
    if let written = unsafe JSONBytes.insideQuotes(value) { return unsafe body(written) }
    return unsafe body(value)
  }

  // MARK: Parts of what was written

  private static let replyStart = #"{"jsonrpc":"2.0","id":"#.utf8.count
  private static let noID = "null".utf8.count
  private static let resultStart = #","result":"#.utf8.count
  private static let errorStart = #","error":"#.utf8.count
  private static let decisionStart = #","decision":"#.utf8.count

  private static func result(
    ofReply reply: UnsafeRawBufferPointer, id: UnsafeRawBufferPointer, _ evaluator: Evaluator
  ) -> DecidedRequest.Result {
    let idEnd = replyStart + (unsafe id.isEmpty ? noID : id.count)
    guard unsafe reply[idEnd + 2] == UInt8(ascii: "r") else { return unsafe error(ofReply: reply, id: id) }
    let start = idEnd + resultStart + evaluator.label.count + decisionStart
    return unsafe .decision(UnsafeRawBufferPointer(rebasing: reply[start..<reply.count - "}}".utf8.count]))
  }

  private static func error(ofReply reply: UnsafeRawBufferPointer, id: UnsafeRawBufferPointer) -> DecidedRequest.Result
  {
    let start = replyStart + (unsafe id.isEmpty ? noID : id.count) + errorStart
    return unsafe .error(UnsafeRawBufferPointer(rebasing: reply[start..<reply.count - "}".utf8.count]))
  }

  /// Of `{"decision":{…}}` or `{"error":{…}}`.
  private static func result(ofElement element: UnsafeRawBufferPointer) -> DecidedRequest.Result {
    let isDecision = unsafe element[2] == UInt8(ascii: "d")
    let start = isDecision ? #"{"decision":"#.utf8.count : #"{"error":"#.utf8.count
    let value = unsafe UnsafeRawBufferPointer(rebasing: element[start..<element.count - "}".utf8.count])
    return unsafe isDecision ? .decision(value) : .error(value)
  }
}
