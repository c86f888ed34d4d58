/// A place in a file that a traced text tells of when it comes there.
package struct TraceSite: Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    case statement
    /// Of `if`, `elseif`, `while`, `repeat`, or the left side of `and` or `or`: true or false.
    case condition
    /// `base.name`, `base[key]`.
    case read
  }

  package let kind: Kind
  /// Line and column of its first byte, from 1.
  package let line: Int
  package let column: Int
  /// Its bytes in the file.
  package let range: Range<Int>
}

extension Writer {
  /// A site's number.
  private mutating func site(_ kind: TraceSite.Kind, _ start: Int32, _ end: Int32) -> Int {
    let (line, column) = tree.position(of: start)
    sites.append(TraceSite(kind: kind, line: line, column: column, range: Int(start)..<Int(end)))
    return sites.count - 1
  }

  /// `__remit_hit(n);` in front of a statement. A label is none: what stands behind it must stay empty where it ends a
  /// block.
  mutating func traceStatement(_ id: StatementID) {
    let node = tree[id]
    if case .label = node.kind { return }
    copy(to: node.start)
    putWord("__remit_hit(")
    put(site(.statement, node.start, node.end))
    put(");")
  }

  /// `__remit_test(n,condition)`
  mutating func condition(_ id: ExpressionID) {
    guard isTraced else { return expression(id) }
    copy(to: tree[id].start)
    putWord("__remit_test(")
    put(site(.condition, tree[id].start, tree[id].end))
    put(",")
    expression(id)
    copy(to: tree[id].end)
    put(")")
  }

  /// What a link of a chain is told of as: a read, or a condition on its left side.
  func tracedKind(_ id: ExpressionID) -> TraceSite.Kind? {
    switch tree[id].kind {
    case .field, .index: isHelper(id) ? .read : nil
    case .binary(.and, _, _, _), .binary(.or, _, _, _): .condition
    default: nil
    }
  }

  /// `__remit_read(n,` or `__remit_test(n,` in front of the whole chain.
  mutating func openTrace(_ kind: TraceSite.Kind, at id: ExpressionID) {
    let end = kind == .read ? tree[id].end : tree.left(of: id).map { tree[$0].end } ?? tree[id].end
    putWord(kind == .read ? "__remit_read(" : "__remit_test(")
    put(site(kind, tree[id].start, end))
    put(",")
  }

  /// The rest of it, behind the left part: `,"name")`, `,key)`, or `)` and the right side.
  mutating func extendTraced(_ id: ExpressionID) {
    nestedCalls -= 1
    switch tree[id].kind {
    case .field(_, let name, let dotAt, let nameAt):
      drop(1, at: dotAt)
      put(",\"")
      put(name)
      put("\"")
      drop(length(name), at: nameAt)
      put(")")
    case .index(_, let key, let bracketAt):
      drop(1, at: bracketAt)
      put(",")
      single(key)
      drop(1, at: tree[id].end - 1)
      put(")")
    case .binary(_, let left, let right, _):
      copy(to: tree[left].end)
      put(")")
      expression(right)
    default: break
    }
  }
}
