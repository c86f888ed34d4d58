internal import RemitModel
private import RemitWire

/// A value that a declaration accepts, in the place of one that is not known.
enum StandIn {
  /// As many elements, keys or characters as are made up.
  private static let countMax = 1000

  /// Nil where none is found.
  static func json(for type: DeclaredType) -> [UInt8]? {
    switch type.name {
    case "text":
      guard let count = count(type, atLeast: 1) else { return nil }
      return Array("\"\(String(repeating: "~", count: count))\"".utf8)
    case "integer", "number", "money": return number(type)
    case "boolean": return Array("true".utf8)
    case "date": return Array("\"2000-01-01\"".utf8)
    case "timestamp": return Array("\"2000-01-01T00:00:00Z\"".utf8)
    case "enum": return longest(type.values).map { text($0) }
    case "record": return record(type)
    case "list":
      guard let count = count(type, atLeast: 0) else { return nil }
      return elements(of: type, count: count).map { [UInt8(ascii: "[")] + $0 + [UInt8(ascii: "]")] }
    case "map":
      guard let count = count(type, atLeast: 0) else { return nil }
      return elements(of: type, count: count, named: true).map { [UInt8(ascii: "{")] + $0 + [UInt8(ascii: "}")] }
    default: return nil
    }
  }

  /// A message that shows a value is left out; short ones stand in many.
  private static func longest(_ values: [String]) -> String? {
    values.reduce(nil) { best, value in (best?.utf8.count ?? 0) <= value.utf8.count ? value : best }
  }

  /// Within the bounds of a length.
  private static func count(_ type: DeclaredType, atLeast wanted: Int) -> Int? {
    let least = type.min.flatMap { Int("\($0)") } ?? 0
    let most = type.max.flatMap { Int("\($0)") } ?? Int.max
    let count = min(max(least, wanted), most)
    return count <= countMax ? count : nil
  }

  /// Zero, or the bound that is nearest to it.
  private static func number(_ type: DeclaredType) -> [UInt8] {
    let zero = Decimal("0")
    if let min = type.min, let zero, zero < min { return Array("\(min)".utf8) }
    if let max = type.max, let zero, max < zero { return Array("\(max)".utf8) }
    return [UInt8(ascii: "0")]
  }

  private static func record(_ type: DeclaredType) -> [UInt8]? {
    var out: [UInt8] = []
    for (name, field) in type.fields where !field.isOptional {
      guard let value = json(for: field) else { return nil }
      out += (out.isEmpty ? [] : [UInt8(ascii: ",")]) + text(name) + [UInt8(ascii: ":")] + value
    }
    return [UInt8(ascii: "{")] + out + [UInt8(ascii: "}")]
  }

  private static func elements(of type: DeclaredType, count: Int, named: Bool = false) -> [UInt8]? {
    guard count > 0 else { return [] }
    guard let element = type.element, let value = json(for: element) else { return nil }
    var out: [UInt8] = []
    for index in 1...count {
      if index > 1 { out.append(UInt8(ascii: ",")) }
      if named { out += text("\(index)") + [UInt8(ascii: ":")] }
      out += value
    }
    return out
  }

  private static func text(_ string: String) -> [UInt8] {
    var out = ByteWriter()
    out.appendJSONString(string)
    return out.bytes
  }
}
