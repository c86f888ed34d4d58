internal import RemitEngine
private import RemitModel
private import RemitWire

/// What `POST /v1/batch` is asked for by its query: `policy=NAME&at=TIME&param.KEY=VALUE`.
struct BatchQuery {
  private(set) var policy = ""
  private(set) var at: String?
  /// A JSON object of texts, which the machine reads by their declaration.
  private(set) var params: [UInt8] = []

  /// - Throws: Where it cannot be read, names what there is not, or names something twice.
  init(_ query: Substring) throws(EngineError) {
    var seen: Set<String> = []
    var json = ByteWriter()
    json.append("{")
    for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
      let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      let (key, value) = (try Self.decoded(parts[0]), parts.count == 2 ? try Self.decoded(parts[1]) : "")
      guard seen.insert(key).inserted else { throw Self.refusal("\(Self.shown(key)) is given twice") }
      if key == "policy" {
        policy = value
      } else if key == "at" {
        at = value
      } else if key.hasPrefix("param."), key.count > "param.".count {
        if json.count > 1 { json.append(",") }
        json.appendJSONString(String(key.dropFirst("param.".count)))
        json.append(":")
        json.appendJSONString(value)
      } else {
        throw Self.refusal("nothing is called \(Self.shown(key)) (there are policy, at and param.KEY)")
      }
    }
    json.append("}")
    params = json.bytes
    guard seen.contains("policy") else { throw Self.refusal("policy is missing: ask for /v1/batch?policy=NAME") }
  }

  private static func refusal(_ words: String) -> EngineError {
    EngineError(code: .invalidParams, message: "query: \(words)")
  }

  private static func shown(_ name: String) -> String {
    "\"\(name.count > 64 ? name.prefix(64) + "…" : name[...])\""
  }

  /// As forms are written: `+` is a space, `%2B` a plus sign.
  private static func decoded(_ text: Substring.UTF8View.SubSequence) throws(EngineError) -> String {
    var bytes: [UInt8] = []
    var rest = text
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
      case UInt8(ascii: "%"):
        guard let high = rest.popFirst().flatMap(hexadecimal), let low = rest.popFirst().flatMap(hexadecimal) else {
          throw refusal("expected two hexadecimal digits behind %")
        }
        bytes.append(high << 4 | low)
      default: bytes.append(byte)
      }
    }
    guard let decoded = String(validating: bytes, as: UTF8.self) else { throw refusal("the text is not UTF-8") }
    return decoded
  }

  private static func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
