internal import RemitWire

/// The fields of an input as a table: one row each, those inside of another under its path.
struct FieldTable {
  private var rows: [(path: String, need: String, type: JSONView, summary: String?)] = []

  /// - Parameter input: The declared record, as `remit policies --json` has it.
  init(_ input: JSONView) {
    add(fieldsOf: input, below: "")
  }

  /// The table, with a column of descriptions only where some field has one.
  var text: String {
    let isDescribed = rows.contains { $0.summary != nil }
    let titles = ["Field 字段", "Type 类型", "Required 必填", "Values 取值"] + (isDescribed ? ["Meaning 说明"] : [])
    let cells = rows.map { row in
      [Markdown.code(row.path), Self.word(row.type), row.need, Self.values(row.type)]
        + (isDescribed ? [row.summary.map(Markdown.text) ?? ""] : [])
    }
    return Markdown.table(titles, cells)
  }

  private mutating func add(fieldsOf record: JSONView, below path: String) {
    for field in record["fields"]?.elements ?? [] {
      guard let name = field["name"]?.string, let type = field["type"] else { continue }
      let need = type["optional"]?.boolean == true ? "optional 选填" : "required 必填"
      add(type, at: path + name, need: need, summary: field["summary"]?.string)
    }
  }

  private mutating func add(_ type: JSONView, at path: String, need: String, summary: String?) {
    rows.append((path, need, type, summary))
    add(inside: type, at: path)
  }

  /// What a record, a list or a map has in it, where there is something to say of it.
  private mutating func add(inside type: JSONView, at path: String) {
    guard let element = type["of"] else { return add(fieldsOf: type, below: path + ".") }
    let inner = path + (type["type"]?.string == "map" ? ".*" : "[]")
    if element["fields"] == nil && !Self.values(element).isEmpty { rows.append((inner, "", element, nil)) }
    add(inside: element, at: inner)
  }

  /// `list of record`.
  static func word(_ type: JSONView) -> String {
    let name = type["type"]?.string ?? ""
    return type["of"].map { "\(name) of \(word($0))" } ?? name
  }

  /// What a value may be, within its type.
  static func values(_ type: JSONView) -> String {
    var words: [String] = []
    if let texts = type["values"]?.elements.compactMap(\.string) { words.append(Markdown.codes(texts)) }
    switch (type["min"]?.rawText, type["max"]?.rawText) {
    case (nil, nil): break
    case (let least?, nil): words.append("≥ \(least)" + unit(type))
    case (nil, let most?): words.append("≤ \(most)" + unit(type))
    case (let least?, let most?): words.append((least == most ? least : "\(least) … \(most)") + unit(type))
    }
    if type["sensitive"]?.boolean == true { words.append("sensitive 敏感") }
    return words.joined(separator: "; ")
  }

  /// What the bounds count.
  private static func unit(_ type: JSONView) -> String {
    switch type["type"]?.string {
    case "text": " characters 字符"
    case "list", "map": " items 项"
    default: ""
    }
  }
}
