internal import RemitWire

/// A generated value: JSON that can be made smaller.
indirect enum Sample: Sendable, Equatable {
  /// What a test gives: as it is.
  case fixed(String)
  case text(String)
  case number(Int, places: Int)
  case boolean(Bool)
  /// A day's number.
  case date(Int)
  /// The day's number, and the time of day with its zone.
  case timestamp(Int, time: String)
  case choice(String)
  case record([Member])
  case list([Sample])
  case map([Member])

  struct Member: Sendable, Equatable {
    var name: String
    var value: Sample
  }

  var json: String {
    var output = ByteWriter()
    write(into: &output)
    return String(decoding: output.bytes, as: UTF8.self)
  }

  private func write(into output: inout ByteWriter) {
    switch self {
    case .fixed(let json): output.append(json)
    case .text(let text), .choice(let text): output.appendJSONString(text)
    case .number(let value, let places): output.append(Scaled.text(value, places: places))
    case .boolean(let value): output.append(value ? "true" : "false")
    case .date(let day): output.appendJSONString(CivilDay.text(day))
    case .timestamp(let day, let time): output.appendJSONString("\(CivilDay.text(day))T\(time)")
    case .list(let elements):
      output.append("[")
      for (index, element) in elements.enumerated() {
        if index > 0 { output.append(",") }
        element.write(into: &output)
      }
      output.append("]")
    case .record(let members), .map(let members):
      output.append("{")
      for (index, member) in members.enumerated() {
        if index > 0 { output.append(",") }
        output.appendJSONString(member.name)
        output.append(":")
        member.value.write(into: &output)
      }
      output.append("}")
    }
  }
}
