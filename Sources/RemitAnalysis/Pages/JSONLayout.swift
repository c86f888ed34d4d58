internal import RemitWire

/// JSON for people: what fits stands on one line, and fields stand in the order of their declaration.
enum JSONLayout {
  private static let columns = 100

  /// - Parameter type: The declared type, as `remit policies --json` has it; nil where nothing is declared.
  static func text(_ view: JSONView, as type: JSONView? = nil, indent: Int = 0) -> String {
    let line = flat(view, type)
    guard indent + line.unicodeScalars.count > columns else { return line }
    let inside = String(repeating: " ", count: indent + 2)
    let parts: [String]
    switch view.kind {
    case .object:
      parts = members(of: view, type).map { key, value, inner in
        inside + key + ": " + text(value, as: inner, indent: indent + 2)
      }
    case .array: parts = view.elements.map { inside + text($0, as: type?["of"], indent: indent + 2) }
    default: return line
    }
    let (opening, closing) = view.kind == .object ? ("{", "}") : ("[", "]")
    return opening + "\n" + parts.joined(separator: ",\n") + "\n" + inside.dropLast(2) + closing
  }

  private static func flat(_ view: JSONView, _ type: JSONView?) -> String {
    switch view.kind {
    case .object where view.members.isEmpty: "{}"
    case .object:
      "{ " + members(of: view, type).map { "\($0.key): \(flat($0.value, $0.type))" }.joined(separator: ", ") + " }"
    case .array: "[" + view.elements.map { flat($0, type?["of"]) }.joined(separator: ", ") + "]"
    default: view.rawText
    }
  }

  /// The members with their keys as written: the declared ones in that order, then the others as they stand.
  private static func members(
    of view: JSONView, _ type: JSONView?
  ) -> [(key: String, value: JSONView, type: JSONView?)] {
    let fields = type?["fields"]?.elements ?? []
    var rest = view.members
    var found: [(key: String, value: JSONView, type: JSONView?)] = []
    for field in fields {
      guard let name = field["name"]?.string, let place = rest.firstIndex(where: { $0.key == name }) else { continue }
      found.append((quoted(name), rest.remove(at: place).value, field["type"]))
    }
    return found + rest.map { (quoted($0.key), $0.value, type?["of"]) }
  }

  private static func quoted(_ key: String) -> String {
    var output = ByteWriter()
    output.appendJSONString(key)
    return String(decoding: output.bytes, as: UTF8.self)
  }
}
