private import RemitSyntax

/// Keys that a constructor names twice.
struct TableRules {
  static func findings(_ source: SourceFile) -> [Finding] {
    let tree = source.tree
    var findings: [Finding] = []
    for expression in tree.expressions {
      guard case .table(let run) = expression.kind, run.count > 1 else { continue }
      var seen: [String: Int32] = [:]
      for field in tree.fields[run.range] {
        let name: String?
        switch field.key {
        case .name(let id): name = source.name(id)
        case .expression(let key): name = source.text(key)
        case .positional: name = nil
        }
        guard let name else { continue }
        if let line = seen[name] {
          findings.append(
            source.finding(.duplicateKey, at: field.start, "the key \"\(name)\" stands in line \(line) too"))
        }
        seen[name] = field.line
      }
    }
    return findings
  }
}
