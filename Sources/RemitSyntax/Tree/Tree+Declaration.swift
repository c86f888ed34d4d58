extension Tree {
  /// The line on which the declaration in `policy { … }` says `path`, such as `["input", "amount"]`: for messages about
  /// it.
  ///
  /// It follows what stands literally in the file: constructors, the calls around them (`record { … }`, `optional(money
  /// {})`, `of` of a list) and locals that hold them. Where the path goes on elsewhere, the answer is the last line
  /// that is known; nil where the file declares nothing.
  package func line(ofDeclaration path: [String]) -> Int? {
    guard let declaration else { return nil }
    var line = Int(self[declaration.call].line)
    walk(path, from: declaration.table) { line = Int($0.line) }
    return line
  }

  /// The item of the constructor that declares `path`, found in the same way; nil where it does not stand literally in
  /// the file.
  package func field(ofDeclaration path: [String]) -> Field? {
    guard let declaration else { return nil }
    var found: [Field] = []
    walk(path, from: declaration.table) { found.append($0) }
    return found.count == path.count ? found.last : nil
  }

  private func walk(_ path: [String], from table: ExpressionID, _ visit: (Field) -> Void) {
    var place: ExpressionID? = table
    for name in path {
      guard let current = place, let field = field(named: name, in: current) else { return }
      visit(field)
      place = constructor(field.value)
    }
  }

  /// The call of `policy`, `test` or the like that the file returns, or of `plugin` that it begins with, with its table.
  package var declaration: (call: ExpressionID, table: ExpressionID)? {
    if let table = pluginDeclaration { return (table, table) }
    for statement in statements(self[Self.main].body).reversed() {
      guard case .return(let values) = self[statement].kind, let value = expressions(values).first else { continue }
      var call = held(value)
      while case .call(let callee, _) = self[call].kind {
        if let table = constructor(call) { return (call, table) }
        call = callee
      }
    }
    return nil
  }

  /// What a local is declared to be, or the expression itself.
  package func held(_ id: ExpressionID) -> ExpressionID {
    var id = bare(id)
    for _ in 0..<8 {
      guard case .local(let local, _) = self[id].kind, case .variable(let value?, _) = self[local].origin else { break }
      id = bare(value)
    }
    return id
  }

  /// The table constructor that an expression is, or wraps in calls.
  package func constructor(_ id: ExpressionID) -> ExpressionID? {
    var id = held(id)
    for _ in 0..<8 {
      switch self[id].kind {
      case .table: return id
      case .call(_, let arguments):
        guard let argument = expressions(arguments).first else { return nil }
        id = held(argument)
      default: return nil
      }
    }
    return nil
  }

  private func field(named name: String, in table: ExpressionID) -> Field? {
    guard case .table(let run) = self[table].kind else { return nil }
    var of: Field?
    for field in fields[run.range] {
      let key: [UInt8]?
      switch field.key {
      case .name(let id): key = Array(names.utf8(id))
      case .expression(let id): key = string(bare(id))
      case .positional: key = nil
      }
      guard let key else { continue }
      if key.elementsEqual(name.utf8) { return field }
      if key.elementsEqual("of".utf8) { of = field }
    }
    guard let of, let element = constructor(of.value), element != table else { return nil }
    return self.field(named: name, in: element)
  }
}
