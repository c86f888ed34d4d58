private import Glibc
internal import RemitLua
internal import RemitModel
internal import RemitPolicy
internal import RemitWire

/// What a service asks: decisions in other forms, each at its own time and with its own params.
extension Evaluator {
  /// Sets the time of the decisions that follow; false where the text is neither a date nor an RFC 3339 time, and then the time stays
  /// what it was.
  func setAt(_ text: UnsafeRawBufferPointer) -> Bool {
    if unsafe at.withUnsafeBytes({ unsafe Self.areEqual(text, $0) }) { return true }
    guard let machine = freshEnough() else { return true }
    isUsed = true
    guard unsafe machine.machine.setAt(text) else { return false }
    at.removeAll(keepingCapacity: true)
    unsafe at.append(contentsOf: text)
    return true
  }

  /// Sets the params of the decisions that follow, unless they are set already.
  ///
  /// - Parameters:
  ///   - json: A JSON object, with `ByteBlock.padding` readable bytes behind it; nil for the defaults.
  ///   - form: Of what says that they are refused.
  ///   - output: Receives that; then the next call must set some again.
  /// - Returns: Nil where they are set; else why not.
  func setParams(
    _ json: UnsafeRawBufferPointer?, form: LuaVM.Form = .reply, id: UnsafeRawBufferPointer,
    into output: inout ByteWriter
  ) -> ErrorCode? {
    let wanted = unsafe json ?? Self.noParams
    if unsafe Self.areEqual(wanted, UnsafeRawBufferPointer(params.bytes)) { return nil }
    let start = output.count
    while let machine = freshEnough() {
      let wasUsed = isUsed
      isUsed = true
      let refusal = unsafe machine.machine.setParams(wanted, of: machine.policy)
      params = unsafe refusal == nil ? ByteBlock(wanted) : Self.defaults
      if let refusal {
        unsafe output.withBuffer { buffer in
          unsafe machine.machine.write(refusal, of: machine.policy, form: form, id: id, into: buffer)
        }
      }
      guard machine.machine.isSpent else { return refusal?.code }
      current = nil
      guard wasUsed else { return refusal?.code }
      output.truncate(to: start)
    }
    return unsafe noMachine(form: form, id: id, into: &output)
  }

  /// Decides one input in one of the forms, without a newline.
  ///
  /// - Parameters:
  ///   - input: As for `decide` of lines.
  ///   - id: Of a reply, as it is to stand there.
  /// - Returns: Nil for a decision; else why there is none.
  func decide(
    _ input: UnsafeRawBufferPointer, form: LuaVM.Form, id: UnsafeRawBufferPointer, into output: inout ByteWriter
  ) -> ErrorCode? {
    let start = output.count
    while let machine = freshEnough() {
      let wasUsed = isUsed
      isUsed = true
      let error = unsafe output.withBuffer { buffer in
        unsafe machine.machine.decide(machine.policy, input: input, form: form, id: id, into: buffer)
      }
      guard machine.machine.isSpent else { return noted(error, machine) }
      current = nil
      guard wasUsed else { return noted(error, machine) }
      output.truncate(to: start)
    }
    return unsafe noMachine(form: form, id: id, into: &output)
  }

  private func noted(_ error: ErrorCode?, _ machine: PolicyMachine) -> ErrorCode? {
    if counters != nil, error == nil { lastOutcome = machine.machine.lastOutcome }
    return error
  }

  /// Counts what `decide` has returned.
  func count(decision error: ErrorCode?) {
    guard let counters else { return }
    if let error { count(error) } else { counters.add(to: lastOutcome) }
  }

  /// Counts an answer that is no decision.
  func count(_ error: ErrorCode) {
    guard let counters else { return }
    counters.add(to: counters.count - ErrorCode.allCases.count + error.ordinal)
  }

  /// Counts what came of the last line.
  func count(outcome: Int?) {
    if let outcome { counters?.add(to: outcome) } else { count(lastError ?? .internalError) }
  }

  /// Counts what a result line says: `decision` or `error` is the key.
  func count(result key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    guard let counters else { return }
    let isDecision = unsafe key.elementsEqual("decision".utf8)
    unsafe JSONBytes.forEach(value) { name, word in
      guard unsafe name.elementsEqual(isDecision ? "outcome".utf8 : "code".utf8) else { return true }
      let word = unsafe JSONBytes.string(word) ?? ""
      if !isDecision {
        count(ErrorCode(rawValue: word) ?? .internalError)
      } else if let outcome = policy.declaration.outcomes.firstIndex(of: word) {
        counters.add(to: outcome)
      }
      return false
    }
  }

  private func noMachine(form: LuaVM.Form, id: UnsafeRawBufferPointer, into output: inout ByteWriter) -> ErrorCode {
    let message = replacementError?.message ?? "no policy machine"
    switch form {
    case .reply: unsafe output.appendRPCError(.internalError, message, id: unsafe id)
    case .element: output.appendRPCElement(.internalError, message)
    }
    return .internalError
  }

  private static func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    guard left.count == right.count else { return false }
    guard let start = left.baseAddress, let other = right.baseAddress else { return true }
    // SAFETY: both have as many bytes.
    return unsafe memcmp(start, other, left.count) == 0
  }

  /// As a new evaluator of a service has them.
  static let defaults = ByteBlock(Array("{}".utf8))
  private static var noParams: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(defaults.bytes) }
}
