private import RemitLua
private import RemitModel
internal import RemitPolicy

/// What decides on one thread: for each policy of the snapshot, once it was asked for, an evaluator.
struct PolicySeats {
  private(set) var snapshot: Snapshot
  /// In the order of the snapshot's policies.
  private var evaluators: [Evaluator?]
  /// The places of those that are there.
  private var taken: [Int] = []

  init(_ snapshot: Snapshot) {
    self.snapshot = snapshot
    evaluators = Array(repeating: nil, count: snapshot.sorted.count)
  }

  subscript(index: Int) -> Evaluator? { evaluators[index] }

  /// Makes the evaluator of a policy.
  ///
  /// - Parameter at: Of its decisions, until another is set.
  mutating func take(_ index: Int, at: [UInt8]) throws(EngineError) -> Evaluator {
    let at = String(decoding: at, as: UTF8.self)
    let evaluator = try Evaluator(snapshot.sorted[index], params: Evaluator.defaults.array(), at: at)
    evaluators[index] = evaluator
    taken.append(index)
    return evaluator
  }

  /// Goes on with another snapshot. A policy that is the same in both keeps its evaluator; what this takes depends on how many policies
  /// were asked for, hardly on how many there are.
  mutating func move(to snapshot: Snapshot) {
    let former = evaluators
    let indices = taken
    self.snapshot = snapshot
    evaluators = Array(repeating: nil, count: snapshot.sorted.count)
    taken.removeAll(keepingCapacity: true)
    for index in indices {
      guard let evaluator = former[index] else { preconditionFailure("a seat that is taken has an evaluator") }
      let place = unsafe evaluator.policy.nameBytes.withUnsafeBytes { unsafe self.index(of: $0) }
      guard let place, snapshot.sorted[place] === evaluator.policy else { continue }
      evaluators[place] = evaluator
      taken.append(place)
    }
  }

  /// The place of the policy of that name; nil where there is none.
  func index(of name: UnsafeRawBufferPointer) -> Int? { unsafe snapshot.policies.index(of: name) }
}
