/// What is known of values without running anything: small whole numbers, for which the stock arithmetic is exact and
/// can't wrap.
///
/// INVARIANT: a value is called whole only where it is a Lua integer below 2^bits whenever the expression gives a value
/// at all. `#` counts as such: the machine lets no metatable have a `__len` that says otherwise.
extension Planner {
  /// Literals that count as known.
  static let smallMagnitude: ClosedRange<Int64> = -(1 << 31) + 1...(1 << 31) - 1
  /// The most that an operation may leave to the stock arithmetic.
  private static let bitsMax = 60
  private static let productBitsMax = 53
  static let lengthBits = 31
  /// Of loop variables and of locals that only count: each round or step of theirs is charged, so they never get there.
  private static let counterBits = 53
  private static let stepBitsMax = 31
  private static let depthMax = 16

  static func literal(_ value: Int64) -> Plan.Value {
    guard smallMagnitude.contains(value) else { return .unknown }
    return .whole(bits: max(1, 64 - value.magnitude.leadingZeroBitCount))
  }

  /// `unknown` where a helper has to compute it.
  func result(
    _ operation: BinaryOperator, _ left: Plan.Value, _ right: Plan.Value, rightLiteral: Int?
  ) -> Plan.Value {
    guard let leftBits = left.bits, let rightBits = right.bits else { return .unknown }
    switch operation {
    case .add, .subtract:
      let bits = max(leftBits, rightBits) + 1
      return bits <= Self.bitsMax ? .whole(bits: bits) : .unknown
    case .multiply:
      return leftBits + rightBits <= Self.productBitsMax ? .whole(bits: leftBits + rightBits) : .unknown
    case .floorDivide:
      return (rightLiteral ?? 0) > 0 ? left : .unknown
    case .modulo:
      return (rightLiteral ?? 0) > 0 ? right : .unknown
    default: return .unknown
    }
  }

  /// The same for an expression that may not have been walked yet.
  private mutating func classify(_ id: ExpressionID, depth: Int) -> Plan.Value {
    guard depth < Self.depthMax else { return .unknown }
    switch tree[id].kind {
    case .integer(let value): return Self.literal(value)
    case .parenthesised(let inner): return classify(inner, depth: depth + 1)
    case .local(let local, _): return value(of: local, depth: depth + 1)
    case .unary(.length, _): return .whole(bits: Self.lengthBits)
    case .unary(.negate, let operand):
      let value = classify(operand, depth: depth + 1)
      return value.bits == nil ? .unknown : value
    case .binary(let operation, let left, let right, _):
      guard operation.isArithmetic else { return .unknown }
      let leftValue = classify(left, depth: depth + 1)
      guard leftValue.bits != nil else { return .unknown }
      let literal = tree.integerLiteral(right).flatMap { Self.smallMagnitude.contains($0) ? Int($0) : nil }
      return result(operation, leftValue, classify(right, depth: depth + 1), rightLiteral: literal)
    default: return .unknown
    }
  }

  mutating func value(of local: LocalID, depth: Int = 0) -> Plan.Value {
    if let known = localValues[local.index] { return known }
    guard depth < Self.depthMax, classifying.insert(local).inserted else { return .unknown }
    let value = classify(local, depth: depth)
    classifying.remove(local)
    localValues[local.index] = value
    return value
  }

  private mutating func classify(_ local: LocalID, depth: Int) -> Plan.Value {
    let first: Plan.Value
    switch tree[local].origin {
    case .variable(let expression?, _): first = classify(expression, depth: depth + 1)
    case .numericFor(let start, let step):
      guard classify(start, depth: depth + 1).bits != nil else { return .unknown }
      if let step, classify(step, depth: depth + 1).bits == nil { return .unknown }
      first = .whole(bits: Self.counterBits)
    default: return .unknown
    }
    guard let bits = first.bits, bits <= Self.counterBits else { return .unknown }
    guard tree[local].lastAssignment >= 0 else { return first }
    var next = tree[local].lastAssignment
    while next >= 0 {
      let assignment = tree.assignments[Int(next)]
      guard let value = assignment.value, counts(local, value, depth: depth + 1) else { return .unknown }
      next = assignment.previous
    }
    return .whole(bits: Self.counterBits)
  }

  /// `5`, `x + 1`, `x - #t`: what may be assigned to a counter `x`.
  private mutating func counts(_ local: LocalID, _ id: ExpressionID, depth: Int) -> Bool {
    if let literal = tree.integerLiteral(id) { return Self.smallMagnitude.contains(literal) }
    switch tree[tree.bare(id)].kind {
    case .binary(.add, let left, let right, _), .binary(.subtract, let left, let right, _):
      guard case .local(local, _) = tree[tree.bare(left)].kind else { return false }
      guard let bits = classify(right, depth: depth + 1).bits else { return false }
      return bits <= Self.stepBitsMax
    default: return false
    }
  }

  // MARK: Tables

  /// A local of this very function that never holds anything but a table made here: nobody else can have frozen it.
  func isFreshTable(_ base: ExpressionID) -> Bool {
    guard case .local(let id, isOuter: false) = tree[base].kind else { return false }
    guard case .variable(let first, let startsNil) = tree[id].origin else { return false }
    let startsRight = first.map { isConstructor($0) || isNil($0) } ?? startsNil
    guard startsRight else { return false }
    var next = tree[id].lastAssignment
    while next >= 0 {
      let assignment = tree.assignments[Int(next)]
      guard let value = assignment.value, isConstructor(value) else { return false }
      next = assignment.previous
    }
    return true
  }

  private func isConstructor(_ id: ExpressionID) -> Bool {
    if case .table = tree[tree.bare(id)].kind { true } else { false }
  }

  private func isNil(_ id: ExpressionID) -> Bool {
    if case .nil = tree[id].kind { true } else { false }
  }

  /// A key that is certainly none of the metatable's.
  func isPlainKey(_ id: ExpressionID) -> Bool {
    if plan.values[id.index].bits != nil { return true }
    let bare = tree.bare(id)
    switch tree[bare].kind {
    case .integer, .decimal, .true, .false: return true
    case .string: return !(tree.string(bare) ?? []).starts(with: "__".utf8)
    default: return false
    }
  }
}
