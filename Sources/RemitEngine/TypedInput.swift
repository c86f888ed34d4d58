internal import RemitPolicy
internal import RemitWire

/// Writes a JSON value again, with `{}` for an empty list where the declaration says record or map.
///
/// An empty table of Lua says nothing of which it is, and test cases are Lua.
struct TypedInput {
  private var out: [UInt8] = []

  static func json(_ view: JSONView, as type: FieldType) -> [UInt8] {
    var writer = TypedInput()
    writer.write(view, as: type)
    return writer.out
  }

  private mutating func write(_ view: JSONView, as type: FieldType?) {
    switch (type, view.kind) {
    case (.record?, .array) where view.elements.isEmpty, (.map?, .array) where view.elements.isEmpty:
      out += Array("{}".utf8)
    case (.record(let fields)?, .object):
      members(of: view) { name in fields.first { $0.name == name }?.type }
    case (.map(let value)?, .object):
      members(of: view) { _ in value }
    case (.list(let element)?, .array):
      out.append(UInt8(ascii: "["))
      for (index, item) in view.elements.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        write(item, as: element)
      }
      out.append(UInt8(ascii: "]"))
    default:
      out += view.rawBytes
    }
  }

  private mutating func members(of view: JSONView, type: (String) -> FieldType?) {
    var key = ByteWriter()
    out.append(UInt8(ascii: "{"))
    for (index, member) in view.members.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      key.removeAll()
      key.appendJSONString(member.key)
      out += key.bytes
      out.append(UInt8(ascii: ":"))
      write(member.value, as: type(member.key))
    }
    out.append(UInt8(ascii: "}"))
  }
}
