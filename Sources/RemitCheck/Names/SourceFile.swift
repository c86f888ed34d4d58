internal import RemitPolicy
internal import RemitSyntax

/// One file that could be read into a tree, with what the rules ask about it over and over.
final class SourceFile {
  let file: PolicyFolder.ModuleFile
  let tree: Tree
  let places: Places

  /// The calls whose callee is the local.
  private(set) var calls: [LocalID: [ExpressionID]] = [:]
  /// How often a local is read, calls of it included, and in how many of these it is called.
  private(set) var reads: [LocalID: Int] = [:]
  /// The local that alone holds a function, and always does.
  private(set) var holders: [FunctionID: LocalID] = [:]
  /// The first value of the `for … in` that declares a local, and which of its variables that is.
  private(set) var loops: [LocalID: (value: ExpressionID, position: Int)] = [:]
  /// The block that declares a local, and which of its statements does.
  private(set) var declarations: [LocalID: (block: BlockID, position: Int)] = [:]
  private var elements: [LocalID: [ExpressionID]] = [:]
  /// What assignments assign to.
  private(set) var targets: Set<ExpressionID> = []
  /// What is called, with the call.
  private(set) var callers: [ExpressionID: ExpressionID] = [:]
  /// Where a global function such as `require` is called with a literal text as its first argument.
  private(set) var literalCalls: [(name: String, literal: String, call: ExpressionID, argument: ExpressionID)] = []

  init(_ file: PolicyFolder.ModuleFile, _ tree: Tree) {
    self.file = file
    self.tree = tree
    places = Places(tree.source)
    readStatements()
    readExpressions()
    readHolders()
  }

  func name(_ id: NameID) -> String { tree.names.text(id) }

  /// The file of a plugin itself, which begins with `plugin { … }`.
  var isPlugin: Bool { file.file.hasPrefix("plugins/") && file.file.hasSuffix("/plugin.lua") }

  /// The text that a literal means, where it is UTF-8.
  func text(_ id: ExpressionID) -> String? {
    guard let bytes = tree.string(tree.bare(id)) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }

  func isGlobal(_ id: ExpressionID, named wanted: String) -> Bool {
    guard case .global(let name) = tree[id].kind else { return false }
    return tree.names.utf8(name).elementsEqual(wanted.utf8)
  }

  /// The function that an expression certainly is.
  func function(_ id: ExpressionID) -> FunctionID? {
    switch tree[tree.bare(id)].kind {
    case .function(let function): return function
    case .local(let local, _):
      guard tree[local].lastAssignment < 0 else { return nil }
      switch tree[local].origin {
      case .function(let function): return function
      case .variable(let value?, _):
        if case .function(let function) = tree[tree.bare(value)].kind { return function }
        return nil
      default: return nil
      }
    default: return nil
    }
  }

  /// All values that are assigned to a local after its declaration; nil in the place of one that no expression stands
  /// for.
  func assigned(to local: LocalID) -> [ExpressionID?] {
    var values: [ExpressionID?] = []
    var next = tree[local].lastAssignment
    while next >= 0 {
      values.append(tree.assignments[Int(next)].value)
      next = tree.assignments[Int(next)].previous
    }
    return values
  }

  /// True where a local may well be what it starts as when it is read: all assignments stand in one statement that may
  /// pass without one.
  func keepsFirstValue(_ local: LocalID) -> Bool {
    guard let (block, position) = declarations[local] else { return false }
    var places: [Int32] = []
    var next = tree[local].lastAssignment
    while next >= 0 {
      places.append(tree.assignments[Int(next)].start)
      next = tree.assignments[Int(next)].previous
    }
    let writers = tree.statements(block).dropFirst(position + 1).filter { id in
      places.contains { tree[id].start <= $0 && $0 < tree[id].end }
    }
    guard writers.count <= 1, let writer = writers.first else { return writers.isEmpty }
    switch tree[writer].kind {
    case .if(_, let otherwise): return otherwise == nil
    case .numericFor, .genericFor, .while: return true
    default: return false
    }
  }

  /// The keys of a constructor that has none but names; nil of anything else.
  func keys(of table: ExpressionID) -> Set<String>? {
    guard case .table(let run) = tree[table].kind else { return nil }
    var names: Set<String> = []
    for field in tree.fields[run.range] {
      switch field.key {
      case .name(let name): names.insert(self.name(name))
      case .expression(let key):
        guard let text = text(key) else { return nil }
        names.insert(text)
      case .positional: return nil
      }
    }
    return names
  }

  /// Every call of a function, where nothing else is ever done with it; nil where it may be called from elsewhere.
  func allCalls(of function: FunctionID) -> [ExpressionID]? {
    guard let local = holders[function] else { return nil }
    let calls = calls[local] ?? []
    return reads[local, default: 0] == calls.count ? calls : nil
  }

  func arguments(of call: ExpressionID) -> [ExpressionID] {
    switch tree[call].kind {
    case .call(_, let run), .method(_, _, _, let run): Array(tree.expressions(run))
    default: []
    }
  }

