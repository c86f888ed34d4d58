internal import RemitPolicy
internal import RemitSyntax

/// What is known of a value without running anything.
enum Shape: Equatable {
  /// No value has been seen to come here.
  case none
  /// Anything.
  case unknown
  /// Of a declared type, or nil.
  case declared(Int)
  case library(String)
  /// What `require` of that name gives.
  case module(String)
  /// A dataset; the number is that of its row.
  case dataset(row: Int)
  case text
  /// A text that the input chooses: the key of a map, the name of a field.
  case inputText

  /// What a place holds where both may come to it.
  func joined(_ other: Shape) -> Shape {
    if self == other || other == .none { return self }
    return self == .none ? other : .unknown
  }
}

/// The shape of every expression and local of a file.
///
/// Values are followed through locals, `and` and `or`, loops over lists, and the parameters of local functions whose calls
/// are all known. Whatever else comes to a place makes it unknown.
struct Shapes {
  let source: SourceFile
  private(set) var types = DeclaredTypes()
  private var expressions: [Shape]
  private var locals: [Shape]
  /// What the machine hands to the parameters of `decide` and `check`.
  private var seeds: [LocalID: Shape] = [:]
  /// How often the file hands a function over to the machine.
  private var handedOver: [FunctionID: Int] = [:]
  /// Calls that make a dataset, with its row.
  private var datasets: [ExpressionID: Int] = [:]
  /// What the plugin's settings are, in its own file.
  private var settings: Int?
  /// Rows, with the list of such.
  private var lists: [Int: Int] = [:]

  /// Each round follows values as far down the text as they go; what goes up takes another one.
  private static let roundsMax = 32

  subscript(_ id: ExpressionID) -> Shape { expressions[id.index] }
  subscript(_ id: LocalID) -> Shape { locals[id.index] }

  /// - Parameter declaration: What the file declares, where it is a policy that could be loaded.
  init(_ source: SourceFile, declaration: PolicyDeclaration?) {
    self.source = source
    expressions = Array(repeating: .none, count: source.tree.expressions.count)
    locals = Array(repeating: .none, count: source.tree.locals.count)
    if let declaration { seed(declaration) }
    readDatasets()
    readSettings()
    for round in 1... {
      if !follow() { break }
      guard round < Self.roundsMax else {
        expressions = Array(repeating: .unknown, count: expressions.count)
        locals = Array(repeating: .unknown, count: locals.count)
        break
      }
    }
  }

  // MARK: What the machine hands out

  private mutating func seed(_ declaration: PolicyDeclaration) {
    let input = types.add(declaration.input)
    let params = types.add(declaration.params)
    let context = types.addContext()
    seed("decide", with: [.declared(input), .declared(params), .declared(context)])
    seed("decide_group", with: [.declared(types.addList(of: input)), .declared(params), .declared(context)])
    seed("check", with: [.declared(params)])
  }

  private mutating func seed(_ key: String, with shapes: [Shape]) {
    guard let field = source.tree.field(ofDeclaration: [key]), let function = source.function(field.value) else {
      return
    }
    for (local, shape) in zip(source.parameters(of: function), shapes) {
      seeds[local] = seeds[local, default: .none].joined(shape)
    }
    if case .local = source.tree[source.tree.bare(field.value)].kind {
      handedOver[function, default: 0] += 1
    } else {
      handedOver[function] = 0
    }
  }

  // MARK: Following

  /// One round; true where anything changed.
  private mutating func follow() -> Bool {
    var changed = false
    // A local's values stand in front of it, but for parameters and assignments further down.
    for index in locals.indices {
      let shape = shape(of: LocalID(index))
      if shape != locals[index] { (locals[index], changed) = (shape, true) }
    }
    // Operands have smaller numbers than what they are operands of.
    for index in expressions.indices {
      let shape = shape(of: ExpressionID(index))
      if shape != expressions[index] { (expressions[index], changed) = (shape, true) }
    }
    return changed
  }

  private func shape(of id: LocalID) -> Shape {
    let local = source.tree[id]
    var shape: Shape
    switch local.origin {
    case .variable(let value?, _): shape = expressions[value.index]
    case .variable(nil, let startsNil): shape = startsNil ? .none : .unknown
    case .parameter: shape = parameter(id)
    case .genericFor: shape = loopVariable(id)
    case .implicitSelf, .numericFor, .function: shape = .unknown
    }
    for value in source.assigned(to: id) {
      shape = shape.joined(value.map { expressions[$0.index] } ?? .unknown)
    }
    return shape
  }

  private func parameter(_ id: LocalID) -> Shape {
    let function = source.tree[id].function
    guard let calls = calls(of: function) else { return .unknown }
    var shape = seeds[id] ?? .none
    let position = id.index - source.tree[function].parameters.range.lowerBound
    for call in calls {
      let arguments = source.arguments(of: call)
      if position < arguments.count {
        shape = shape.joined(expressions[arguments[position].index])
      } else if let last = arguments.last, source.tree.isMultiple(last) {
        shape = .unknown
      }
    }
    return shape
  }

