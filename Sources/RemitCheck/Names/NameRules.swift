private import RemitPolicy
private import RemitSyntax

/// Names that mean nothing: globals, members of libraries and modules, fields, params. And writes to what is read-only.
struct NameRules {
  let source: SourceFile
  let shapes: Shapes
  /// The members of a module; nil where they are not known.
  let members: (String) -> ModuleMembers?
  var suggestions: Suggestions
  private(set) var findings: [Finding] = []

  init(_ shapes: Shapes, suggestions: Suggestions, members: @escaping (String) -> ModuleMembers?) {
    source = shapes.source
    self.shapes = shapes
    self.suggestions = suggestions
    self.members = members
  }

  mutating func run() {
    for index in source.tree.expressions.indices {
      let id = ExpressionID(index)
      let isTarget = source.targets.contains(id)
      switch source.tree[id].kind {
      case .global(let name): global(source.name(name), at: id)
      case .field(let base, let name, _, let nameAt):
        let end = nameAt + Int32(source.tree.names.utf8(name).count)
        member(of: base, source.name(name), at: nameAt, to: end, isTarget: isTarget)
      case .index(let base, let key, _):
        let place = source.tree[key]
        if let text = source.text(key) {
          member(of: base, text, at: place.start, to: place.end, isTarget: isTarget)
        } else if isTarget {
          write(to: base, at: source.tree[id].start, to: source.tree[id].end)
        }
      case .method(let object, let name, let nameAt, _):
        let end = nameAt + Int32(source.tree.names.utf8(name).count)
        method(of: object, source.name(name), at: nameAt, to: end)
        if case .dataset(let row) = shapes[object] { keys(of: id, row: row, source.name(name)) }
      default: continue
      }
    }
  }

  private mutating func global(_ name: String, at id: ExpressionID) {
    guard !Vocabulary.globals.contains(name) else { return }
    if Vocabulary.testWords.contains(name), source.file.file.hasSuffix("_test.lua") { return }
    let message =
      Vocabulary.stockGlobals.contains(name)
      ? "\"\(name)\" is not available in a policy"
      : "unknown global \"\(name)\"\(suggestions.hint(name, among: Vocabulary.globals))"
    findings.append(source.finding(.unknownGlobal, at: id, message))
  }

  private mutating func member(
    of base: ExpressionID, _ name: String, at start: Int32, to end: Int32, isTarget: Bool
  ) {
    if isTarget, write(to: base, at: source.tree[base].start, to: end) { return }
    switch shapes[base] {
    case .declared(let type): field(of: type, name, at: start, to: end)
    case .library(let library): libraryMember(library, name, at: start, to: end)
    case .module(let module):
      guard let known = members(module)?.names, !known.contains(name) else { return }
      let hint = suggestions.hint(name, among: known, of: module)
      add(.unknownMember, at: start, to: end, "module \"\(module)\" has no \"\(name)\"\(hint)")
    case .dataset: if !isTarget { datasetMethod(name, at: start, to: end) }
    case .text, .inputText: libraryMember("string", name, at: start, to: end)
    case .none, .unknown: return
    }
  }

  private mutating func field(of type: Int, _ name: String, at start: Int32, to end: Int32) {
    let declared = shapes.types[type]
    switch declared.kind {
    case .record(let fields):
      guard fields[name] == nil else { return }
      let hint = suggestions.hint(name, among: fields.keys, of: "\(type)")
      switch declared.owner {
      case .params: add(.unknownParam, at: start, to: end, "unknown param \"\(name)\"\(hint)")
      case .input:
        let owner = declared.path.isEmpty ? "the input" : "\"\(declared.path)\""
        add(.unknownField, at: start, to: end, "unknown field \"\(name)\" of \(owner)\(hint)")
      case .settings: add(.unknownField, at: start, to: end, "unknown setting \"\(name)\"\(hint)")
      case .context: add(.unknownField, at: start, to: end, "context has no \"\(name)\": it has \"at\"")
      case .dataset(let file):
        add(.unknownField, at: start, to: end, "unknown column \"\(name)\" of the dataset \"\(file)\"\(hint)")
      }
    case .text, .choice: libraryMember("string", name, at: start, to: end)
    case .list, .number, .boolean:
      let message = "\"\(declared.path)\" is a \(declared.word) and has no field \"\(name)\""
      add(.unknownField, at: start, to: end, message)
    case .map, .other: return
    }
  }

  private mutating func method(of object: ExpressionID, _ name: String, at start: Int32, to end: Int32) {
    switch shapes[object] {
    case .dataset: datasetMethod(name, at: start, to: end)
    default: member(of: object, name, at: start, to: end, isTarget: false)
    }
  }

  /// `limits:find { rol = "manager" }`
  private mutating func keys(of call: ExpressionID, row: Int, _ method: String) {
    guard method == "find" || method == "find_all", let first = source.arguments(of: call).first,
      case .table(let run) = source.tree[source.tree.bare(first)].kind
    else { return }
    for item in source.tree.fields[run.range] {
      guard case .name(let name) = item.key else { continue }
      field(of: row, source.name(name), at: item.start, to: item.start + Int32(source.tree.names.utf8(name).count))
    }
  }

  private mutating func datasetMethod(_ name: String, at start: Int32, to end: Int32) {
    guard !Vocabulary.datasetMethods.contains(name) else { return }
    let hint = suggestions.hint(name, among: Vocabulary.datasetMethods, of: ":")
    add(.unknownMember, at: start, to: end, "a dataset has no \"\(name)\"\(hint)")
  }

  private mutating func libraryMember(_ library: String, _ name: String, at start: Int32, to end: Int32) {
    guard let known = Vocabulary.libraries[library], !known.contains(name) else { return }
    let message =
      Vocabulary.stockMembers[library]?.contains(name) == true
      ? "\"\(library).\(name)\" is not available in a policy"
      : "\"\(library)\" has no \"\(name)\"\(suggestions.hint(name, among: known, of: library))"
    add(.unknownMember, at: start, to: end, message)
  }

  /// True where the assignment is to something read-only, and said.
  @discardableResult
  private mutating func write(to base: ExpressionID, at start: Int32, to end: Int32) -> Bool {
    let owner: String
    switch shapes[base] {
    case .declared(let type):
      switch shapes.types[type].owner {
      case .input: owner = "the input"
      case .params: owner = "params"
      case .settings: owner = "the plugin's settings"
      case .context: owner = "context"
      case .dataset(let file):
        // A list of rows is made anew for each that asks.
        if case .list = shapes.types[type].kind { return false }
        owner = "a row of the dataset \"\(file)\""
      }
    case .library(let name): owner = "the library \"\(name)\""
    case .module(let name): owner = "the module \"\(name)\""
    case .dataset: owner = "a dataset"
    case .text, .inputText: owner = "a text"
    case .none, .unknown: return false
    }
    add(.readOnly, at: start, to: end, "\(owner) is read-only")
    return true
  }

  private mutating func add(_ rule: Rule, at start: Int32, to end: Int32, _ message: String) {
    findings.append(source.finding(rule, at: start, to: end, message))
  }
}
