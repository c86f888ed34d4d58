import Crypto
import RemitEngine
import RemitPolicy
import RemitTestKit
import RemitWire
import Synchronization
import Testing

@testable import RemitLog

@Suite struct FormatTests {
  private let zeros = String(repeating: "0", count: 64)

  /// The same hash, computed by itself.
  private func hash(_ text: some StringProtocol) -> String {
    SHA256.hash(data: Array(text.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  @Test func `a line has all members in their order`() throws {
    let fixture = LogFixture()
    let log = try fixture.open()
    let recorder = log.makeRecorder()
    let policy = try loadedPolicy(input: "amount = optional(money {})")
    recorder.take(
      id: "\"PO-1\"", policy: policy, input: #"{ "amount" : 1.50,"x":[] }"#, params: #"{"limit":"5"}"#,
      at: "2025-06-15T08:00:00Z")
    #expect(recorder.keep())
    log.close()
    let start =
      #"{"n":1,"previous":"\#(zeros)","time":"2025-06-15T15:06:40.123Z","request":{"id":"PO-1","method":"decide","#
      + #""input":{ "amount" : 1.50,"x":[] }},"at":"2025-06-15T08:00:00Z","policy":"a.x","version":"\#(policy.version)","#
      + #""params":{"limit":"5"},"decision":{"outcome":"approve","reasons":["ok"]}"#
    let line = start + #","hash":"\#(hash(start))"}"#
    #expect(String(decoding: fixture.read("0000000000000001.ndjson"), as: UTF8.self) == line + "\n")
  }

  @Test func `lines are chained over commits, recorders and restarts`() throws {
    let fixture = LogFixture()
    try fixture.write(3)
    try fixture.write(2, first: 4)
    let lines = try fixture.lines()
    #expect(lines.count == 5)
    var previous = zeros
    for (index, line) in lines.enumerated() {
      #expect(line.hasPrefix(#"{"n":\#(index + 1),"previous":"\#(previous)","#))
      previous = hash(line.dropLast(75))
      #expect(line.hasSuffix(#","hash":"\#(previous)"}"#))
    }
    let report = try fixture.verify()
    #expect(report.isWhole && report.lines == 5 && report.lastHash == previous && report.notes.isEmpty)
    #expect(try LogVerifier.verify([fixture.path], noted: previous).isWhole)
    #expect(
      try LogVerifier.verify([fixture.path], noted: hash("x")).problems == ["no line has the hash that is expected"])
  }

  static let errors: [(String, String)] = [
    (
      #"{"code":-32000,"message":"m","data":{"code":"invalid_input","path":"/a","errors":[{"x":1}]}}"#,
      #"{"code":"invalid_input","message":"m","path":"/a","errors":[{"x":1}]}"#
    ),
    (
      #"{"code":-32602,"message":"a \"b\"","data":{"code":"invalid_params"}}"#,
      #"{"code":"invalid_params","message":"a \"b\""}"#
    ),
    (
      #"{"code":"budget_exceeded","message":"m","budget":"time"}"#,
      #"{"code":"budget_exceeded","message":"m","budget":"time"}"#
    ),
    (#"{"code":-32602,"message":"m"}"#, #"{"code":"invalid_params","message":"m"}"#),
    (
      #"{"message":"m","code":-32000,"data":{"code":"policy_error","line":3}}"#,
      #"{"code":"policy_error","message":"m","line":3}"#
    ),
  ]

  @Test(arguments: errors) func `errors have one form`(_ error: (String, String)) throws {
    let fixture = LogFixture()
    let log = try fixture.open()
    let recorder = log.makeRecorder()
    recorder.take(decision: nil, error: error.0)
    #expect(recorder.keep())
    log.close()
    #expect(try fixture.lines()[0].contains(#","error":\#(error.1),"hash":"#))
  }

  @Test func `what stands in the place of a time does not break the line`() throws {
    let fixture = LogFixture()
    let log = try fixture.open()
    let recorder = log.makeRecorder()
    let times = [#"{"x":"y"}"#, "5", #"20\"25"#, #"\"#, #"a\u00e9"#, "\"", "é", "[\n1]", #"\u12"#]
    for time in times { recorder.take(at: time, decision: nil, error: #"{"code":-32602,"message":"m"}"#) }
    #expect(recorder.keep())
    log.close()
    let views = try fixture.lines().map { try JSONView($0) }
    #expect(
      views.map { $0["at"]?.string } == [
        #"{"x":"y"}"#, "5", "20\"25", #"\"#, "aé", "\"", "é", "[\n1]", #"\u12"#,
      ])
  }

  @Test func `line breaks between tokens become spaces`() throws {
    let fixture = LogFixture()
    let log = try fixture.open()
    let recorder = log.makeRecorder()
    recorder.take(
      id: "1", policy: try loadedPolicy(input: ""), input: "{\r\n  \"a\": \"x\\ny\",\n\"b\":2}", params: "{\n}")
    #expect(recorder.keep())
    log.close()
    #expect(try fixture.lines()[0].contains(#""input":{    "a": "x\ny", "b":2}}"#))
    #expect(try fixture.lines()[0].contains(#""params":{ }"#))
  }

  @Test func `the reader gives every part`() throws {
    let fixture = LogFixture()
    let log = try fixture.open()
    let recorder = log.makeRecorder()
    let policy = try loadedPolicy(input: "")
    recorder.take(id: "7", policy: policy, input: "{}", params: "{\"a\":1}")
    recorder.take(
      .row(2, together: nil), policyName: "\"n\\u006f\"", decision: nil,
      error: #"{"code":"invalid_input","message":"m"}"#)
    recorder.take(.row(0, together: 3))
    recorder.take(
      .refusedBatch, input: nil, decision: nil,
      error: #"{"code":-32000,"message":"m","data":{"code":"unknown_policy"}}"#)
    #expect(recorder.keep())
    log.close()
    let reader = try LogReader([fixture.path])
    func text(_ bytes: UnsafeRawBufferPointer?) -> String? {
      unsafe bytes.map { unsafe String(decoding: $0, as: UTF8.self) }
    }
    let first = unsafe try #require(unsafe try reader.next())
    #expect(unsafe first.number == 1 && first.method == .decide && first.sealed == nil)
    #expect(unsafe text(first.version) == "\(policy.version)")
    #expect(unsafe text(first.id) == "7" && text(first.input) == "{}" && text(first.params) == "{\"a\":1}")
    #expect(unsafe text(first.at) == "2025-06-15" && text(first.policy) == "\"a.x\"" && first.outcome == "approve")
    #expect(
      unsafe text(first.time) == "2025-06-15T15:06:40.123Z" && first.place.description == "0000000000000001.ndjson:1")
    let second = unsafe try #require(unsafe try reader.next())
    #expect(unsafe second.method == .row(2, together: nil) && second.id == nil)
    #expect(unsafe second.params == nil && second.version == nil)
    #expect(
      unsafe text(second.policy) == "\"n\\u006f\"" && second.errorCode == "invalid_input" && second.outcome == nil)
    let third = unsafe try #require(unsafe try reader.next())
    #expect(unsafe third.method == .row(0, together: 3))
    let fourth = unsafe try #require(unsafe try reader.next())
    #expect(unsafe fourth.method == .refusedBatch && fourth.input == nil && fourth.errorCode == "unknown_policy")
    #expect(unsafe try reader.next() == nil)
  }

  @Test func `a hash that fits is not enough for the reader`() throws {
    let fixture = LogFixture()
    try fixture.write(1)
    // With it, the last line is known to be another.
    fixture.delete(HeadFile.name)
    for middle in [#""x":"#, #""at":"a""#, #""at":1,"policy":"p","request":{},"decision":{}"#, "\u{1}", #""a":{"#] {
      let start = #"{"n":1,"previous":"\#(zeros)","# + middle
      fixture.replace("0000000000000001.ndjson", Array((start + #","hash":"\#(hash(start))"}"# + "\n").utf8))
      #expect(
        throws: LogError(
          "0000000000000001.ndjson:1: this is no line of a decision log (see remit log verify)", isBroken: true)
      ) {
        try fixture.lines()
      }
    }
  }

  @Test func `base64 and hex give back what they were made of`() {
    for count in 0..<70 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + count) }
      #expect(Base64.bytes(Base64.text(bytes)) == bytes)
      #expect(Hex.bytes(Hex.digits(bytes)) == bytes)
    }
    #expect(String(decoding: Base64.text(Array("foobar!".utf8)), as: UTF8.self) == "Zm9vYmFyIQ==")
    for text in ["A", "AB", "ABC", "A===", "AB=C", "====", "AB==CD==", "AA*A", "AB=="] {
      #expect(Base64.bytes(Array(text.utf8)) == nil, "\(text)")
    }
  }

  @Test func `times are read as they are written`() {
    #expect(LogTime.milliseconds("1970-01-01T00:00:00.000Z".utf8) == 0)
    #expect(LogTime.milliseconds("2024-02-29T23:59:59.999Z".utf8) == 1_709_251_199_999)
    #expect(LogTime.milliseconds("2100-03-01T00:00:00.000Z".utf8) == 4_107_542_400_000)
    #expect(LogTime.milliseconds("2024-02-29T23:59:59Z".utf8) == nil)
    #expect(LogTime.milliseconds("2024-0x-29T23:59:59.999Z".utf8) == nil)
  }
}
