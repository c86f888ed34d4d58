internal import RemitPolicy

/// One value whose type is declared somewhere: a field of the input, a param, a column.
struct DeclaredType {
  enum Kind {
    /// Numbers of `DeclaredTypes.nodes` by name.
    case record([String: Int])
    case list(of: Int)
    case map(of: Int)
    case number, text, boolean
    case choice(of: Set<String>)
    /// Of a type that was not read.
    case other
  }

  enum Owner: Equatable {
    case input, params, context, settings
    case dataset(String)
  }

  var kind: Kind
  var owner: Owner
  /// From its owner, as in `approver.role` or `lines[].sku`; empty for the owner itself.
  var path: String
  /// The word for its type in a policy.
  var word: String
}

/// What the values that a policy is handed are declared to be.
struct DeclaredTypes {
  private(set) var nodes: [DeclaredType] = []

  subscript(_ index: Int) -> DeclaredType { nodes[index] }

  mutating func add(_ kind: DeclaredType.Kind, _ owner: DeclaredType.Owner, path: String = "", word: String) -> Int {
    nodes.append(DeclaredType(kind: kind, owner: owner, path: path, word: word))
    return nodes.count - 1
  }

  /// The input's record.
  mutating func add(_ type: FieldType, path: String = "") -> Int {
    let kind: DeclaredType.Kind
    switch type {
    case .record(let fields):
      var members: [String: Int] = [:]
      for field in fields {
        members[field.name] = add(field.type, path: path.isEmpty ? field.name : "\(path).\(field.name)")
      }
      kind = .record(members)
    case .list(let element): kind = .list(of: add(element, path: path + "[]"))
    case .map(let value): kind = .map(of: add(value, path: path + "[]"))
    case .number: kind = .number
    case .text, .formattedText: kind = .text
    case .choice(let values): kind = .choice(of: Set(values))
    case .boolean: kind = .boolean
    }
    return add(kind, .input, path: path, word: type.name)
  }

  mutating func add(_ params: [PolicyDeclaration.Param]) -> Int {
    var members: [String: Int] = [:]
    for param in params {
      let kind: DeclaredType.Kind =
        switch param.type {
        case "integer", "number", "money": .number
        case "boolean": .boolean
        case "text", "date", "timestamp": .text
        default: .other
        }
      members[param.name] = add(kind, .params, path: param.name, word: param.type)
    }
    return add(.record(members), .params, word: "params")
  }

  mutating func addContext() -> Int {
    var members: [String: Int] = [:]
    for name in Vocabulary.contextFields { members[name] = add(.text, .context, path: name, word: "timestamp") }
    return add(.record(members), .context, word: "context")
  }

  /// What `plugin { … }` gives.
  mutating func addSettings(_ names: Set<String>) -> Int {
    var members: [String: Int] = [:]
    for name in names { members[name] = add(.other, .settings, path: name, word: "setting") }
    return add(.record(members), .settings, word: "settings")
  }

  /// A row of a dataset.
  mutating func addRow(_ columns: Set<String>, of dataset: String) -> Int {
    var members: [String: Int] = [:]
    for name in columns { members[name] = add(.other, .dataset(dataset), path: name, word: "column") }
    return add(.record(members), .dataset(dataset), word: "row")
  }

  mutating func addList(of element: Int) -> Int {
    let owner = nodes[element].owner
    return add(.list(of: element), owner, path: nodes[element].path, word: "list")
  }
}
