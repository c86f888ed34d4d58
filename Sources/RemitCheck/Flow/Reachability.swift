internal import RemitSyntax

/// Statements that are never reached, and conditions that decide nothing.
struct Reachability {
  let source: SourceFile
  private(set) var findings: [Finding] = []
  private var tree: Tree { source.tree }

  init(_ source: SourceFile) { self.source = source }

  mutating func run() {
    for function in tree.functions { _ = ends(function.body) }
    for statement in tree.statements {
      if case .if(let clauses, _) = statement.kind { conditions(clauses) }
    }
    for case .numericFor(let loop) in tree.statements.lazy.map(\.kind) { rounds(of: loop) }
  }

  /// How a statement can be left other than to the next one.
  private struct Exit {
    /// Never goes on to the next statement.
    var isFinal = false
    /// Leaves the loop around it.
    var breaks = false
  }

  /// What becomes of a block; says the first statement that is never reached. Blocks nest no deeper than the parser lets
  /// them.
  private mutating func ends(_ block: BlockID) -> Exit {
    var exit = Exit()
    var isSaid = false
    for statement in tree.statements(block) {
      // A jump may come to a label whatever stands in front of it.
      if case .label = tree[statement].kind { exit.isFinal = false }
      if exit.isFinal, !isSaid {
        isSaid = true
        findings.append(source.finding(.unreachableCode, at: tree[statement].start, "this is never reached"))
      }
      let own = ends(statement)
      if !exit.isFinal {
        exit.isFinal = own.isFinal
        exit.breaks = exit.breaks || own.breaks
      }
    }
    return exit
  }

  private mutating func ends(_ id: StatementID) -> Exit {
    switch tree[id].kind {
    case .return, .goto: return Exit(isFinal: true)
    case .break: return Exit(isFinal: true, breaks: true)
    case .call(let call):
      guard case .call(let callee, _) = tree[call].kind else { return Exit() }
      return Exit(isFinal: source.isGlobal(callee, named: "error"))
    case .block(let block): return ends(block)
    case .while(let condition, let body):
      let exit = ends(body)
      return Exit(isFinal: constant(condition) == true && !exit.breaks)
    case .repeat(let body, _):
      let exit = ends(body)
      return Exit(isFinal: exit.isFinal && !exit.breaks && !jumpsOut(of: body))
    case .if(let clauses, let otherwise):
      var exit = Exit(isFinal: otherwise != nil)
      for clause in tree.clauses[clauses.range] {
        let branch = ends(clause.body)
        exit.isFinal = exit.isFinal && branch.isFinal
        exit.breaks = exit.breaks || branch.breaks
      }
      if let otherwise {
        let branch = ends(otherwise)
        exit.isFinal = exit.isFinal && branch.isFinal
        exit.breaks = exit.breaks || branch.breaks
      }
      return exit
    case .numericFor(let loop):
      _ = ends(loop.body)
      return Exit()
    case .genericFor(_, _, let body):
      _ = ends(body)
      return Exit()
    default: return Exit()
    }
  }

  /// A `goto continue` in a `repeat` ends its body without ending the loop.
  private func jumpsOut(of block: BlockID) -> Bool {
    let range = tree[block].start..<tree[block].end
    return tree.statements.contains { statement in
      if case .goto = statement.kind { return range.contains(statement.start) }
      return false
    }
  }

  // MARK: Conditions

  /// True or false where the condition is a literal.
  private func constant(_ condition: ExpressionID) -> Bool? {
    switch tree[tree.bare(condition)].kind {
    case .true, .integer, .decimal, .string, .table, .function: true
    case .false, .nil: false
    default: nil
    }
  }

  private mutating func conditions(_ clauses: Run) {
    var seen: [String: Int] = [:]
    for clause in tree.clauses[clauses.range] {
      let condition = clause.condition
      if let value = constant(condition) {
        findings.append(
          source.finding(
            .constantCondition, at: condition, "this condition is \(value ? "true" : "false") in every decision"))
        continue
      }
      guard let text = repeatableText(condition) else { continue }
      if let line = seen[text] {
        findings.append(
          source.finding(.duplicateCondition, at: condition, "the branch in line \(line) has the same condition"))
      } else {
        seen[text] = Int(tree[condition].line)
      }
    }
  }

  /// The tokens of a condition that gives the same when it is asked again: one without calls.
  private func repeatableText(_ condition: ExpressionID) -> String? {
    for id in source.parts(of: condition) {
      switch tree[id].kind {
      case .call, .method, .function, .varargs, .string, .table:
        if case .string = tree[id].kind { continue }
        return nil
      default: continue
      }
    }
    return source.normalText(of: condition)
  }

  /// `for i = 10, 1 do` has no round at all.
  private mutating func rounds(of loop: NumericFor) {
    guard let first = tree.integerLiteral(loop.start), let last = tree.integerLiteral(loop.limit) else { return }
    let step: Int64?
    if let written = loop.step { step = tree.integerLiteral(written) } else { step = 1 }
    guard let step, step != 0, step > 0 ? first > last : first < last else { return }
    findings.append(
      source.finding(
        .unreachableCode, at: loop.equalsAt,
        "this loop has no rounds: \(first) is \(step > 0 ? "above" : "below") \(last)"))
  }
}
