internal import RemitPolicy
internal import RemitWire

/// How the cells of a row become one JSON object: made once from the header and the declaration.
///
/// A column's name is a path: `requester.level` is a field of a record. A column that the policy does not declare is
/// left out, but for `id`, which results are named by, and unless the policy is strict and refuses it itself. An empty
/// cell is an absent field, except for a text that must be there: that is empty. A record that may be absent is, where
/// all its cells are empty.
struct CSVColumns {
  /// The header's cells.
  let names: [String]
  private var root = Node(kind: .object([]), key: [], isOptional: false)

  /// A member of the JSON object.
  private struct Node {
    enum Kind {
      case object([Node])
      case cell(column: Int, FieldType)
    }
    var kind: Kind
    /// `"name":`
    var key: [UInt8]
    var isOptional: Bool
  }

  init(names: [String], declaration: PolicyDeclaration) {
    self.names = names
    for (column, name) in names.enumerated() {
      let path = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
      if let steps = Self.steps(path, in: declaration.input) {
        Self.insert(steps[...], column: column, into: &root)
      } else if declaration.isStrict || name == "id" {
        Self.insert([Step(name: name, type: .text, isOptional: true)], column: column, into: &root)
      }
    }
  }

  /// Appends the row as JSON.
  ///
  /// - Parameter row: It has as many cells as there are names.
  func write(_ row: CSVRow, into output: inout ByteWriter) {
    guard case .object(let members) = root.kind else { return }
    write(members, row, into: &output)
  }

  // MARK: From paths to a tree

  private struct Step {
    var name: String
    var type: FieldType
    var isOptional: Bool
  }

  /// The declared fields on a path; nil where it leads to none.
  private static func steps(_ path: [String], in type: FieldType) -> [Step]? {
    guard let name = path.first else { return [] }
    let next: Step
    switch type {
    case .record(let fields):
      guard let field = fields.first(where: { $0.name == name }) else { return nil }
      next = Step(name: name, type: field.type, isOptional: field.isOptional)
    case .map(let value):
      next = Step(name: name, type: value, isOptional: true)
    default: return nil
    }
    return steps(Array(path.dropFirst()), in: next.type).map { [next] + $0 }
  }

  private static func insert(_ steps: ArraySlice<Step>, column: Int, into node: inout Node) {
    guard let step = steps.first, case .object(var members) = node.kind else { return }
    let rest = steps.dropFirst()
    let key = key(step.name)
    if rest.isEmpty {
      members.append(Node(kind: .cell(column: column, step.type), key: key, isOptional: step.isOptional))
    } else {
      let known = members.firstIndex { member in
        if case .object = member.kind { return member.key == key }
        return false
      }
      if let known {
        insert(rest, column: column, into: &members[known])
      } else {
        var member = Node(kind: .object([]), key: key, isOptional: step.isOptional)
        insert(rest, column: column, into: &member)
        members.append(member)
      }
    }
    node.kind = .object(members)
  }

  private static func key(_ name: String) -> [UInt8] {
    var writer = ByteWriter()
    writer.appendJSONString(name)
    writer.append(UInt8(ascii: ":"))
    return writer.bytes
  }

  // MARK: From cells to JSON

  private func write(_ members: [Node], _ row: CSVRow, into output: inout ByteWriter) {
    output.append(UInt8(ascii: "{"))
    var isFirst = true
    for member in members where !isAbsent(member, row) {
      if !isFirst { output.append(UInt8(ascii: ",")) }
      isFirst = false
      output.append(member.key.span)
      switch member.kind {
      case .object(let inner): write(inner, row, into: &output)
      case .cell(let column, let type): Self.write(row.bytes(at: column), as: type, into: &output)
      }
    }
    output.append(UInt8(ascii: "}"))
  }

  private func isAbsent(_ node: Node, _ row: CSVRow) -> Bool {
    switch node.kind {
    case .object(let members): node.isOptional && members.allSatisfy { isEmpty($0, row) }
    case .cell(let column, .text): node.isOptional && row.bytes(at: column).isEmpty
    case .cell(let column, _): row.bytes(at: column).isEmpty
    }
  }

  private func isEmpty(_ node: Node, _ row: CSVRow) -> Bool {
    switch node.kind {
    case .object(let members): members.allSatisfy { isEmpty($0, row) }
    case .cell(let column, _): row.bytes(at: column).isEmpty
    }
  }

  /// A cell that is what its type asks for goes as it is; anything else goes as a text, for the machine to say what is
  /// wrong.
  private static func write(_ cell: ArraySlice<UInt8>, as type: FieldType, into output: inout ByteWriter) {
    let isJSON =
      switch type {
      case .text, .formattedText, .choice: false
      case .boolean: cell.elementsEqual("true".utf8) || cell.elementsEqual("false".utf8)
      case .number: isNumber(cell)
      case .record, .list, .map: (try? JSONView(cell)) != nil
      }
    if isJSON {
      output.append(cell.span)
    } else {
      output.appendJSONString(cell.span)
    }
  }

  /// True where the bytes are a number by JSON's grammar.
  static func isNumber(_ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    func isDigit(_ byte: UInt8?) -> Bool { byte.map { (48...57).contains($0) } ?? false }
    func digits() -> Bool {
      guard isDigit(rest.first) else { return false }
      rest = rest.drop { isDigit($0) }
      return true
    }
    if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
    if rest.first == UInt8(ascii: "0") {
      rest.removeFirst()
    } else if !digits() {
      return false
    }
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      guard digits() else { return false }
    }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest.removeFirst()
      if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
      guard digits() else { return false }
    }
    return rest.isEmpty
  }
}
