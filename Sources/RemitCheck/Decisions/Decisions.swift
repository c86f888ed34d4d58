internal import RemitPolicy
internal import RemitSyntax

/// The decisions that a policy certainly returns, and the texts that certainly become their outcome or one of their reasons.
struct Decisions {
  let source: SourceFile
  private var tree: Tree { source.tree }

  /// Texts, where they stand.
  private(set) var reasons: Set<ExpressionID> = []
  private(set) var outcomes: Set<ExpressionID> = []
  /// What else becomes a reason, its text not known.
  private(set) var otherReasons: Set<ExpressionID> = []
  private(set) var otherOutcomes: Set<ExpressionID> = []
  private(set) var incomplete: [Finding] = []

  /// Lists of reasons that are filled in the course of a decision.
  private var lists: Set<LocalID> = []
  /// Those of which it has not been looked at yet what is put into them.
  private var unfilled: [LocalID] = []

  init(_ source: SourceFile) {
    self.source = source
    for key in ["decide", "decide_group"] {
      guard let field = source.tree.field(ofDeclaration: [key]), let function = source.function(field.value) else {
        continue
      }
      for value in returned(by: function) {
        if key == "decide" { decision(value) } else { decisionList(value) }
      }
    }
    fillLists()
  }

  // MARK: What is returned

  /// The single values that a function returns, those of local functions whose calls it returns included.
  private func returned(by function: FunctionID) -> [ExpressionID] {
    var values: [ExpressionID] = []
    var seen: Set<FunctionID> = [function]
    var waiting = [function]
    while let next = waiting.popLast() {
      for statement in source.ownStatements(of: next) {
        guard case .return(let run) = tree[statement].kind, run.count == 1, let value = tree.expressions(run).first
        else { continue }
        if case .call(let callee, _) = tree[value].kind, let called = source.function(callee) {
          if seen.insert(called).inserted { waiting.append(called) }
        } else {
          values.append(value)
        }
      }
    }
    return values
  }

  /// What a group policy returns: a list that stands there, or one that is filled.
  private mutating func decisionList(_ value: ExpressionID) {
    switch tree[tree.bare(value)].kind {
    case .table(let run): for field in tree.fields[run.range] { element(field.value) }
    case .local(let list, _):
      if case .variable(let first?, _) = tree[list].origin, case .table = tree[tree.bare(first)].kind {
        decisionList(first)
      }
      for element in source.elements(of: list) { self.element(element) }
    default: return
    }
  }

  private mutating func element(_ value: ExpressionID) {
    guard case .call(let callee, _) = tree[value].kind, let function = source.function(callee) else {
      return decision(value)
    }
    for result in returned(by: function) { decision(result) }
  }

  private mutating func decision(_ value: ExpressionID) {
    let table = tree.held(value)
    guard case .table(let run) = tree[table].kind else { return }
    // What is held in a local may get its outcome later.
    var isComplete = tree.bare(value) != table
    var keys: Set<String> = []
    for field in tree.fields[run.range] {
      guard case .name(let name) = field.key else {
        isComplete = true
        continue
      }
      let key = source.name(name)
      keys.insert(key)
      switch key {
      case "outcome": collect(field.value, as: .outcome)
      case "reasons":
        if !isComplete, case .table(let list) = tree[tree.bare(field.value)].kind, list.isEmpty {
          incomplete.append(
            source.finding(
              .incompleteDecision, at: field.value, "a decision cites at least one reason, and this one none"))
        }
        reasonList(field.value)
      default: continue
      }
    }
    guard !isComplete else { return }
    for key in ["outcome", "reasons"] where !keys.contains(key) {
      incomplete.append(source.finding(.incompleteDecision, at: table, "the decision has no \(key)"))
    }
  }

  // MARK: Reasons

  private mutating func reasonList(_ value: ExpressionID) {
    let bare = tree.bare(value)
    switch tree[bare].kind {
    case .table: items(of: bare)
    case .local(let local, _): list(local)
    case .nil: return
    default: otherReasons.insert(bare)
    }
  }

  private mutating func items(of table: ExpressionID) {
    guard case .table(let run) = tree[table].kind else { return }
    for field in tree.fields[run.range] { collect(field.value, as: .reason) }
  }

  /// A local that is the reasons of a decision.
  private mutating func list(_ local: LocalID) {
    guard lists.insert(local).inserted else { return }
    unfilled.append(local)
    switch tree[local].origin {
    case .variable(let value?, _): reasonList(value)
    case .parameter:
      let function = tree[local].function
      let position = local.index - tree[function].parameters.range.lowerBound
      for call in source.allCalls(of: function) ?? [] {
        let arguments = source.arguments(of: call)
        if position < arguments.count { reasonList(arguments[position]) }
      }
    default: break
    }
    for value in source.assigned(to: local) { if let value { reasonList(value) } }
  }

  /// `reasons[#reasons + 1] = …`, `table.insert(reasons, …)`, and functions that a list is handed to.
  private mutating func fillLists() {
    let parameters = handedOn
    while let list = unfilled.popLast() {
      for element in source.elements(of: list) { collect(element, as: .reason) }
      for parameter in parameters[list] ?? [] { self.list(parameter) }
    }
  }

  /// The parameters of the file's own functions that a local is handed to, where all calls of these are known.
  private var handedOn: [LocalID: [LocalID]] {
    var found: [LocalID: [LocalID]] = [:]
    for function in source.holders.keys {
      for call in source.allCalls(of: function) ?? [] {
        for (parameter, argument) in zip(source.parameters(of: function), source.arguments(of: call)) {
          if case .local(let local, _) = tree[tree.bare(argument)].kind { found[local, default: []].append(parameter) }
        }
      }
    }
    return found
  }

  // MARK: Texts

  private enum Role { case reason, outcome }

  /// Collects the texts that an expression certainly may be.
  private mutating func collect(_ id: ExpressionID, as role: Role) {
    var seen: Set<LocalID> = []
    var waiting = [id]
    while let next = waiting.popLast() {
      let id = tree.bare(next)
      switch tree[id].kind {
      case .string: if role == .reason { reasons.insert(id) } else { outcomes.insert(id) }
      case .nil: continue
      case .binary(.and, _, let right, _): waiting.append(right)
      case .binary(.or, let left, let right, _): waiting += [left, right]
      case .local(let local, _):
        if seen.insert(local).inserted { waiting += values(of: local) }
        other(id, role)
      default: other(id, role)
      }
    }
  }

  private mutating func other(_ id: ExpressionID, _ role: Role) {
    if role == .reason { otherReasons.insert(id) } else { otherOutcomes.insert(id) }
  }

  /// What a local may be. What it starts as is left out where another value may take its place in every case: that may be a placeholder.
  private func values(of local: LocalID) -> [ExpressionID] {
    let assigned = source.assigned(to: local)
    switch tree[local].origin {
    case .variable(let value?, _) where source.keepsFirstValue(local): return [value] + assigned.compactMap { $0 }
    case .variable: return assigned.compactMap { $0 }
    case .parameter:
      guard assigned.isEmpty else { return [] }
      let function = tree[local].function
      let position = local.index - tree[function].parameters.range.lowerBound
      return (source.allCalls(of: function) ?? []).compactMap { call in
        let arguments = source.arguments(of: call)
        return position < arguments.count ? arguments[position] : nil
      }
    default: return []
    }
  }
}
