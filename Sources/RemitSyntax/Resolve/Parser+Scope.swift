/// Scopes: what a name means where it stands. Each name knows its present meaning, so that looking it up costs nothing.
extension Parser {
  struct Scope {
    let locals: Int
    let labels: Int
    /// That of the scope around this one.
    let gotoBase: Int
  }

  mutating func openScope() -> Scope {
    let scope = Scope(locals: active.count, labels: visibleLabels.count, gotoBase: gotoBase)
    gotoBase = waitingGotos.count
    return scope
  }

  mutating func close(_ scope: Scope) {
    while active.count > scope.locals {
      let local = tree.locals[active.removeLast().index]
      meanings[local.name.index] = local.hidden
    }
    visibleLabels.removeSubrange(scope.labels...)
    gotoBase = scope.gotoBase
  }

  struct OuterFunction {
    let scope: Scope
    let function: FunctionID
    let labelBase: Int
    let gotos: Int
  }

  mutating func openFunction(_ id: FunctionID) -> OuterFunction {
    let outer = OuterFunction(scope: openScope(), function: function, labelBase: labelBase, gotos: waitingGotos.count)
    function = id
    labelBase = visibleLabels.count
    return outer
  }

  mutating func close(_ outer: OuterFunction) {
    close(outer.scope)
    waitingGotos.removeSubrange(outer.gotos...)
    function = outer.function
    labelBase = outer.labelBase
  }

  // MARK: Locals

  /// Makes a local that is not in scope yet.
  mutating func declare(_ name: Token, _ origin: Local.Origin) -> LocalID {
    tree.locals.append(
      Local(name: name.name, start: name.start, line: name.line, function: function, origin: origin))
    return LocalID(tree.locals.count - 1)
  }

  mutating func declareSelf(at token: Token) {
    let name = lexer.names.intern(Array("self".utf8), from: 0, to: 4)
    tree.locals.append(
      Local(name: name, start: token.start, line: token.line, function: function, origin: .implicitSelf))
  }

  mutating func activate(_ local: LocalID) {
    let name = tree.locals[local.index].name.index
    while meanings.count <= name { meanings.append(-1) }
    tree.locals[local.index].hidden = meanings[name]
    meanings[name] = local.number
    active.append(local)
  }

  mutating func resolve(_ name: NameID) -> Expression.Kind {
    guard name.index < meanings.count, meanings[name.index] >= 0 else { return .global(name) }
    let local = LocalID(Int(meanings[name.index]))
    let isOuter = tree.locals[local.index].function != function
    if isOuter { tree.locals[local.index].isCaptured = true }
    return .local(local, isOuter: isOuter)
  }

  // MARK: Assignments

  /// Notes an assignment and refuses those that would outlast a decision. `defines`: it is a function statement.
  mutating func assign(to target: ExpressionID, value: ExpressionID?, defines: Bool) {
    let expression = tree.expressions[target.index]
    switch expression.kind {
    case .global(let name):
      let text = lexer.names.text(name)
      refuse(
        defines
          ? "definition of the global function '\(text)': a policy has no globals of its own; write 'local function \(text)'"
          : "assignment to the global '\(text)': a policy has no globals of its own; declare it with 'local'",
        at: expression.start)
    case .local(let id, let isOuter):
      let local = tree.locals[id.index]
      if local.isConstant {
        refuse("attempt to assign to const variable '\(lexer.names.text(local.name))'", at: expression.start)
        return
      }
      tree.assignments.append(
        Assignment(value: value, start: expression.start, previous: local.lastAssignment))
      tree.locals[id.index].lastAssignment = Int32(tree.assignments.count - 1)
      if isOuter { assignOuter(id, local, at: expression.start) }
    default: break
    }
  }

  private mutating func assignOuter(_ id: LocalID, _ local: Local, at offset: Int32) {
    if local.function == Tree.main {
      let text = lexer.names.text(local.name)
      refuse(
        "a function assigns to '\(text)', a local of the file (line \(local.line)), but no decision may leave a trace: "
          + "pass it as an argument or return it", at: offset)
    }
    var writer: FunctionID? = function
    while let current = writer, current != local.function {
      tree.functions[current.index].outerWrites.insert(id)
      writer = tree.functions[current.index].parent
    }
  }

  // MARK: Labels

  mutating func declareLabel(_ name: Token) -> LabelID {
    let id = LabelID(tree.labels.count)
    tree.labels.append(Label(name: name.name, start: name.start))
    visibleLabels.append(id)
    var kept = gotoBase
    for index in gotoBase..<waitingGotos.count {
      let statement = waitingGotos[index]
      if case .goto(name.name, _) = tree.statements[statement.index].kind {
        tree.statements[statement.index].kind = .goto(name.name, label: id)
      } else {
        waitingGotos[kept] = statement
        kept += 1
      }
    }
    waitingGotos.removeSubrange(kept...)
    return id
  }

  /// Finds the label of a `goto`: above it, or else further down in this block or one around it.
  mutating func jump(_ statement: StatementID, to name: NameID) {
    for id in visibleLabels[labelBase...].reversed() where tree.labels[id.index].name == name {
      tree.labels[id.index].isLoop = true
      tree.statements[statement.index].kind = .goto(name, label: id)
      return
    }
    waitingGotos.append(statement)
  }
}
