private import RemitLua
private import RemitModel
private import RemitWire

extension LoadedPolicy {
  /// The policies with versions, inputs, params and reasons: one JSON array on one line.
  package static func catalogue(_ policies: [LoadedPolicy]) -> [UInt8] {
    var output = ByteWriter()
    output.append(UInt8(ascii: "["))
    for (index, policy) in policies.enumerated() {
      if index > 0 { output.append(UInt8(ascii: ",")) }
      policy.write(into: &output)
    }
    output.append("]\n")
    return output.bytes
  }

  private func write(into output: inout ByteWriter) {
    output.append("{\"name\":")
    output.appendJSONString(name.description)
    output.append(",\"version\":")
    output.appendJSONString(version.description)
    let members = (try? JSONView(declarationJSON.array()))?.members ?? []
    for member in members where member.key != "name" {
      output.append(UInt8(ascii: ","))
      output.appendJSONString(member.key)
      output.append(UInt8(ascii: ":"))
      output.append(member.value.rawBytes.span)
    }
    output.append(UInt8(ascii: "}"))
  }
}
