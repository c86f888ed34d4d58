extension Mutator {
  mutating func mutateConstant(_ id: ExpressionID, _ vocabulary: Vocabulary) {
    switch tree[id].kind {
    case .true: add(range(id), "false", context: context(id))
    case .false: add(range(id), "true", context: context(id))
    case .integer, .decimal: mutateNumber(id, String(decoding: tree.source[range(id)], as: UTF8.self), quote: "")
    case .string:
      guard let text = tree.string(id).map({ String(decoding: $0, as: UTF8.self) }) else { return }
      if isDeclaredNumber(id) { return mutateNumber(id, text, quote: "\"") }
      if let other = vocabulary.other(than: text, at: id, self) {
        add(range(id), "\"\(other)\"", context: context(id))
      }
      removeReason(id)
    default: break
    }
  }

  /// One more, one less, and the same by the last place.
  private mutating func mutateNumber(_ id: ExpressionID, _ text: String, quote: String) {
    guard let number = DecimalText(text) else { return }
    for other in number.neighbours {
      // Not `--`, which is a comment.
      let isBehindMinus = range(id).lowerBound > 0 && tree.source[range(id).lowerBound - 1] == UInt8(ascii: "-")
      let shown = quote.isEmpty && isBehindMinus && other.hasPrefix("-") ? "(\(other))" : other
      add(range(id), quote + shown + quote, context: context(id))
    }
  }

  /// A text in a declaration that is a number to it: `money { default = "50000.00" }`.
  private func isDeclaredNumber(_ id: ExpressionID) -> Bool {
    guard let (field, _) = fields[id.index], let name = name(of: field) else { return false }
    return ["min", "max", "default"].contains { name.elementsEqual($0.utf8) }
      && tree.string(id).flatMap { DecimalText(String(decoding: $0, as: UTF8.self)) } != nil
  }

  /// `reasons = { "a", "b" }` without one of them.
  private mutating func removeReason(_ id: ExpressionID) {
    guard let (field, table) = fields[id.index], case .positional = field.key, let (outer, _) = fields[table.index],
      let name = name(of: outer), name.elementsEqual("reasons".utf8), case .table(let run) = tree[table].kind,
      run.count > 1,
      let place = tree.fields[run.range].firstIndex(where: { $0.value == id })
    else { return }
    let isLast = place == run.range.upperBound - 1
    let start = isLast ? range(tree.fields[place - 1].value).upperBound : range(id).lowerBound
    let end = isLast ? range(id).upperBound : Int(tree.fields[place + 1].start)
    add(start..<end, "", context: range(table))
  }
}

/// The texts of a file that stand for one of several: reasons, outcomes, values of enums.
struct Vocabulary {
  private var reasons: [String] = []
  private var outcomes: [String] = []
  private var enums: [[String]] = []
  /// Where they are declared: that is no use of them.
  private var declarations: Set<Int> = []

  init(_ mutator: Mutator) {
    let tree = mutator.tree
    for (index, expression) in tree.expressions.enumerated() {
      guard case .table(let run) = expression.kind, let (field, _) = mutator.fields[index],
        let name = mutator.name(of: field)
      else { continue }
      if name.elementsEqual("outcomes".utf8) { outcomes += take(run, mutator) }
      if name.elementsEqual("reasons".utf8) { reasons += names(run, mutator) }
    }
    for expression in tree.expressions {
      guard case .call(let callee, let arguments) = expression.kind, case .global(let name) = tree[callee].kind,
        tree.names.utf8(name).elementsEqual("enum".utf8), let argument = tree.expressions(arguments).first,
        case .table(let run) = tree[mutator.held(argument)].kind
      else { continue }
      // A table of the file is used otherwise too: only what stands in the declaration itself is no use.
      let values = tree.bare(argument) == mutator.held(argument) ? take(run, mutator) : texts(run, mutator)
      if !values.isEmpty { enums.append(values) }
    }
  }

  private func texts(_ run: Run, _ mutator: Mutator) -> [String] {
    mutator.tree.fields[run.range].compactMap { field in
      guard case .positional = field.key else { return nil }
      return mutator.tree.string(mutator.tree.bare(field.value)).map { String(decoding: $0, as: UTF8.self) }
    }
  }

  private mutating func take(_ run: Run, _ mutator: Mutator) -> [String] {
    for field in mutator.tree.fields[run.range] { declarations.insert(field.value.index) }
    return texts(run, mutator)
  }

  /// The codes of `reasons = { code = { en = … }, … }`.
  private func names(_ run: Run, _ mutator: Mutator) -> [String] {
    mutator.tree.fields[run.range].compactMap { field in
      guard case .table = mutator.tree[mutator.tree.bare(field.value)].kind else { return nil }
      return mutator.name(of: field).map { String(decoding: $0, as: UTF8.self) }
    }
  }

  /// The next one of the list that the text is of; nil where it is of none.
  func other(than text: String, at id: ExpressionID, _ mutator: Mutator) -> String? {
    guard !declarations.contains(id.index) else { return nil }
    let isOutcome =
      mutator.fields[id.index].flatMap { mutator.name(of: $0.field) }?.elementsEqual("outcome".utf8) ?? false
    let lists = isOutcome ? [outcomes] : [reasons] + enums + [outcomes]
    for list in lists {
      guard let place = list.firstIndex(of: text), list.count > 1 else { continue }
      return list[(place + 1) % list.count]
    }
    return nil
  }
}
