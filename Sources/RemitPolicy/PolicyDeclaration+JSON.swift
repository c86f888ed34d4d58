package import RemitLua
private import RemitWire

extension PolicyDeclaration {
  /// Reads the declaration as the machine writes it; nil where it is something else.
  package init?(json: ByteBlock) {
    guard let view = try? JSONView(json.array()), let input = view["input"].flatMap({ FieldType($0) }) else {
      return nil
    }
    summary = view["summary"]?.string ?? ""
    source = view["source"]?.string
    isStrict = view["strict"]?.boolean ?? false
    outcomes = view["outcomes"]?.elements.compactMap(\.string) ?? []
    self.input = input
    sensitive = view["input"].flatMap { SensitivePart($0) }
    group = view["group"].map { Group($0) }
    params = view["params"]?.elements.compactMap { Param($0) } ?? []
    reasons = view["reasons"]?.elements.compactMap { Reason($0) } ?? []
  }
}

extension PolicyDeclaration.Group {
  fileprivate init(_ view: JSONView) {
    by = view["by"]?.elements.compactMap(\.string) ?? []
    order = view["order"]?.string
  }
}

extension PolicyDeclaration.Param {
  fileprivate init?(_ view: JSONView) {
    guard let name = view["name"]?.string, let type = view["type"]?["type"]?.string else { return nil }
    self.name = name
    self.type = type
    defaultJSON = (view["default"] ?? view["type"]?["default"]).map { Array($0.rawBytes) }
    summary = view["summary"]?.string ?? view["type"]?["summary"]?.string
  }
}

extension PolicyDeclaration.Reason {
  fileprivate init?(_ view: JSONView) {
    guard let code = view["code"]?.string else { return nil }
    self.code = code
    english = view["en"]?.string
    chinese = view["zh"]?.string
  }
}

extension FieldType {
  fileprivate init?(_ view: JSONView) {
    switch view["type"]?.string {
    case "text": self = .text
    case "boolean": self = .boolean
    case let name? where ["integer", "number", "money"].contains(name): self = .number(name: name)
    case "enum": self = .choice(of: view["values"]?.elements.compactMap(\.string) ?? [])
    case "record":
      let fields = view["fields"]?.elements ?? []
      let known = fields.compactMap { Field($0) }
      guard known.count == fields.count else { return nil }
      self = .record(known)
    case "list":
      guard let element = view["of"].flatMap({ FieldType($0) }) else { return nil }
      self = .list(of: element)
    case "map":
      guard let value = view["of"].flatMap({ FieldType($0) }) else { return nil }
      self = .map(of: value)
    case let name?: self = .formattedText(name: name)
    case nil: return nil
    }
  }
}

extension FieldType.Field {
  fileprivate init?(_ view: JSONView) {
    guard let name = view["name"]?.string, let declared = view["type"], let type = FieldType(declared) else {
      return nil
    }
    self.name = name
    self.type = type
    isOptional = declared["optional"]?.boolean ?? false
  }
}
