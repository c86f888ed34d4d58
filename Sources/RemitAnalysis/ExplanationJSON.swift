internal import RemitModel
internal import RemitWire

extension Explanation {
  /// The explanation as one JSON object on one line, without a newline. docs/explain.md says what its members are.
  package var json: [UInt8] {
    var writer = ObjectWriter()
    writer.object { object in
      object.member("policy", text: policy)
      object.member("version", text: version)
      object.member("at", text: at)
      object.member("id", raw: id)
      object.member("decision", raw: decision)
      object.array("reasons", reasons) { reason, element in
        element.object { object in
          object.member("code", text: reason.code)
          if let text = reason.english { object.member("en", text: text) }
          if let text = reason.chinese { object.member("zh", text: text) }
        }
      }
      if let place = decidedAt {
        object.member("decided_by") { $0.object { $0.place(place) } }
      }
      object.array("read", reads) { $1.read($0) }
      object.array("conditions", conditions) { condition, element in
        element.object { object in
          object.place(condition.place)
          object.member("text", text: condition.text)
          object.member("holds", raw: condition.holds)
          if condition.isPart { object.member("part", raw: true) }
        }
      }
      if isTruncated { object.member("truncated", raw: true) }
      object.array("turns", turns) { $1.turn($0) }
      object.array("indifferent", indifferent) { $1.text($0.text) }
      object.array("untried", untried) { $1.text($0.text) }
      object.member("evaluations", raw: Array(String(evaluations).utf8))
      if isCut { object.member("cut", raw: true) }
    }
    return writer.bytes
  }
}

/// Writes JSON objects and arrays, commas where they belong.
private struct ObjectWriter {
  private var output: [UInt8] = []
  private var needsComma = false

  var bytes: [UInt8] { output }

  private mutating func value(_ raw: [UInt8]) {
    output += raw
    needsComma = true
  }

  mutating func text(_ text: String) {
    separate()
    var quoted = ByteWriter()
    quoted.appendJSONString(text)
    value(quoted.bytes)
  }

  private mutating func separate() {
    if needsComma { output.append(UInt8(ascii: ",")) }
    needsComma = false
  }

  mutating func object(_ body: (inout ObjectWriter) -> Void) {
    separate()
    output.append(UInt8(ascii: "{"))
    body(&self)
    value([UInt8(ascii: "}")])
  }

  mutating func member(_ name: String, _ body: (inout ObjectWriter) -> Void) {
    text(name)
    output.append(UInt8(ascii: ":"))
    needsComma = false
    body(&self)
  }

  mutating func member(_ name: String, text: String) {
    member(name) { $0.text(text) }
  }

  mutating func member(_ name: String, raw: [UInt8]) {
    member(name) { $0.value(raw) }
  }

  mutating func member(_ name: String, raw: Bool) {
    member(name, raw: Array((raw ? "true" : "false").utf8))
  }

  mutating func array<Element>(
    _ name: String, _ elements: [Element], _ body: (Element, inout ObjectWriter) -> Void
  ) {
    member(name) { writer in
      writer.output.append(UInt8(ascii: "["))
      for element in elements { body(element, &writer) }
      writer.value([UInt8(ascii: "]")])
    }
  }

  mutating func place(_ place: Explanation.Place) {
    member("file", text: place.file)
    member("line", raw: Array(String(place.line).utf8))
  }

  mutating func read(_ read: Explanation.Read) {
    object { object in
      object.member("path", text: read.path.text)
      switch read.value {
      case .scalar(let json): object.member("value", raw: json)
      case .table(let count): object.member("count", raw: Array(String(count).utf8))
      case .masked: object.member("masked", raw: true)
      }
      if let type = read.type { object.member("type", text: type) }
      if let place = read.place { object.place(place) }
    }
  }

  mutating func turn(_ turn: Explanation.Turn) {
    object { object in
      object.member("path", text: turn.path.text)
      object.member("type", text: turn.type)
      object.member("from", raw: turn.from ?? Array("null".utf8))
      object.member("to", raw: turn.to)
      object.member("outcome", text: turn.outcome)
      object.array("reasons", turn.reasons) { $1.text($0.code) }
      if let change = turn.change { object.member("change", raw: Array(change.description.utf8)) }
      object.member("relative", raw: Array(turn.relativeChange.description.utf8))
      if let keeps = turn.keeps { object.member("keeps", raw: keeps) }
      object.member("checked", text: turn.check.rawValue)
    }
  }
}
