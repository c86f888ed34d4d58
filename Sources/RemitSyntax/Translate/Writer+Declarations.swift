/// Lua's tables forget in which order their fields were written, but a declaration's order counts: for which problem of an input is
/// named first, and for people who read it. So a literal `record { … }` gets the names of its fields, parted by NUL, as a second
/// argument, and `policy { … }` those of its `params` and `reasons`.
extension Tree {
  /// The table of a declaration whose order is worth telling.
  func declaredTable(_ callee: ExpressionID, _ arguments: Run) -> ExpressionID? {
    guard arguments.count == 1, case .global(let name) = self[callee].kind,
      names.utf8(name).elementsEqual("record".utf8) || names.utf8(name).elementsEqual("policy".utf8)
    else { return nil }
    let argument = expressionLists[arguments.range.lowerBound]
    guard case .table = self[argument].kind else { return nil }
    return argument
  }

  /// A call of the library whose errors name the line on which it stands.
  func raisesHere(_ id: ExpressionID) -> Bool {
    guard case .call(let callee, _) = self[id].kind, case .global(let name) = self[callee].kind else { return false }
    return names.utf8(name).elementsEqual("error".utf8) || names.utf8(name).elementsEqual("policy".utf8)
  }

  /// The names of a table's fields in their order; nil where it is no constructor.
  fileprivate func fieldNames(_ table: ExpressionID) -> [[UInt8]]? {
    guard case .table(let run) = self[table].kind else { return nil }
    return fields[run.range].compactMap { field in
      switch field.key {
      case .name(let id): Array(names.utf8(id))
      case .expression(let id): string(bare(id))
      case .positional: nil
      }
    }
  }

  fileprivate func value(named name: String, in table: ExpressionID) -> ExpressionID? {
    guard case .table(let run) = self[table].kind else { return nil }
    return fields[run.range].first { field in
      guard case .name(let id) = field.key else { return false }
      return names.utf8(id).elementsEqual(name.utf8)
    }?.value
  }
}

extension Writer {
  /// Writes the arguments of `record` or `policy`, which are the one table.
  mutating func declaration(_ callee: ExpressionID, _ table: ExpressionID, end: Int32) {
    let isBare = tree[table].end == end
    if isBare {
      copy(to: tree[table].start)
      put("(")
    }
    expression(table)
    copy(to: tree[table].end)
    put(",")
    if case .global(let name) = tree[callee].kind, tree.names.utf8(name).elementsEqual("record".utf8) {
      order(table)
    } else {
      put("{")
      for section in ["params", "reasons"] {
        guard let fields = tree.value(named: section, in: table), tree.fieldNames(fields) != nil else { continue }
        put(section + "=")
        order(fields)
        put(",")
      }
      put("}")
    }
    if isBare { put(")") }
  }

  /// A string literal of the names.
  private mutating func order(_ table: ExpressionID) {
    put("\"")
    for (index, name) in (tree.fieldNames(table) ?? []).enumerated() {
      if index > 0 { put("\\0") }
      for byte in name {
        if Lexer.isNamePart(Int(byte)), !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte) {
          output.append(byte)
        } else {
          let digits = String(byte)
          put("\\" + String(repeating: "0", count: 3 - digits.utf8.count) + digits)
        }
      }
    }
    put("\"")
  }
}
