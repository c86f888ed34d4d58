package import RemitWire

/// Where an input may hold what its policy declares as sensitive.
package indirect enum SensitivePart: Sendable, Equatable {
  /// The value, whatever it is.
  case whole
  /// A record with such fields among its own, all of which are listed: nil for those that hold nothing sensitive.
  case record([Field])
  /// A list of such values.
  case list(SensitivePart)
  /// A map of such values.
  case map(SensitivePart)

  package struct Field: Sendable, Equatable {
    package var name: [UInt8]
    package var part: SensitivePart?
  }

  /// - Parameter type: A type as the machine describes it.
  /// - Returns: Nil where it holds nothing sensitive.
  package init?(_ type: JSONView) {
    if type["sensitive"]?.boolean == true {
      self = .whole
      return
    }
    switch type["type"]?.string {
    case "record":
      let fields = (type["fields"]?.elements ?? []).compactMap { field -> Field? in
        guard let name = field["name"]?.string, let type = field["type"] else { return nil }
        return Field(name: Array(name.utf8), part: SensitivePart(type))
      }
      guard fields.contains(where: { $0.part != nil }) else { return nil }
      self = .record(fields)
    case "list":
      guard let part = type["of"].flatMap({ SensitivePart($0) }) else { return nil }
      self = .list(part)
    case "map":
      guard let part = type["of"].flatMap({ SensitivePart($0) }) else { return nil }
      self = .map(part)
    default: return nil
    }
  }

  /// Whether a member of that name, of a value of this type, may hold something that is not to be shown. So may one that is not
  /// declared: it may be a misspelt one.
  package func hides(member name: String) -> Bool {
    guard case .record(let fields) = self, let field = fields.first(where: { $0.name.elementsEqual(name.utf8) }) else {
      return true
    }
    return field.part != nil
  }
}
