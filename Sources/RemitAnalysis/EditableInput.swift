internal import RemitWire

/// An input as it was given, in which one value can be exchanged for another. Everything else stays as it was written.
struct EditableInput {
  let bytes: [UInt8]
  private let view: JSONView

  /// Where a field's value stands, or would stand.
  enum Place {
    case value(JSONView)
    /// Of an object that has no such member: where one goes, and whether it is the first.
    case missing(name: String, at: Int, isFirst: Bool)
  }

  init?(_ bytes: [UInt8]) {
    guard let view = try? JSONView(bytes) else { return nil }
    self.bytes = bytes
    self.view = view
  }

  /// Nil where the record that it stands in is not there.
  func place(_ path: ValuePath) -> Place? {
    guard let last = path.names.last else { return nil }
    var parent = view
    for name in path.names.dropLast() {
      guard let next = Self.step(from: parent, name) else { return nil }
      parent = next
    }
    if let value = Self.step(from: parent, last) { return .value(value) }
    guard parent.kind == .object else { return nil }
    return .missing(name: last, at: parent.rawBytes.endIndex - 1, isFirst: parent.members.isEmpty)
  }

  private static func step(from view: JSONView, _ name: String) -> JSONView? {
    switch view.kind {
    case .object: view[name]
    case .array: Int(name).flatMap { view[$0] }
    default: nil
    }
  }

  /// The input with another value there.
  func setting(_ place: Place, to json: [UInt8]) -> [UInt8] {
    switch place {
    case .value(let value):
      return bytes[..<value.rawBytes.startIndex] + json + bytes[value.rawBytes.endIndex...]
    case .missing(let name, let index, let isFirst):
      var member = ByteWriter()
      if !isFirst { member.append(UInt8(ascii: ",")) }
      member.appendJSONString(name)
      member.append(UInt8(ascii: ":"))
      return bytes[..<index] + member.bytes + json + bytes[index...]
    }
  }
}
