/// Walks the tree once and makes the `Plan`: which operations stay native, and what everything costs.
///
/// A step is about one instruction of the stock virtual machine; where it can't be known, the count is rather too high.
/// What must hold is that no cycle of the program escapes: every function, loop body and label that is jumped up to is
/// charged.
struct Planner {
  static let helperCost = 3
  /// A loop whose rounds are all charged outright costs this at most.
  private static let nativeLoopCostMax = 2000
  private static let bytesPerStep = 64

  let tree: Tree
  private let isTraced: Bool
  var plan: Plan
  /// Of what was walked since the last charge.
  private var cost = 0
  private var chain: [ExpressionID] = []
  /// Where jumps of this function go, -1 out of it; and how many leave the innermost loop by `break`.
  private var jumps: [Int32] = []
  private var breaks = 0

  var localValues: [Plan.Value?]
  var classifying: Set<LocalID> = []

  /// - Parameter traced: True where reads and the left sides of `and` and `or` are told of. It changes no charge.
  static func plan(_ tree: Tree, traced: Bool = false) -> Plan {
    var planner = Planner(tree, traced)
    planner.function(Tree.main)
    return planner.plan
  }

  private init(_ tree: Tree, _ traced: Bool) {
    self.tree = tree
    isTraced = traced
    plan = Plan(for: tree)
    localValues = Array(repeating: nil, count: tree.locals.count)
  }

  private mutating func function(_ id: FunctionID) {
    let outer = (cost, jumps, breaks)
    (cost, jumps, breaks) = (0, [], 0)
    let body = tree[id].body
    block(body)
    plan.blockCharges[body.index] = max(1, cost)
    (cost, jumps, breaks) = outer
  }

  // MARK: Statements

  /// `until`: the condition of a `repeat`, which runs in its block.
  private mutating func block(_ id: BlockID, until condition: ExpressionID? = nil) {
    var loops: [(label: LabelID, before: Int)] = []
    for statement in tree.statements(id) {
      if case .label(let label) = tree[statement].kind {
        if tree[label].isLoop { loops.append((label, cost)) }
      } else {
        self.statement(statement)
      }
    }
    if let condition { expression(condition) }
    for (label, before) in loops { plan.labelCharges[label.index] = cost - before + 1 }
  }

  /// The cost of a block that is not part of the straight line.
  private mutating func measure(_ id: BlockID, until condition: ExpressionID? = nil) -> Int {
    let before = cost
    cost = 0
    block(id, until: condition)
    defer { cost = before }
    return cost
  }

  private mutating func loopBody(_ id: BlockID, until condition: ExpressionID? = nil) -> Int {
    let outer = breaks
    breaks = 0
    defer { breaks = outer }
    return measure(id, until: condition)
  }

  private mutating func statement(_ id: StatementID) {
    cost += 1
    switch tree[id].kind {
    case .local(let locals, let values):
      cost += locals.count
      expressions(values)
    case .localFunction(_, let function): self.function(function)
    case .assign(let targets, let values, _):
      for target in tree.expressions(targets) { self.target(target) }
      expressions(values)
    case .function(let target, let function):
      self.target(target)
      self.function(function)
    case .call(let call): expression(call)
    case .block(let block): self.block(block)
    case .while(let condition, let body):
      let before = cost
      expression(condition)
      let each = cost - before
      plan.blockCharges[body.index] = loopBody(body) + each + 2
    case .repeat(let body, let condition):
      plan.blockCharges[body.index] = loopBody(body, until: condition) + 2
    case .if(let clauses, let otherwise):
      var most = 0
      for clause in tree.clauses[clauses.range] {
        cost += 1
        expression(clause.condition)
        most = max(most, measure(clause.body))
      }
      if let otherwise { most = max(most, measure(otherwise)) }
      cost += most
    case .numericFor(let loop): numericFor(id, loop)
    case .genericFor(_, let values, let body):
      expressions(values)
      cost += Self.helperCost
      plan.blockCharges[body.index] = loopBody(body) + Self.helperCost
    case .return(let values):
      expressions(values)
      passVarargs(values)
      jumps.append(-1)
    case .break: breaks += 1
    case .goto(_, let label): jumps.append(label.map { tree[$0].start } ?? -1)
    case .label: break
    }
  }

