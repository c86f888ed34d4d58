internal import ArgumentParser
private import RemitModel
private import RemitWire

/// What decides, and how: the same for one transaction and for many.
struct DecisionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The policy that decides, such as approval.purchase_order.", valueName: "name"))
  var policy: String

  @Option(
    name: .customLong("param"), parsing: .singleValue,
    help: ArgumentHelp("Set one of the policy's params; may be given again for others.", valueName: "key=value"))
  var params: [String] = []

  @Option(help: ArgumentHelp("The decision's time: a date or an RFC 3339 time. (default: now)", valueName: "time"))
  var at: String?

  /// The time that was given, or that of the start.
  var time: String { at ?? SystemClock.now() }

  /// The params as a JSON object of texts, which the machine reads by their declaration.
  func paramsJSON() throws -> [UInt8] {
    var seen: Set<String> = []
    var output = ByteWriter()
    output.append(UInt8(ascii: "{"))
    for setting in params {
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
