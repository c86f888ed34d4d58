internal import RemitWire

/// Where a value is not the one that was expected, field by field.
enum TestDifference {
  /// One line for each place: `decision.route[1].role: expected "manager", got "cfo"`. Lists count from 1, as Lua does.
  ///
  /// - Parameter path: Of the value itself.
  static func lines(expected: JSONView, actual: JSONView, at path: String) -> [String] {
    if expected.means(actual) { return [] }
    switch (expected.kind, actual.kind) {
    case (.object, .object):
      var lines: [String] = []
      let got = actual.members
      for (key, wanted) in expected.members {
        let place = member(key, of: path)
        if let value = got.first(where: { $0.key == key })?.value {
          lines += self.lines(expected: wanted, actual: value, at: place)
        } else {
          lines.append(line(place, wanted.rawText, "nothing"))
        }
      }
      for (key, value) in got where expected[key] == nil {
        lines.append(line(member(key, of: path), "nothing", value.rawText))
      }
      return lines
    case (.array, .array):
      let wanted = expected.elements
      let got = actual.elements
      return (0..<max(wanted.count, got.count)).flatMap { index in
        let place = "\(path)[\(index + 1)]"
        guard index < wanted.count else { return [line(place, "nothing", got[index].rawText)] }
        guard index < got.count else { return [line(place, wanted[index].rawText, "nothing")] }
        return lines(expected: wanted[index], actual: got[index], at: place)
      }
    default: return [line(path, expected.rawText, actual.rawText)]
    }
  }

  private static func line(_ path: String, _ expected: String, _ actual: String) -> String {
    "\(path): expected \(shortened(expected)), got \(shortened(actual))"
  }

  /// As Lua has it: what is no name stands in brackets.
  static func member(_ key: String, of path: String) -> String {
    let isName = key.utf8.allSatisfy { byte in
      byte == UInt8(ascii: "_") || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
        || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
    }
    guard isName, let first = key.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= first) else {
      return "\(path)[\"\(key)\"]"
    }
    return "\(path).\(key)"
  }

  /// A whole input may stand in a decision; a line that nobody reads to its end says no more.
  private static let charactersMax = 400

  static func shortened(_ text: String) -> String {
    text.utf8.count <= charactersMax ? text : "\(text.prefix(charactersMax))… (\(text.utf8.count) bytes)"
  }
}
