import CRemitJSON
import Foundation
import RemitTestKit
import RemitWire
import Testing

@Suite struct RPCEnvelopeTests {
  /// What was read, as texts.
  private struct Parts: Equatable {
    var kind: RPCEnvelope.Kind
    var problem = ""
    var id: String?
    var method = ""
    var members: [RPCEnvelope.Member: String] = [:]
    var stranger: String?
  }

  private static func read(_ text: String, depthMax: Int = 64) -> Parts {
    read(Array(text.utf8), depthMax: depthMax)
  }

  private static func read(_ bytes: [UInt8], depthMax: Int = 64, trusting: Bool = false) -> Parts {
    // What stands behind the text must not matter: it goes on as if it were a part of it.
    let padded = bytes + Array(repeating: UInt8(ascii: "}"), count: Int(REMIT_JSON_PADDING))
    return unsafe padded.withUnsafeBytes { padded in
      var envelope = unsafe RPCEnvelope()
      let kind = unsafe envelope.read(
        UnsafeRawBufferPointer(rebasing: padded[..<bytes.count]), depthMax: depthMax, trusting: trusting)
      var parts = Parts(kind: kind)
      if case .notJSON = kind { return parts }
      func text(_ bytes: UnsafeRawBufferPointer) -> String { unsafe String(decoding: bytes, as: UTF8.self) }
      unsafe parts.problem = kind == .request ? "" : envelope.problem
      unsafe parts.id = envelope.hasID ? text(envelope.id) : nil
      unsafe parts.method = text(envelope.method)
      for member in RPCEnvelope.Member.allCases {
        unsafe parts.members[member] = envelope[member].map { unsafe text($0) }
        #expect(unsafe envelope.present.contains(.init(member)) == (envelope[member] != nil))
      }
      unsafe parts.stranger = envelope.stranger.map { unsafe text($0) }
      return parts
    }
  }

