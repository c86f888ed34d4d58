private import RemitSyntax

/// Locals that nothing reads.
struct LocalRules {
  static func findings(_ source: SourceFile) -> [Finding] {
    let tree = source.tree
    var findings: [Finding] = []
    for statement in tree.statements {
      switch statement.kind {
      case .local(let run, _):
        // The last ones only: those in front of one that is read hold its place.
        for index in run.range.reversed() {
          guard isUnread(LocalID(index), source) else { break }
          findings.append(finding(LocalID(index), source))
        }
      case .localFunction(let local, let function):
        // A call of itself is no use of it.
        if isUnread(local, source, within: function) { findings.append(finding(local, source)) }
      default: continue
      }
    }
    return findings
  }

  private static func isUnread(_ id: LocalID, _ source: SourceFile, within function: FunctionID? = nil) -> Bool {
    let name = source.tree.names.utf8(source.tree[id].name)
    guard name.first != UInt8(ascii: "_") else { return false }
    let reads = source.reads[id, default: 0]
    guard reads > 0, let function else { return reads == 0 }
    let range = source.tree[function].start..<source.tree[function].end
    let own = (source.calls[id] ?? []).count { range.contains(source.tree[$0].start) }
    return own == reads
  }

  private static func finding(_ id: LocalID, _ source: SourceFile) -> Finding {
    let local = source.tree[id]
    let name = source.name(local.name)
    let end = local.start + Int32(name.utf8.count)
    return source.finding(.unusedLocal, at: local.start, to: end, "nothing reads the local \"\(name)\"")
  }
}
