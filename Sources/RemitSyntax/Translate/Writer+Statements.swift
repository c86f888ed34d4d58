extension Writer {
  mutating func statement(_ id: StatementID) {
    let node = tree[id]
    switch node.kind {
    case .local(_, let values): expressions(values)
    case .localFunction(_, let function): body(function)
    case .assign(let targets, let values, let equalsAt):
      separate(node)
      assignment(node, targets, values, equalsAt)
    case .function(let target, let function): functionStatement(node, target, function)
    case .call(let call):
      separate(node)
      expression(call)
    case .block(let block): self.block(block)
    case .while(let condition, let body):
      self.condition(condition)
      block(body)
    case .repeat(let body, let condition):
      block(body)
      self.condition(condition)
    case .if(let clauses, let otherwise):
      for index in clauses.range {
        condition(tree.clauses[index].condition)
        block(tree.clauses[index].body)
      }
      if let otherwise { block(otherwise) }
    case .numericFor(let loop): numericFor(id, loop)
    case .genericFor(_, let values, let body):
      expressions(values)
      block(body)
    case .return(let values): returned(values)
    case .label(let label):
      copy(to: node.end)
      charge(plan.labelCharges[label.index])
    case .break, .goto: break
    }
  }

  /// A statement that starts with a parenthesis would be read as the arguments of what stands before it, now that this
  /// may end with the parenthesis of a helper's call.
  private mutating func separate(_ node: Statement) {
    guard tree.source[Int(node.start)] == UInt8(ascii: "(") else { return }
    copy(to: node.start)
    put(";")
  }

  /// A lone helper call would be a tail call, and the line of its error lost; likewise of `error` and of `policy`.
  private mutating func returned(_ values: Run) {
    guard values.count == 1 else { return expressions(values) }
    let value = tree.expressionLists[values.range.lowerBound]
    if case .varargs = tree[value].kind { return expression(value) }
    guard isHelper(value) || tree.raisesHere(value) else { return expression(value) }
    copy(to: tree[value].start)
    put("(")
    expression(value)
    copy(to: tree[value].end)
    put(")")
  }

  /// `function a.b:m(x) … end` becomes `__remit_set(a.b,"m",function(self,x) … end);` where the table is not known to
  /// be new.
  private mutating func functionStatement(_ node: Statement, _ target: ExpressionID, _ id: FunctionID) {
    guard isHelper(target), case .field(let base, let name, let dotAt, let nameAt) = tree[target].kind else {
      return body(id)
    }
    let function = tree[id]
    drop(8, at: node.start)
    putWord("__remit_set(")
    copy(to: tree[base].end)
    drop(1, at: dotAt)
    put(",\"")
    put(name)
    put("\",function")
    drop(length(name), at: nameAt)
    copy(to: function.parenAt + 1)
    if function.isMethod { put(function.parameters.count > 1 || function.isVararg ? "self," : "self") }
    body(id)
    copy(to: node.end)
    put(");")
  }

  // MARK: Assignments

  private mutating func assignment(_ node: Statement, _ targets: Run, _ values: Run, _ equalsAt: Int32) {
    guard tree.expressions(targets).contains(where: { isHelper($0) }) else {
      expressions(targets)
      return expressions(values)
    }
    guard targets.count == 1, values.count == 1 else { return parallelAssignment(node, targets, values, equalsAt) }
    copy(to: node.start)
    putWord("__remit_set(")
    place(tree.expressionLists[targets.range.lowerBound], nameIsPlaced: true)
    drop(1, at: equalsAt)
    put(",")
    single(tree.expressionLists[values.range.lowerBound])
    copy(to: node.end)
    put(");")
  }

  /// Writes `base,key` of a field or index; a name only where `nameIsPlaced`.
  private mutating func place(_ target: ExpressionID, nameIsPlaced: Bool) {
    switch tree[target].kind {
    case .field(let base, let name, let dotAt, let nameAt):
      expression(base)
      drop(1, at: dotAt)
      drop(length(name), at: nameAt)
      if nameIsPlaced {
        put(",\"")
        put(name)
        put("\"")
      }
    case .index(let base, let key, let bracketAt):
      expression(base)
      drop(1, at: bracketAt)
      put(",")
      single(key)
      drop(1, at: tree[target].end - 1)
    default:
      // A plain local: nothing to evaluate before the assignment.
      drop(Int(tree[target].end - tree[target].start), at: tree[target].start)
    }
  }

  /// Evaluates everything into locals, from left to right, and then assigns from right to left, as the stock machine
  /// does.
  private mutating func parallelAssignment(_ node: Statement, _ targets: Run, _ values: Run, _ equalsAt: Int32) {
    copy(to: node.start)
    putWord("do local ")
    var names: [String] = []
    for (position, target) in tree.expressions(targets).enumerated() {
      switch tree[target].kind {
      case .field: names.append("__remit_b\(position)")
      case .index: names += ["__remit_b\(position)", "__remit_k\(position)"]
      default: break
      }
    }
    names += (0..<targets.count).map { "__remit_v\($0)" }
    put(names.joined(separator: ","))
    put("=")
    for (position, target) in tree.expressions(targets).enumerated() {
      place(target, nameIsPlaced: false)
      // The commas of the source separate targets; behind a plain local there is nothing to separate.
      if position < targets.count - 1 {
        let comma = tree.token(after: tree[target].end)
        if isPlain(target) { drop(1, at: comma) } else { copy(to: comma + 1) }
      } else {
        drop(1, at: equalsAt)
        if !isPlain(target) { put(",") }
      }
    }
    expressions(values)
    copy(to: node.end)
    put(" ")
    for (position, target) in tree.expressions(targets).enumerated().reversed() { store(position, target) }
    put("end ")
  }

  private func isPlain(_ target: ExpressionID) -> Bool {
    if case .local = tree[target].kind { true } else { false }
  }

  private mutating func store(_ position: Int, _ target: ExpressionID) {
    switch tree[target].kind {
    case .local(let local, _):
      put(tree[local].name)
      put("=__remit_v\(position) ")
    case .field(_, let name, _, _):
      if isHelper(target) {
        put("__remit_set(__remit_b\(position),\"")
        put(name)
        put("\",__remit_v\(position));")
      } else {
        put("__remit_b\(position).")
        put(name)
        put("=__remit_v\(position) ")
      }
    default:
      put(
        isHelper(target)
          ? "__remit_set(__remit_b\(position),__remit_k\(position),__remit_v\(position));"
          : "__remit_b\(position)[__remit_k\(position)]=__remit_v\(position) ")
    }
  }

  // MARK: Numeric loops

  private mutating func numericFor(_ id: StatementID, _ loop: NumericFor) {
    guard case .prepared(let cost, let mayBeFractional) = plan.loops[id.index] else {
      expression(loop.start)
      expression(loop.limit)
      if let step = loop.step { expression(step) }
      return block(loop.body)
    }
    let node = tree[id]
    let variable = tree[loop.variable]
    copy(to: node.start)
    if mayBeFractional {
      putWord("do local __remit_f,__remit_e")
      put(loop.step == nil ? "=" : ",__remit_h=")
    } else {
      putWord("do local __remit_a,__remit_l,__remit_s=__remit_for(")
      put(cost)
      put(",")
    }
    drop(3, at: node.start)
    drop(length(variable.name), at: variable.start)
    drop(1, at: loop.equalsAt)
    // A call may give no value at all; in parentheses it gives nil.
    expression(loop.start)
    if let step = loop.step {
      expression(loop.limit)
      single(step)
      copy(to: tree[step].end)
    } else {
      single(loop.limit)
      copy(to: tree[loop.limit].end)
    }
    if mayBeFractional {
      put(" local __remit_a,__remit_l,__remit_s,__remit_q=__remit_for(")
      put(cost)
      put(loop.step == nil ? ",__remit_f,__remit_e,1)" : ",__remit_f,__remit_e,__remit_h)")
      put(" for __remit_k=__remit_a,__remit_l,__remit_s ")
      copy(to: loop.doAt + 2)
      put(" local ")
      put(variable.name)
      put("=__remit_q and __remit_add(__remit_f,__remit_mul(__remit_k,")
      put(loop.step == nil ? "1" : "__remit_h")
      put(")) or __remit_k ")
    } else {
      put(loop.step == nil ? ",1) for " : ") for ")
      put(variable.name)
      put("=__remit_a,__remit_l,__remit_s ")
      copy(to: loop.doAt + 2)
    }
    block(loop.body)
    copy(to: node.end)
    put(" end ")
  }
}