  private static let whole = #"""
     {"jsonrpc":"2.0", "id" : "a\"b", "method":"decide","other":[1,{"id":2}],
      "params":{"policy":"a.x","input":{"a":[1,2,{"b":"}\""}],"é":"€"},"params":{"limit":"5"},"at":"2025-01-01","explain":false}}
    """#

  @Test func everyPartIsFound() {
    let parts = Self.read(Self.whole)
    #expect(
      parts
        == Parts(
          kind: .request, id: #""a\"b""#, method: "decide",
          members: [
            .policy: #""a.x""#, .input: #"{"a":[1,2,{"b":"}\""}],"é":"€"}"#, .params: #"{"limit":"5"}"#,
            .at: #""2025-01-01""#, .explain: "false",
          ]))
  }

  @Test func noBeginningOfARequestIsOne() {
    let bytes = Array(Self.whole.utf8)
    for count in 0..<bytes.count {
      let text = Array(bytes[..<count])
      let kind = Self.read(text).kind
      guard case .notJSON(_, let offset) = kind else {
        Issue.record("\(count) bytes are read as \(kind)")
        continue
      }
      #expect(offset <= count)
    }
    #expect(Self.read(bytes + Array(" \r".utf8)).kind == .request)
    #expect(
      Self.read(bytes + [UInt8(ascii: "x")]).kind == .notJSON(message: "unexpected character", offset: bytes.count))
  }

  @Test func anInputMayBePassedByItsBrackets() {
    let inputs = [
      "{}", "[]", "[[],{}]", #"{"a":"}"}"#, #"{"a":"]","b":[{"c":"[{"}]}"#, #"{"a":"\\"}"#, #"{"a":"\\\"}"}"#, "1",
      #""x""#,
      "null", #"{"\#(String(repeating: "é", count: 50))":"{"}"#,
      "[\(Array(repeating: "[1]", count: 60).joined(separator: ","))]",
    ]
    for input in inputs {
      // So that each bracket and quote is in each place of a block once.
      for padding in 0..<64 {
        let padded =
          #"{"jsonrpc":"2.0","method":"x","params":{"at":"\#(String(repeating: " ", count: padding))","input":\#(input)}}"#
        let spread = padded.replacing(",", with: "," + String(repeating: " ", count: padding))
        for text in [padded, spread] {
          let parts = Self.read(Array(text.utf8), trusting: true)
          #expect(parts.kind == .request)
          #expect(parts == Self.read(text))
        }
      }
    }
    for broken in [#"{"a":1"#, #"{"a":"}"#, #"{"a":"\"}"#, "[[]", #"{"a":"\"#] {
      let text = #"{"jsonrpc":"2.0","method":"x","params":{"input":\#(broken)}}"#
      let trusting = Self.read(Array(text.utf8), trusting: true)
      #expect(Self.read(text).kind != .request)
      #expect(trusting.kind != .request || (try? JSONView(trusting.members[.input] ?? "")) == nil)
    }
  }

  @Test func namesMayBeEscaped() {
    let text =
      #"{"\u006asonrpc":"2\u002e0","i\u0064":1,"method":"h","p\u0061rams":{"\u0070olicy":"x","in\u0070ut":{}}}"#
    let parts = Self.read(text)
    #expect(parts.kind == .request)
    #expect(parts.id == "1")
    #expect(parts.members == [.policy: #""x""#, .input: "{}"])
  }

  @Test(arguments: ["0", "-1", "1.50", "1e400", "12345678901234567890123", #""""#, #""\u0000\ud83d\ude00""#, "null"])
  func anIDStaysAsItIsWritten(id: String) {
    let parts = Self.read(#"{"id":\#(id),"jsonrpc":"2.0","method":"health"}"#)
    #expect(parts.kind == .request)
    #expect(parts.id == id)
  }

  @Test(arguments: [
    ("1", "expected an object"), (#""x""#, "expected an object"), ("null", "expected an object"),
    ("{}", #"jsonrpc: expected "2.0""#),
    (#"{"jsonrpc":"1.0","method":"x"}"#, #"jsonrpc: expected "2.0""#),
    (#"{"jsonrpc":2.0,"method":"x"}"#, #"jsonrpc: expected "2.0""#),
    (#"{"jsonrpc":"2.0"}"#, "method: missing"),
    (#"{"jsonrpc":"2.0","method":1}"#, "method: expected a text"),
    (#"{"jsonrpc":"2.0","method":"x","id":[1]}"#, "id: expected a text, a number or null"),
    (#"{"jsonrpc":"2.0","method":"x","id":true}"#, "id: expected a text, a number or null"),
    (#"{"jsonrpc":"2.0","method":"x","params":"bar"}"#, "params: expected an object"),
    (#"{"jsonrpc":"2.0","jsonrpc":"2.0","method":"x"}"#, "jsonrpc is given twice"),
    (#"{"jsonrpc":"2.0","method":"x","method":"y"}"#, "method is given twice"),
    (#"{"jsonrpc":"2.0","method":"x","params":{},"p\u0061rams":{}}"#, "params is given twice"),
    (#"{"jsonrpc":"2.0","method":"x","params":[1],"params":{}}"#, "params is given twice"),
  ])
  func whatIsNoRequestSaysWhy(text: String, problem: String) {
    let parts = Self.read(text)
    #expect(parts.kind == .invalidRequest)
    #expect(parts.problem == problem)
  }

  @Test func ofTwoIDsNoneIsEchoed() {
    let parts = Self.read(#"{"jsonrpc":"2.0","method":"x","id":1,"id":2}"#)
    #expect(parts.kind == .invalidRequest)
    #expect(parts.id == "")
  }

  @Test func paramsHaveNames() {
    #expect(Self.read(#"{"jsonrpc":"2.0","method":"x","params":[1,2]}"#).kind == .invalidParams)
    #expect(Self.read(#"{"jsonrpc":"2.0","method":"x","params":null}"#).kind == .request)
    let twice = Self.read(#"{"jsonrpc":"2.0","method":"x","params":{"input":1,"input":2}}"#)
    #expect(twice.kind == .invalidParams)
    #expect(twice.problem == "input: given twice")
    #expect(Self.read(#"{"jsonrpc":"2.0","method":"x","params":{"at":1,"inptu":2,"y":3}}"#).stranger == "inptu")
  }

  @Test func nestingIsCountedFromTheInput() {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    func request(_ member: String, _ value: String) -> String {
      #"{"jsonrpc":"2.0","id":1,"method":"x","params":{"\#(member)":\#(value)}}"#
    }
    for (member, depth) in [("input", 8), ("params", 8), ("inputs", 9), ("stranger", 8)] {
      #expect(Self.read(request(member, nested(depth)), depthMax: 8).kind == .request, "\(member)")
      guard case .notJSON("nested too deeply", _) = Self.read(request(member, nested(depth + 1)), depthMax: 8).kind
      else {
        Issue.record("\(member) may be too deep")
        continue
      }
    }
    // What is in a batch is read by itself.
    #expect(Self.read("[" + request("inputs", nested(9)) + "]", depthMax: 8).kind == .batch)
    #expect(Self.read("[" + request("inputs", nested(99)) + "]", depthMax: 8).kind == .batch)
  }

  @Test func aBatchIsAnArrayThatIsJSON() {
    #expect(Self.read("[]").kind == .batch)
    #expect(Self.read(#" [{"jsonrpc":"2.0"},1] "#).kind == .batch)
    #expect(Self.read("[1,2").kind == .notJSON(message: "text ends inside a value", offset: 4))
    #expect(Self.read("[1 2]").kind == .notJSON(message: "unexpected character", offset: 3))
  }

  /// Damaged requests: what is taken for JSON is JSON for the other reader too, and the same parts are in it.
  @Test func damagedRequestsAreReadAsTheyAre() throws {
    let seed = TestSeed.value
    var random = SeededGenerator(seed: seed)
    let pieces = [
      "\"", "\\", "{", "}", "[", "]", ",", ":", " ", "0", "-", "e", "\u{1}", "é", "null", "\"id\":", "\\u0069",
      "params",
    ]
    for round in 0..<20_000 {
      var bytes = Array(Self.whole.utf8)
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let at = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: at)
        case 2: bytes.insert(contentsOf: Array(pieces.randomElement(using: &random)!.utf8), at: at)
        default:
          let end = Int.random(in: at...min(bytes.count, at + 20), using: &random)
          bytes.insert(contentsOf: bytes[at..<end], at: Int.random(in: 0..<bytes.count, using: &random))
        }
      }
      let parts = Self.read(bytes)
      let trusting = Self.read(bytes, trusting: true)
      if trusting.kind == .request, trusting.members[.input].map({ (try? JSONView($0)) != nil }) ?? true {
        // Whoever then validates the input knows as much.
        #expect(trusting == parts, "round \(round), REMIT_SEED=\(seed)")
      } else {
        #expect(parts.kind != .request, "round \(round), REMIT_SEED=\(seed)")
      }
      let view = try? JSONView(bytes)
      guard let view else {
        guard case .notJSON = parts.kind else {
          Issue.record(
            "round \(round), REMIT_SEED=\(seed): \(String(decoding: bytes, as: UTF8.self)) is taken for JSON")
          return
        }
        continue
      }
      if case .notJSON(let message, _) = parts.kind {
        Issue.record("round \(round), REMIT_SEED=\(seed): \(message): \(String(decoding: bytes, as: UTF8.self))")
        return
      }
      guard parts.kind == .request else { continue }
      #expect(parts.id == view["id"]?.rawText)
      for member in RPCEnvelope.Member.allCases {
        #expect(parts.members[member] == view["params"]?["\(member)"]?.rawText, "round \(round), REMIT_SEED=\(seed)")
      }
    }
  }
}