  private mutating func numericFor(_ id: StatementID, _ loop: NumericFor) {
    expression(loop.start)
    expression(loop.limit)
    if let step = loop.step { expression(step) }
    cost += Self.helperCost

    let outerBreaks = breaks
    breaks = 0
    let jumpMark = jumps.count
    let each = measure(loop.body) + 1
    let body = tree[loop.body]
    let leavesEarly = breaks > 0 || jumps[jumpMark...].contains { $0 < body.start || $0 > body.end }
    breaks = outerBreaks

    if let rounds = rounds(loop), rounds <= Self.nativeLoopCostMax / each {
      plan.loops[id.index] = .native
      cost += rounds * each
      return
    }
    let isWhole =
      plan.values[loop.start.index].bits != nil && (loop.step.map { plan.values[$0.index].bits != nil } ?? true)
    let charge = isWhole ? each : each + 2 * Self.helperCost
    cost += Self.helperCost
    if leavesEarly { plan.blockCharges[loop.body.index] = charge + 2 }
    plan.loops[id.index] = .prepared(cost: leavesEarly ? 0 : charge, mayBeFractional: !isWhole)
  }

  /// How often the body runs, where only literals say so.
  private func rounds(_ loop: NumericFor) -> Int? {
    guard let start = small(loop.start), let limit = small(loop.limit) else { return nil }
    var step = 1
    if let expression = loop.step {
      guard let literal = small(expression), literal != 0 else { return nil }
      step = literal
    }
    if step > 0 { return start > limit ? 0 : (limit - start) / step + 1 }
    return start < limit ? 0 : (start - limit) / -step + 1
  }

  private func small(_ id: ExpressionID) -> Int? {
    guard let literal = tree.integerLiteral(id), Self.smallMagnitude.contains(literal) else { return nil }
    return Int(literal)
  }

  /// Plans what is left of a `=`. The target itself is an edit of the kind `helper` where `__remit_set` has to write.
  private mutating func target(_ id: ExpressionID) {
    cost += 1
    switch tree[id].kind {
    case .field(let base, let name, _, _):
      expression(base)
      let isNative = isFreshTable(base) && !tree.names.utf8(name).starts(with: "__".utf8)
      mark(id, isNative)
      plan.edits[id.index] = isNative ? .none : .helper
    case .index(let base, let key, _):
      expression(base)
      expression(key)
      let isNative = isFreshTable(base) && isPlainKey(key)
      mark(id, isNative)
      if isNative { plan.edits[id.index] = plan.edits[key.index] == .none ? .none : .inside }
    default: break
    }
  }

  private mutating func mark(_ target: ExpressionID, _ isNative: Bool) {
    if !isNative {
      cost += Self.helperCost
      plan.edits[target.index] = .helper
    }
  }

  // MARK: Expressions

  private mutating func expressions(_ run: Run) {
    for id in tree.expressions(run) { expression(id) }
  }

  private mutating func expression(_ id: ExpressionID) {
    let mark = chain.count
    var leftmost = id
    while let left = tree.left(of: leftmost) {
      chain.append(leftmost)
      leftmost = left
    }
    cost += 1
    start(leftmost)
    while chain.count > mark {
      cost += 1
      let link = chain.removeLast()
      extend(link)
      if isTraced { trace(link, within: chain.count > mark ? chain.last : nil) }
    }
  }

  /// Plans what a traced text tells of a link, in the expression that it is the left part of.
  private mutating func trace(_ id: ExpressionID, within outer: ExpressionID?) {
    switch tree[id].kind {
    case .field(let base, _, _, _), .index(let base, _, _):
      if case .global = tree[base].kind { return }
      if let outer, case .call = tree[outer].kind { return }
      plan.edits[id.index] = .helper
    case .binary(.and, _, _, _), .binary(.or, _, _, _):
      if plan.edits[id.index] == .none { plan.edits[id.index] = .inside }
    default: break
    }
  }

  /// `...` as the last of several values hands all of them on, however many there are: `__remit_va` charges for them.
  private mutating func passVarargs(_ values: Run) {
    if let last = tree.expressions(values).last { passVarargs(last) }
  }

