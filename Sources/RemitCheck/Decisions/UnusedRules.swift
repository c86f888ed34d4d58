internal import RemitPolicy
internal import RemitSyntax

/// What is declared and never used. A name that anything in the policy, its modules or its data mentions counts as used, and
/// where names may come from outside of these, nothing is said.
struct UnusedRules {
  let shapes: Shapes
  let declaration: PolicyDeclaration
  let decisions: Decisions
  /// Of the policy's file without its declaration, of its modules and of its data.
  let words: Words
  /// The modules that the policy requires.
  let modules: [SourceFile]

  private var source: SourceFile { shapes.source }
  private var tree: Tree { source.tree }

  func findings() -> [Finding] {
    var findings: [Finding] = []
    // Without a decision that can be read, who knows.
    if !decisions.reasons.isEmpty || !decisions.otherReasons.isEmpty,
      !decisions.otherReasons.contains(where: isFromOutside)
    {
      for reason in declaration.reasons {
        add(.unusedReason, ["reasons", reason.code], "nothing cites the reason \"\(reason.code)\"", to: &findings)
      }
    }
    if !decisions.outcomes.isEmpty || !decisions.otherOutcomes.isEmpty,
      !decisions.otherOutcomes.contains(where: isFromOutside)
    {
      for outcome in declaration.outcomes where !words.mentions(outcome) {
        guard let place = place(ofOutcome: outcome) else { continue }
        findings.append(source.finding(.unusedOutcome, at: place, "nothing decides the outcome \"\(outcome)\""))
      }
    }
    if !paramsAreOpen {
      for param in declaration.params {
        add(.unusedParam, ["params", param.name], "nothing reads the param \"\(param.name)\"", to: &findings)
      }
    }
    return findings
  }

  private func add(_ rule: Rule, _ path: [String], _ message: String, to findings: inout [Finding]) {
    guard let name = path.last, !words.mentions(name), let field = tree.field(ofDeclaration: path) else { return }
    let length = if case .name = field.key { Int32(name.utf8.count) } else { Int32(0) }
    findings.append(source.finding(rule, at: field.start, to: field.start + length, message))
  }

  private func place(ofOutcome outcome: String) -> ExpressionID? {
    guard let field = tree.field(ofDeclaration: ["outcomes"]), case .table(let run) = tree[tree.held(field.value)].kind
    else { return nil }
    return tree.fields[run.range].map(\.value).first { source.text($0) == outcome }
  }

  /// True where a text of the input, or a param's, may be in it.
  private func isFromOutside(_ id: ExpressionID) -> Bool {
    source.parts(of: id).contains { part in
      switch shapes[part] {
      case .inputText: return true
      case .declared(let type):
        switch shapes.types[type].kind {
        case .text, .other, .map: return true
        case .list, .record: return part == id
        case .choice, .number, .boolean: return false
        }
      default: return false
      }
    }
  }

  // MARK: Params

  /// True where params may be read by names that stand nowhere.
  private var paramsAreOpen: Bool {
    isOpenHere || modules.contains(where: Self.walksParameters)
  }

  private var isOpenHere: Bool {
    var named: Set<ExpressionID> = []
    for expression in tree.expressions {
      switch expression.kind {
      case .field(let base, _, _, _): named.insert(base)
      case .index(let base, let key, _):
        named.insert(base)
        if isParams(base), isFromOutside(key) { return true }
      case .call(let callee, let arguments):
        // What walks over a table reads all of it; other functions read what they name.
        let walks = source.isGlobal(callee, named: "pairs") || source.isGlobal(callee, named: "next")
        if !walks { named.formUnion(tree.expressions(arguments)) }
      case .method(_, _, _, let arguments): named.formUnion(tree.expressions(arguments))
      default: continue
      }
    }
    // `local p = params`: its reads are looked at like those of the original.
    for local in tree.locals {
      if case .variable(let value?, _) = local.origin { named.insert(tree.bare(value)) }
    }
    for index in tree.expressions.indices {
      let id = ExpressionID(index)
      if case .local = tree[id].kind, isParams(id), !named.contains(id) { return true }
    }
    return Self.walksParameters(source)
  }

  private func isParams(_ id: ExpressionID) -> Bool {
    guard case .declared(let type) = shapes[id] else { return false }
    return shapes.types[type].owner == .params && shapes.types[type].path.isEmpty
  }

  /// True where a function walks over a table that it is handed, or reads it by a name that it is handed.
  private static func walksParameters(_ source: SourceFile) -> Bool {
    func isParameter(_ id: ExpressionID) -> Bool {
      guard case .local(let local, _) = source.tree[source.tree.bare(id)].kind else { return false }
      if case .parameter = source.tree[local].origin { return true }
      return false
    }
    return source.tree.expressions.contains { expression in
      switch expression.kind {
      case .index(let base, let key, _): return isParameter(base) && isParameter(key)
      case .call(let callee, let run):
        guard source.isGlobal(callee, named: "pairs") || source.isGlobal(callee, named: "next"),
          let walked = source.tree.expressions(run).first
        else { return false }
        return isParameter(walked)
      default: return false
      }
    }
  }
}
