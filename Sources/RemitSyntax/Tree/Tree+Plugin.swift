extension Tree {
  /// What is wrong with the declaration of a plugin's file, as far as the text shows; nil where it is the first
  /// statement, and data.
  ///
  /// Whoever reads the file knows what the plugin may do before anything runs: so does a tool.
  package var pluginDeclarationProblem: (line: Int, message: String)? {
    let first = statements(self[Self.main].body).first
    guard let table = pluginDeclaration else {
      let line = first.map { Int(self[$0].line) } ?? 1
      let form = "plugin { name = …, version = …, provides = … }"
      return (line, "a plugin begins with its declaration: \(form) must be the first statement")
    }
    guard let fault = firstThatIsNoData(table) else { return nil }
    return (
      Int(self[fault].line),
      "a plugin's declaration is data: only texts, numbers, true, false and types such as text {} may stand in it"
    )
  }

  /// The table in `plugin { … }` or `local settings = plugin { … }` at the top of the file.
  var pluginDeclaration: ExpressionID? {
    guard let first = statements(self[Self.main].body).first else { return nil }
    let call: ExpressionID
    switch self[first].kind {
    case .call(let id): call = id
    case .local(_, let values):
      guard values.count == 1, let value = expressions(values).first else { return nil }
      call = bare(value)
    default: return nil
    }
    guard case .call(let callee, let arguments) = self[call].kind, case .global(let name) = self[callee].kind,
      names.utf8(name).elementsEqual("plugin".utf8), arguments.count == 1, let argument = expressions(arguments).first,
      case .table = self[bare(argument)].kind
    else { return nil }
    return bare(argument)
  }

  private static let types = [
    "text", "integer", "number", "money", "boolean", "date", "timestamp", "enum", "record", "list", "map", "optional",
  ]

  private func firstThatIsNoData(_ id: ExpressionID) -> ExpressionID? {
    switch self[id].kind {
    case .true, .false, .integer, .decimal, .string: return nil
    case .unary(.negate, let operand): return firstThatIsNoData(operand)
    case .parenthesised(let inner): return firstThatIsNoData(inner)
    case .table(let run):
      for field in fields[run.range] {
        if case .expression(let key) = field.key, let fault = firstThatIsNoData(key) { return fault }
        if let fault = firstThatIsNoData(field.value) { return fault }
      }
      return nil
    case .call(let callee, let arguments):
      guard case .global(let name) = self[callee].kind,
        Self.types.contains(where: { names.utf8(name).elementsEqual($0.utf8) })
      else { return id }
      for argument in expressions(arguments) {
        if let fault = firstThatIsNoData(argument) { return fault }
      }
      return nil
    default: return id
    }
  }
}
