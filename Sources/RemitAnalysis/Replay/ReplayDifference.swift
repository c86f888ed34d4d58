internal import RemitLog
internal import RemitWire

/// A line of the log that comes to something else now.
package struct ReplayDifference: Sendable {
  /// What came of a request: a decision or an error, as JSON.
  package struct Result: Sendable {
    package var isError: Bool
    package var json: [UInt8]

    var key: String { isError ? "error" : "decision" }
  }

  /// What differences are alike in.
  struct Kind: Hashable {
    var policy: [UInt8]
    var transition: ReplayTally.Transition
  }

  let place: LogLine.Place
  package let number: Int
  /// As written; nil where neither the input nor the request has one.
  let id: [UInt8]?
  /// As the request named it, and so JSON.
  let policy: [UInt8]
  let at: [UInt8]
  /// Nil where there was no such policy.
  let formerVersion: String?
  /// Nil where there is none now.
  let version: String?
  package let transition: ReplayTally.Transition
  package let was: Result
  package let now: Result

  var kind: Kind { Kind(policy: policy, transition: transition) }

  /// A heading, and what was and what is below it.
  package var lines: [String] {
    var heading = "\(place): "
    heading += Self.bare(policy)
    if let id { heading += " \(Self.bare(id))" }
    heading +=
      transition.turns
      ? ": \(transition.from) -> \(transition.to)" : ": \(transition.from), but not the same \(now.key)"
    return [heading, "  was \(Self.shown(was.json))", "  is  \(Self.shown(now.json))"]
  }

  /// One JSON object with a newline behind it.
  package var json: [UInt8] {
    var out = ByteWriter()
    out.append("{\"n\":")
    out.append(number)
    out.append(",\"segment\":")
    out.appendJSONString(place.segment.name)
    out.append(",\"line\":")
    out.append(place.line)
    if let id {
      out.append(",\"id\":")
      out.append(id.span)
    }
    out.append(",\"policy\":")
    out.append(policy.span)
    out.append(",\"at\":\"")
    out.append(at.span)
    out.append("\",\"from\":")
    out.appendJSONString(transition.from)
    out.append(",\"to\":")
    out.appendJSONString(transition.to)
    Self.append("was", formerVersion, was, to: &out)
    Self.append("is", version, now, to: &out)
    out.append("}\n")
    return out.bytes
  }

  private static func append(_ key: String, _ version: String?, _ result: Result, to out: inout ByteWriter) {
    out.append(",\"\(key)\":{")
    if let version {
      out.append("\"version\":")
      out.appendJSONString(version)
      out.append(",")
    }
    out.append("\"\(result.key)\":")
    out.append(result.json.span)
    out.append("}")
  }

  /// Without the quotes of a text.
  private static func bare(_ json: [UInt8]) -> String {
    let text = String(decoding: json, as: UTF8.self)
    return text.hasPrefix("\"") && text.hasSuffix("\"") && text.count > 1 ? String(text.dropFirst().dropLast()) : text
  }

  /// People read no more of it.
  private static let bytesShownMax = 2000

  private static func shown(_ json: [UInt8]) -> String {
    guard json.count > bytesShownMax else { return String(decoding: json, as: UTF8.self) }
    return String(decoding: json.prefix(bytesShownMax), as: UTF8.self) + "… (\(json.count) bytes, --json has all)"
  }
}