  private mutating func passVarargs(_ id: ExpressionID) {
    guard case .varargs = tree[id].kind else { return }
    cost += Self.helperCost
    plan.edits[id.index] = .helper
  }

  private func edited(_ id: ExpressionID) -> Bool { plan.edits[id.index] != .none }

  private func edited(_ run: Run) -> Bool { tree.expressions(run).contains { edited($0) } }

  /// Plans an expression that does not begin with another one.
  private mutating func start(_ id: ExpressionID) {
    switch tree[id].kind {
    case .integer(let value): plan.values[id.index] = Self.literal(value)
    case .decimal(let isLong):
      if isLong {
        cost += Self.helperCost
        plan.edits[id.index] = .helper
      }
    case .string:
      plan.values[id.index] = .text
      cost += Int(tree[id].end - tree[id].start) / Self.bytesPerStep
    case .function(let function):
      self.function(function)
      plan.edits[id.index] = .inside
    case .local(let local, _): plan.values[id.index] = value(of: local)
    case .parenthesised(let inner):
      expression(inner)
      plan.values[id.index] = plan.values[inner.index]
      if edited(inner) { plan.edits[id.index] = .inside }
    case .unary(let operation, let operand):
      expression(operand)
      if edited(operand) { plan.edits[id.index] = .inside }
      switch operation {
      case .negate:
        if plan.values[operand.index].bits != nil { plan.values[id.index] = plan.values[operand.index] }
      case .length: plan.values[id.index] = .whole(bits: Self.lengthBits)
      case .bitwiseNot:
        cost += Self.helperCost
        plan.edits[id.index] = .helper
      case .not: break
      }
    case .concat(let operands, _): concat(id, operands)
    case .table(let fields): table(id, fields)
    case .nil, .true, .false, .varargs, .global, .binary, .field, .index, .call, .method: break
    }
  }

  /// Plans one more link of a chain whose left part is planned.
  private mutating func extend(_ id: ExpressionID) {
    switch tree[id].kind {
    case .field(let base, _, _, _):
      if edited(base) { plan.edits[id.index] = .inside }
    case .index(let base, let key, _):
      expression(key)
      if edited(base) || edited(key) { plan.edits[id.index] = .inside }
    case .call(let callee, let arguments):
      expressions(arguments)
      passVarargs(arguments)
      let isDeclaration = tree.declaredTable(callee, arguments) != nil
      if edited(callee) || edited(arguments) || isDeclaration { plan.edits[id.index] = .inside }
    case .method(let object, _, _, let arguments):
      expressions(arguments)
      passVarargs(arguments)
      if edited(object) || edited(arguments) { plan.edits[id.index] = .inside }
    case .binary(let operation, let left, let right, _):
      expression(right)
      let value = result(operation, plan.values[left.index], plan.values[right.index], rightLiteral: small(right))
      plan.values[id.index] = value
      if operation.isArithmetic, value == .unknown {
        cost += Self.helperCost
        plan.edits[id.index] = .helper
      } else if edited(left) || edited(right) {
        plan.edits[id.index] = .inside
      }
    default: break
    }
  }

  /// Native where all operands are known texts or whole numbers, whose texts are what the stock Lua writes.
  private mutating func concat(_ id: ExpressionID, _ operands: Run) {
    var isNative = true
    for operand in tree.expressions(operands) {
      cost += 1
      expression(operand)
      isNative = isNative && plan.values[operand.index] != .unknown
    }
    if isNative {
      plan.values[id.index] = .text
      plan.edits[id.index] = edited(operands) ? .inside : .none
    } else {
      cost += Self.helperCost
      plan.edits[id.index] = .helper
    }
  }

  private mutating func table(_ id: ExpressionID, _ fields: Run) {
    for field in tree.fields[fields.range] {
      cost += 1
      if case .expression(let key) = field.key {
        expression(key)
        if edited(key) { plan.edits[id.index] = .inside }
      }
      expression(field.value)
      if case .positional = field.key, field.start == tree.fields[fields.range].last?.start {
        passVarargs(field.value)
      }
      if edited(field.value) { plan.edits[id.index] = .inside }
    }
  }
}
