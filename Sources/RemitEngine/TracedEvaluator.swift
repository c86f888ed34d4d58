package import RemitLua
private import RemitModel
package import RemitPolicy
package import RemitWire

/// Decides as an `Evaluator` does, and tells what the decision read and how its conditions turned out. It belongs to
/// one thread.
package final class TracedEvaluator {
  private let policy: LoadedPolicy
  private var params: ByteBlock
  private var at: String
  private var current: PolicyMachine
  private var isUsed = false
  /// The texts that the machine runs, by the names of their modules.
  package private(set) var files: [String: TracedFile]
  /// How many steps of its budget the last decision took.
  package private(set) var lastSteps = 0
  /// True where the last decision met the limit of memory, so that another machine had to be made.
  package private(set) var lostMachine = false

  /// - Parameters:
  ///   - params: A JSON object; what it does not name has its default.
  ///   - at: An RFC 3339 time, or a date.
  package init(_ policy: LoadedPolicy, params: [UInt8], at: String) throws(EngineError) {
    self.policy = policy
    self.params = ByteBlock(params)
    self.at = at
    (current, files) = try Self.machine(policy, self.params, at)
  }

  /// Sets what the decisions that follow depend on beside their input, unless it is set already.
  package func set(params: [UInt8], at: String) throws(EngineError) {
    let block = ByteBlock(params)
    guard unsafe at != self.at || !block.bytes.elementsEqual(self.params.bytes) else { return }
    do throws(LuaError) {
      try Self.set(current, block, at)
      (self.params, self.at) = (block, at)
      isUsed = true
    } catch {
      throw EngineError(code: error.code, message: error.message)
    }
  }

  /// Decides one input and appends its result line to `output`.
  ///
  /// - Returns: The number of the outcome, nil for an error; and what was noted, as `LuaVM.trace` has it.
  package func decide(_ input: ByteBlock, into output: inout ByteWriter) throws(EngineError) -> (
    outcome: Int?, trace: JSONView
  ) {
    let outcome = try run(into: &output) { machine, output in
      // SAFETY: the block has the padding, and lives during the call.
      let error = unsafe output.withBuffer { buffer in
        unsafe machine.machine.decideTraced(
          machine.policy, input: UnsafeRawBufferPointer(input.bytes), line: 1, into: buffer)
      }
      return error == nil
    }
    do {
      let trace = try JSONView(current.machine.trace().array(), depthMax: Self.traceDepthMax)
      try renew()
      return (outcome, trace)
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError(code: .internalError, message: "the trace cannot be read: \(error)")
    }
  }

  private static let traceDepthMax = 8

  /// Decides one input and appends its result line; cheaper, with no more than a number for the way that the decision
  /// went (see `LuaVM.decidePath`).
  package func probe(_ input: ByteBlock, into output: inout ByteWriter) -> (outcome: Int?, path: UInt64) {
    var path: UInt64 = 0
    do throws(EngineError) {
      let outcome = try run(into: &output) { machine, output in
        // SAFETY: as above.
        let result = unsafe output.withBuffer { buffer in
          unsafe machine.machine.decidePath(
            machine.policy, input: UnsafeRawBufferPointer(input.bytes), line: 1, into: buffer)
        }
        path = result.path
        return result.error == nil
      }
      try renew()
      return (outcome, path)
    } catch {
      return (nil, path)
    }
  }

  /// Decides on the machine, or where it met the limit of memory and had decided before, on a fresh one: that answer
  /// counts.
  private func run(
    into output: inout ByteWriter, _ decide: (PolicyMachine, inout ByteWriter) -> Bool
  ) throws(EngineError) -> Int? {
    let start = output.count
    let wasUsed = isUsed
    isUsed = true
    lostMachine = false
    var isDecided = decide(current, &output)
    if current.machine.isSpent && wasUsed {
      lostMachine = true
      output.truncate(to: start)
      (current, files) = try Self.machine(policy, params, at)
      isDecided = decide(current, &output)
    }
    lastSteps = current.machine.lastSteps
    return isDecided ? current.machine.lastOutcome : nil
  }

  /// Replaces a machine that met the limit of memory.
  private func renew() throws(EngineError) {
    guard current.machine.isSpent else { return }
    lostMachine = true
    (current, files) = try Self.machine(policy, params, at)
    isUsed = false
  }

  private static func machine(
    _ policy: LoadedPolicy, _ params: ByteBlock, _ at: String
  ) throws(EngineError) -> (PolicyMachine, [String: TracedFile]) {
    do throws(LuaError) {
      let (machine, source) = try policy.makeTracedMachine()
      try machine.machine.setLabel(policy.label, of: machine.policy)
      try set(machine, params, at)
      return (machine, source.files)
    } catch {
      throw EngineError(code: error.code, message: error.message)
    }
  }

  private static func set(_ machine: PolicyMachine, _ params: ByteBlock, _ at: String) throws(LuaError) {
    guard machine.machine.setAt(at) else {
      throw LuaError(code: .invalidParams, message: "at: expected a date or an RFC 3339 time, got \"\(at)\"")
    }
    try machine.machine.setParams(params, of: machine.policy)
  }
}
