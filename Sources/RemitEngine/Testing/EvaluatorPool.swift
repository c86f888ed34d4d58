internal import RemitPolicy

/// Evaluators that several cases use one after the other: loading a machine takes longer than most decisions.
///
/// What an evaluator decides does not depend on what it decided before. It belongs to one thread.
final class EvaluatorPool {
  private var known: [(params: [UInt8], at: String, evaluator: Evaluator)] = []
  /// Most cases have the defaults; each of the others keeps a machine.
  private static let evaluatorsMax = 4

  /// The evaluator of these params at that time, made where there is none.
  func evaluator(of policy: LoadedPolicy, params: [UInt8], at: String) throws(EngineError) -> Evaluator {
    let found = known.first { item in
      // A case that brings files of its own has its policy from another store.
      item.evaluator.policy.store === policy.store && item.evaluator.policy.name == policy.name && item.at == at
        && item.params == params
    }
    if let found { return found.evaluator }
    let evaluator = try Evaluator(policy, params: params, at: at)
    if known.count == Self.evaluatorsMax { known.removeFirst() }
    known.append((params, at, evaluator))
    return evaluator
  }
}
