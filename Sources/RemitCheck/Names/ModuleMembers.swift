internal import RemitSyntax

/// The members of the table that a module returns, where its file says them all.
struct ModuleMembers: Equatable {
  var names: Set<String>

  /// Nil where the module returns something else, or may get members in ways that cannot be read off its text.
  init?(_ source: SourceFile) {
    let tree = source.tree
    // What policies get of a plugin is what its declaration says.
    if let provided = tree.field(ofDeclaration: ["provides"]), source.isPlugin {
      guard let keys = source.keys(of: tree.bare(provided.value)) else { return nil }
      names = keys
      return
    }
    guard let last = tree.statements(tree[Tree.main].body).last, case .return(let values) = tree[last].kind,
      let value = tree.expressions(values).first
    else { return nil }
    names = []
    switch tree[tree.bare(value)].kind {
    case .table: guard add(tree.bare(value), of: source) else { return nil }
    case .local(let local, _): guard add(local, of: source, returned: tree.bare(value)) else { return nil }
    default: return nil
    }
  }

  /// The keys of a constructor.
  private mutating func add(_ table: ExpressionID, of source: SourceFile) -> Bool {
    let tree = source.tree
    guard case .table(let run) = tree[table].kind else { return false }
    for field in tree.fields[run.range] {
      switch field.key {
      case .name(let name): names.insert(source.name(name))
      case .expression(let key):
        if let text = source.text(key) {
          names.insert(text)
        } else if tree.integerLiteral(key) == nil {
          return false
        }
      case .positional: continue
      }
    }
    return true
  }

  /// A local that starts as a constructor, and of which only fields are named until it is returned.
  private mutating func add(_ local: LocalID, of source: SourceFile, returned: ExpressionID) -> Bool {
    let tree = source.tree
    guard tree[local].lastAssignment < 0, case .variable(let value?, _) = tree[local].origin,
      add(tree.bare(value), of: source)
    else { return false }
    var named: Set<ExpressionID> = [returned]
    for index in tree.expressions.indices {
      guard case .field(let base, let name, _, _) = tree.expressions[index].kind,
        case .local(local, _) = tree[base].kind
      else { continue }
      named.insert(base)
      if source.targets.contains(ExpressionID(index)) { names.insert(source.name(name)) }
    }
    // Any other mention may add a member: `m[key] = …`, `setmetatable(m, …)`.
    for index in tree.expressions.indices where !named.contains(ExpressionID(index)) {
      if case .local(local, _) = tree.expressions[index].kind { return false }
    }
    return true
  }
}
