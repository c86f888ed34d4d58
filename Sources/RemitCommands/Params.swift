private import RemitModel
private import RemitWire

/// Params as they are given on a command line.
enum Params {
  /// A JSON object of texts, which the machine reads by their declaration.
  static func json(_ settings: [String]) throws -> [UInt8] {
    var seen: Set<String> = []
    var output = ByteWriter()
    output.append(UInt8(ascii: "{"))
    for setting in settings {
      guard let equals = setting.firstIndex(of: "="), equals > setting.startIndex else {
        throw CommandFailure(.usage, "--param: expected KEY=VALUE, got \"\(setting)\"")
      }
      let key = String(setting[..<equals])
      guard seen.insert(key).inserted else { throw CommandFailure(.usage, "--param: \(key) is given twice") }
      if seen.count > 1 { output.append(UInt8(ascii: ",")) }
      output.appendJSONString(key)
      output.append(UInt8(ascii: ":"))
      output.appendJSONString(String(setting[setting.index(after: equals)...]))
    }
    output.append(UInt8(ascii: "}"))
    return output.bytes
  }
}