  /// Every call of a function in the file; nil where anybody else may call it, the machine apart.
  private func calls(of function: FunctionID) -> [ExpressionID]? {
    guard let local = source.holders[function] else { return handedOver[function] == nil ? nil : [] }
    let calls = source.calls[local] ?? []
    return source.reads[local, default: 0] == calls.count + handedOver[function, default: 0] ? calls : nil
  }

  private func loopVariable(_ id: LocalID) -> Shape {
    guard let (value, position) = source.loops[id] else { return .unknown }
    switch source.tree[value].kind {
    case .call(let callee, _):
      let isList = source.isGlobal(callee, named: "ipairs")
      guard isList || source.isGlobal(callee, named: "pairs"), let walked = source.arguments(of: value).first else {
        return .unknown
      }
      guard case .declared(let type) = self[walked] else { return self[walked] == .none ? .none : .unknown }
      switch (types[type].kind, position) {
      case (.list(let element), 1): return .declared(element)
      case (.map(let value), 1) where !isList: return .declared(value)
      case (.map, 0) where !isList, (.record, 0) where !isList: return .inputText
      default: return .unknown
      }
    case .method(let object, let name, _, _):
      guard position == 0, source.name(name) == "rows" else { return .unknown }
      if case .dataset(let row) = self[object] { return .declared(row) }
      return self[object] == .none ? .none : .unknown
    default: return .unknown
    }
  }

  // MARK: Expressions

  private func shape(of id: ExpressionID) -> Shape {
    let tree = source.tree
    switch tree[id].kind {
    case .local(let local, _): return locals[local.index]
    case .global(let name):
      let text = source.name(name)
      return Vocabulary.libraries[text] == nil ? .unknown : .library(text)
    case .nil: return .none
    case .string, .concat: return .text
    case .parenthesised(let inner): return expressions[inner.index]
    case .field(let base, let name, _, _): return member(of: expressions[base.index]) { source.name(name) }
    case .index(let base, let key, _):
      if let text = source.text(key) { return member(of: expressions[base.index]) { text } }
      return element(of: expressions[base.index])
    case .binary(.and, _, let right, _): return expressions[right.index]
    case .binary(.or, let left, let right, _):
      if case .table(let fields) = tree[tree.bare(right)].kind, fields.isEmpty { return expressions[left.index] }
      return expressions[left.index].joined(expressions[right.index])
    case .call(let callee, _): return result(of: id, callee)
    case .method(let object, let name, _, _):
      guard case .dataset(let row) = expressions[object.index] else {
        return expressions[object.index] == .none ? .none : .unknown
      }
      switch source.name(name) {
      case "find": return .declared(row)
      case "find_all": return lists[row].map { .declared($0) } ?? .unknown
      case "at": return .dataset(row: row)
      default: return .unknown
      }
    default: return .unknown
    }
  }

  private func member(of base: Shape, _ name: () -> String) -> Shape {
    guard case .declared(let type) = base else { return base == .none ? .none : .unknown }
    switch types[type].kind {
    case .record(let fields): return fields[name()].map { .declared($0) } ?? .unknown
    case .map(let value): return .declared(value)
    default: return .unknown
    }
  }

  /// Of a key that is only known when it is used.
  private func element(of base: Shape) -> Shape {
    guard case .declared(let type) = base else { return base == .none ? .none : .unknown }
    switch types[type].kind {
    case .list(let element), .map(let element): return .declared(element)
    default: return .unknown
    }
  }

  private func result(of call: ExpressionID, _ callee: ExpressionID) -> Shape {
    if source.isGlobal(callee, named: "require") {
      return source.arguments(of: call).first.flatMap { source.text($0) }.map { .module($0) } ?? .unknown
    }
    if let settings, source.isGlobal(callee, named: "plugin") { return .declared(settings) }
    return datasets[call].map { .dataset(row: $0) } ?? .unknown
  }

  // MARK: Datasets

  /// `dataset "file" { columns }` and `dataset("file", { columns })`, where all columns are named.
  private mutating func readDatasets() {
    for call in source.literalCalls where call.name == "dataset" {
      if let columns = source.arguments(of: call.call).dropFirst().first {
        declareDataset(call.call, columns, file: call.literal)
      } else if let outer = source.callers[call.call], let columns = source.arguments(of: outer).first {
        declareDataset(outer, columns, file: call.literal)
      }
    }
  }

  private mutating func declareDataset(_ call: ExpressionID, _ columns: ExpressionID, file: String) {
    guard let names = source.keys(of: source.tree.held(columns)) else { return }
    let row = types.addRow(names, of: file)
    datasets[call] = row
    lists[row] = types.addList(of: row)
  }

  private mutating func readSettings() {
    guard source.isPlugin else { return }
    let declared = source.tree.field(ofDeclaration: ["settings"])
    guard let names = declared.map({ source.keys(of: source.tree.bare($0.value)) }) ?? [] else { return }
    settings = types.addSettings(names)
  }
}
