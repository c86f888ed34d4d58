internal import RemitEngine
internal import RemitLua
internal import RemitModel
internal import RemitPolicy
internal import RemitWire

/// What the search for turning points may use up. Everything is counted, so that an explanation is the same on every
/// machine.
package struct SearchBudget: Sendable {
  /// Evaluations of changed inputs.
  package var evaluationsMax = 20_000
  /// A decision that takes more steps than this counts as several.
  package var stepsForOne = 10_000
  /// So does an input of more bytes.
  package var bytesForOne = 16_384
  /// And one that fills the machine's memory, since it costs a machine.
  package var machineForOnes = 500

  package init() {}
}

/// How an input was decided: the outcome, and the way that led there.
struct Probe: Equatable {
  /// The number of the outcome; nil for an error, which is no outcome.
  let outcome: Int?
  /// Of how the policy's conditions turned out, one after another.
  let path: UInt64
}

/// Decides changed inputs on a traced machine until the budget is spent. All searches of an explanation draw on the same one.
final class Prober {
  private let evaluator: TracedEvaluator
  private let budget: SearchBudget
  private(set) var evaluations = 0
  private(set) var spent = 0
  private var output = ByteWriter()

  init(_ evaluator: TracedEvaluator, budget: SearchBudget) {
    self.evaluator = evaluator
    self.budget = budget
  }

  var isSpent: Bool { spent >= budget.evaluationsMax }
  var left: Int { max(0, budget.evaluationsMax - spent) }

  /// Nil where the budget is spent.
  func probe(_ input: [UInt8]) -> Probe? {
    guard !isSpent else { return nil }
    output.removeAll()
    let probe = evaluator.probe(ByteBlock(input), into: &output)
    evaluations += 1
    spent += 1 + evaluator.lastSteps / budget.stepsForOne + input.count / budget.bytesForOne
    if evaluator.lostMachine { spent += budget.machineForOnes }
    return Probe(outcome: probe.outcome, path: probe.path)
  }
}
