private import RemitModel
internal import RemitPolicy

/// A policy of the snapshot in force, and what decides by it once it was asked for.
struct PolicySeat {
  let policy: LoadedPolicy
  /// As requests write it.
  let name: [UInt8]
  var evaluator: Evaluator?

  init(policy: LoadedPolicy) {
    self.policy = policy
    name = Array(policy.name.description.utf8)
  }

  /// Less than 0 where the name comes before this one, 0 where it is this.
  func compare(_ other: UnsafeRawBufferPointer) -> Int {
    let common = min(other.count, name.count)
    for index in 0..<common where unsafe other[index] != name[index] {
      return unsafe Int(other[index]) - Int(name[index])
    }
    return other.count - name.count
  }
}
