internal import RemitLua
internal import RemitModel
package import RemitPolicy
package import RemitWire

/// Decides inputs under one policy with one set of params, at one time. It belongs to one thread.
///
/// A machine that met its memory limit is replaced, and where it had decided before, the fresh one decides that input
/// again: its answer counts. So a result never depends on what was decided earlier.
package final class Evaluator: LineDecider {
  package let policy: LoadedPolicy
  package let label: [UInt8]
  /// Whether the policy decides rows together.
  let isForGroups: Bool
  /// What is set in the machine, and is to be set in the one that takes its place.
  var params: ByteBlock
  var at: [UInt8]
  var current: PolicyMachine?
  /// True once the machine has decided something.
  var isUsed = false
  /// Counts a service's decisions: first by outcome, then by error. Nil where nobody counts.
  var counters: CounterRow?
  /// Why the last line has no decision.
  private(set) var lastError: ErrorCode?
  /// Of the last decision in another form than a line, where somebody counts.
  var lastOutcome = 0

  /// - Parameters:
  ///   - machine: One with the policy loaded and nothing decided yet; made here where there is none.
  ///   - params: A JSON object; what it does not name has its default.
  ///   - at: An RFC 3339 time, or a date.
  package init(
    _ policy: LoadedPolicy, machine: PolicyMachine? = nil, params: [UInt8], at: String
  ) throws(EngineError) {
    self.policy = policy
    self.params = ByteBlock(params)
    self.at = Array(at.utf8)
    label = policy.label
    isForGroups = policy.declaration.group != nil
    current = try prepare(machine)
  }

  /// The policy for who does not keep it.
  @unsafe var unheldPolicy: Unmanaged<LoadedPolicy> { unsafe Unmanaged.passUnretained(policy) }

  package func decide(_ input: UnsafeRawBufferPointer, line: UInt64, into output: inout ByteWriter) -> Int? {
    let start = output.count
    guard let machine = freshEnough() else { return noMachine(line: line, into: &output) }
    let wasUsed = isUsed
    isUsed = true
    let outcome = unsafe decide(on: machine, input, line: line, into: &output)
    guard machine.machine.isSpent else { return outcome }
    current = nil
    guard wasUsed else { return outcome }
    output.truncate(to: start)
    guard let fresh = freshEnough() else { return noMachine(line: line, into: &output) }
    isUsed = true
    let answer = unsafe decide(on: fresh, input, line: line, into: &output)
    if fresh.machine.isSpent { current = nil }
    return answer
  }

  // SAFETY: the caller vouches for `input` and its padding.
  @unsafe private func decide(
    on machine: PolicyMachine, _ input: UnsafeRawBufferPointer, line: UInt64, into output: inout ByteWriter
  ) -> Int? {
    let error = unsafe output.withBuffer { buffer in
      unsafe machine.machine.decide(machine.policy, input: input, line: line, into: buffer)
    }
    lastError = error
    return error == nil ? machine.machine.lastOutcome : nil
  }

  /// The machine, or where it was spent another.
  func freshEnough() -> PolicyMachine? {
    if let current { return current }
    do throws(EngineError) {
      current = try prepare(nil)
      isUsed = false
    } catch {
      replacementError = error
    }
    return current
  }
  private(set) var replacementError: EngineError?

  /// The system has no memory for another machine.
  @discardableResult
  func noMachine(line: UInt64, into output: inout ByteWriter) -> Int? {
    appendError(
      .internalError, replacementError?.message ?? "no policy machine", line: line, hasID: true, into: &output)
    return nil
  }

  /// What is said of an `at` that is none.
  static func noTime(_ at: String) -> String { "at: expected a date or an RFC 3339 time, got \"\(at)\"" }

  /// Makes a machine ready to decide: the one that is given, or another.
  private func prepare(_ given: PolicyMachine?) throws(EngineError) -> PolicyMachine {
    do throws(LuaError) {
      let machine: PolicyMachine
      if let given { machine = given } else { machine = try policy.makeMachine() }
      try machine.machine.setLabel(label, of: machine.policy)
      guard unsafe at.withUnsafeBytes({ unsafe machine.machine.setAt($0) }) else {
        throw LuaError(code: .invalidParams, message: Self.noTime(String(decoding: at, as: UTF8.self)))
      }
      try machine.machine.setParams(params, of: machine.policy)
      return machine
    } catch {
      throw EngineError(code: error.code, message: error.message)
    }
  }
}
