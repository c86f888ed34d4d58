private import CRemitJSON
internal import RemitEngine
private import RemitLua
internal import RemitPolicy
internal import RemitWire

// What a line goes through, cut off after each stage. Every decider here is run by the same batch runner as the whole
// decision, so that the difference of two times is what lies between them.

/// Takes the line and does nothing: what is left is finding it.
final class FramingDecider: LineDecider {
  let label: [UInt8] = []

  func decide(_ input: UnsafeRawBufferPointer, line: UInt64, into output: inout ByteWriter) -> Int? { 0 }
}

/// Checks that every byte of the line belongs to a JSON value.
final class ValidatingDecider: LineDecider {
  let label: [UInt8] = []
  private let depthMax: UInt32

  init(depthMax: Int) {
    self.depthMax = UInt32(depthMax)
  }

  func decide(_ input: UnsafeRawBufferPointer, line: UInt64, into output: inout ByteWriter) -> Int? {
    var fault: UnsafePointer<UInt8>?
    // SAFETY: the runner has its padding behind each line.
    let slice = unsafe remit_slice(bytes: input.baseAddress?.assumingMemoryBound(to: UInt8.self), length: input.count)
    return unsafe remit_json_validate(slice, depthMax, &fault) == REMIT_JSON_OK ? 0 : nil
  }
}

/// Reads what the policy declares into its table, and decides nothing.
final class ReadingDecider: LineDecider {
  let label: [UInt8] = []
  private let machine: PolicyMachine

  init(_ machine: PolicyMachine) {
    self.machine = machine
  }

  func decide(_ input: UnsafeRawBufferPointer, line: UInt64, into output: inout ByteWriter) -> Int? {
    // SAFETY: the runner has its padding behind each line.
    unsafe machine.machine.read(machine.policy, input: input) == nil ? 0 : nil
  }
}

/// Decides with a look at the clock before and after.
final class ClockedDecider: LineDecider {
  var label: [UInt8] { inner.label }
  private let inner: Evaluator
  /// How long each decision took, in order.
  private(set) var nanoseconds: [UInt32] = []

  /// - Parameter capacity: How many decisions a run has: noting them must not take memory in between.
  init(_ inner: Evaluator, capacity: Int) {
    self.inner = inner
    nanoseconds.reserveCapacity(capacity)
  }

  func decide(_ input: UnsafeRawBufferPointer, line: UInt64, into output: inout ByteWriter) -> Int? {
    let start = Clock.wall.nanoseconds
    let outcome = unsafe inner.decide(input, line: line, into: &output)
    nanoseconds.append(UInt32(clamping: Clock.wall.nanoseconds - start))
    return outcome
  }

  func forget() {
    nanoseconds.removeAll(keepingCapacity: true)
  }
}

/// Lends an evaluator that is warm already to the second worker of a run.
final class Handover: @unchecked Sendable {
  // SAFETY: the one worker that takes it ends before the run does, and runs follow one another.
  let evaluator: Evaluator

  init(_ evaluator: Evaluator) {
    self.evaluator = evaluator
  }
}