  /// What is put into a list that a local holds: `list[#list + 1] = …`, `table.insert(list, …)`.
  func elements(of list: LocalID) -> [ExpressionID] { elements[list] ?? [] }

  /// The statements of a function, without those of functions in it.
  func ownStatements(of function: FunctionID) -> [StatementID] {
    var found: [StatementID] = []
    var waiting = [tree[function].body]
    while let block = waiting.popLast() {
      for id in tree.statements(block) {
        found.append(id)
        switch tree[id].kind {
        case .block(let inner), .while(_, let inner), .repeat(let inner, _), .genericFor(_, _, let inner):
          waiting.append(inner)
        case .numericFor(let loop): waiting.append(loop.body)
        case .if(let clauses, let otherwise):
          waiting += tree.clauses[clauses.range].map(\.body)
          if let otherwise { waiting.append(otherwise) }
        default: continue
        }
      }
    }
    return found
  }

  /// Where the file declares reasons, params and outcomes, and says what it is for.
  var declarationSpans: [Range<Int32>] {
    ["reasons", "params", "outcomes", "summary", "source"].flatMap { key -> [Range<Int32>] in
      guard let field = tree.field(ofDeclaration: [key]) else { return [] }
      let table = tree.constructor(field.value) ?? field.value
      return [field.start..<tree[field.value].end, tree[table].start..<tree[table].end]
    }
  }

  func parameters(of function: FunctionID) -> [LocalID] { tree[function].parameters.range.map { LocalID($0) } }

  /// The expression with everything in it: operands have the numbers in front of what they are operands of.
  func parts(of id: ExpressionID) -> [ExpressionID] {
    var first = id.index
    while first > 0, tree.expressions[first - 1].start >= tree[id].start { first -= 1 }
    return (first...id.index).map { ExpressionID($0) }
  }

  /// The text without blanks that mean nothing; only for comparing.
  func normalText(of id: ExpressionID) -> String {
    var bytes: [UInt8] = []
    var quote: UInt8?
    for byte in tree.source[Int(tree[id].start)..<Int(tree[id].end)] {
      if let open = quote {
        if byte == open { quote = nil }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else if byte == 32 || (9...13).contains(byte) {
        if bytes.last != 32 { bytes.append(32) }
        continue
      }
      bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  func finding(_ rule: Rule, at start: Int32, to end: Int32? = nil, _ message: String) -> Finding {
    let (line, column) = places.position(of: Int(start))
    let last = end.map { places.position(of: Int($0)) }
    return Finding(
      rule, file: file.file, line: line, column: column, endColumn: last?.line == line ? last?.column : nil,
      message: message)
  }

  func finding(_ rule: Rule, at id: ExpressionID, _ message: String) -> Finding {
    finding(rule, at: tree[id].start, to: tree[id].end, message)
  }

  // MARK: Reading the tree once

  private func readStatements() {
    for index in tree.blocks.indices {
      for (position, id) in tree.statements(BlockID(index)).enumerated() {
        guard case .local(let run, _) = tree[id].kind else { continue }
        for local in run.range { declarations[LocalID(local)] = (BlockID(index), position) }
      }
    }
    for statement in tree.statements {
      switch statement.kind {
      case .genericFor(let variables, let values, _):
        guard let value = tree.expressions(values).first else { continue }
        for (position, index) in variables.range.enumerated() { loops[LocalID(index)] = (value, position) }
      case .assign(let run, let values, _):
        targets.formUnion(tree.expressions(run))
        for (target, value) in zip(tree.expressions(run), tree.expressions(values)) {
          if case .index(let base, _, _) = tree[target].kind, case .local(let list, _) = tree[tree.bare(base)].kind {
            elements[list, default: []].append(value)
          }
        }
      case .function(let target, _): targets.insert(target)
      default: continue
      }
    }
  }

  private func readExpressions() {
    for index in tree.expressions.indices {
      let id = ExpressionID(index)
      switch tree[id].kind {
      case .call(let callee, let arguments):
        let bare = tree.bare(callee)
        callers[bare] = id
        switch tree[bare].kind {
        case .local(let local, _): calls[local, default: []].append(id)
        case .global(let name):
          guard let first = tree.expressions(arguments).first, let literal = text(first) else { continue }
          literalCalls.append((self.name(name), literal, id, tree.bare(first)))
        case .field(let base, let name, _, _):
          guard isGlobal(base, named: "table"), self.name(name) == "insert", arguments.count > 1,
            let list = tree.expressions(arguments).first, let value = tree.expressions(arguments).last,
            case .local(let local, _) = tree[tree.bare(list)].kind
          else { continue }
          elements[local, default: []].append(value)
        default: continue
        }
      case .local(let local, _):
        if !targets.contains(id) { reads[local, default: 0] += 1 }
      default: continue
      }
    }
  }

  private func readHolders() {
    for index in tree.locals.indices {
      let local = tree.locals[index]
      guard local.lastAssignment < 0 else { continue }
      switch local.origin {
      case .function(let function): holders[function] = LocalID(index)
      case .variable(let value?, _):
        if case .function(let function) = tree[tree.bare(value)].kind { holders[function] = LocalID(index) }
      default: continue
      }
    }
  }
}
