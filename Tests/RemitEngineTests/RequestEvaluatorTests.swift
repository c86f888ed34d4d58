import RemitLua
import RemitModel
import RemitPolicy
import RemitWire
import Synchronization
import Testing

@testable import RemitEngine

private let policy = """
  return policy {
    summary = "For tests.", outcomes = { "low", "high" },
    input = record { id = text {}, amount = money { min = "0" } },
    params = { limit = money { default = "10" }, words = text { default = "" } },
    check = function(params) if params.words == "fail" then error("no check") end end,
    reasons = { below = { en = "Below.", zh = "以下" } },
    decide = function(tx, params, context)
      if tx.id == "big" then
        local kept = {}
        for i = 1, 300 do kept[i] = string.rep("x", 40000) .. i end
        return { outcome = "high", reasons = { "below" }, kept = #kept }
      end
      return { outcome = tx.amount <= params.limit and "low" or "high", reasons = { "below" }, at = context.at }
    end,
  }
  """

/// A clock that goes on by a second each time it is asked.
private final class TestClock: Sendable {
  private let time = Atomic<Int64>(1_750_000_000_123)

  var clock: ServiceClock {
    ServiceClock(
      milliseconds: { self.time.add(1000, ordering: .relaxed).oldValue },
      uptimeSeconds: { 7 })
  }
}

private final class TestSink: DecisionSink {
  let records = Mutex<[String]>([])
  let refusal: EngineError?

  init(refusal: EngineError? = nil) {
    self.refusal = refusal
  }

  func makeRecorder() -> any DecisionRecorder { TestRecorder(self) }
}

private final class TestRecorder: DecisionRecorder {
  private let sink: TestSink
  private(set) var hasUncommitted = false

  init(_ sink: TestSink) {
    self.sink = sink
  }

  func record(_ decision: DecidedRequest) -> EngineError? {
    func text(_ bytes: UnsafeRawBufferPointer?) -> String {
      unsafe bytes.map { unsafe String(decoding: $0, as: UTF8.self) } ?? "none"
    }
    let result =
      switch unsafe decision.result {
      case .decision(let bytes): unsafe "decision \(text(bytes))"
      case .error(let bytes): unsafe "error \(text(bytes))"
      }
    let name = unsafe decision.policy.map { unsafe "\($0.takeUnretainedValue().name)" }
    let policy = name ?? "no policy \(unsafe text(decision.policyName))"
    let parts = unsafe [
      "\(decision.method)", text(decision.id), policy, text(decision.input), text(decision.params), text(decision.at),
      result,
    ]
    let line = parts.joined(separator: " ")
    sink.records.withLock { $0.append(line) }
    hasUncommitted = sink.refusal == nil
    return sink.refusal
  }

  func commit(whenKept: @escaping @Sendable () -> Void) -> Bool {
    hasUncommitted = false
    return true
  }
}

private final class TestAdmin: AdminHandler {
  func reload() throws(EngineError) -> [UInt8] {
    throw EngineError(code: .policyError, message: "a/x.lua:3: unexpected symbol")
  }

  func rollBack(to snapshot: String) throws(EngineError) -> [UInt8] {
    Array("{\"snapshot\":\"\(snapshot)\"}".utf8)
  }
}

@Suite struct RequestEvaluatorTests {
  private func with<Result>(_ body: (RequestEvaluator.Setting) throws -> Result) throws -> Result {
    try withPolicy(policy) { loader in
      let snapshot = try Snapshot(loading: loader.store)
      return try body(RequestEvaluator.Setting(store: SnapshotStore(snapshot), clock: TestClock().clock))
    }
  }

  private func ask(
    _ evaluator: RequestEvaluator, _ line: String, admin: Bool = false, longWork: Bool = true
  ) -> String? {
    var output = ByteWriter()
    let block = ByteBlock(Array(line.utf8))
    let isAnswered = unsafe evaluator.answer(
      UnsafeRawBufferPointer(block.bytes), .init(admin: admin, longWork: longWork), into: &output)
    let text = String(decoding: output.bytes, as: UTF8.self)
    return isAnswered ? text : nil
  }

  private func decide(_ params: String) -> String {
    #"{"jsonrpc":"2.0","id":1,"method":"decide","params":{"policy":"a.x",\#(params)}}"#
  }

  private func decision(_ reply: String?) throws -> String {
    let view = try JSONView(reply ?? "null")
    return try #require(view["result"]?["decision"]?.rawText)
  }

  private let small = #""input":{"id":"a","amount":5}"#

  @Test func timeIsAskedForOnceUntilItIsForgotten() throws {
    try with { setting in
      let evaluator = RequestEvaluator(setting)
      let first = try decision(ask(evaluator, decide(small)))
      #expect(first.contains(#""at":"2025-06-15T15:06:40.123Z""#))
      #expect(try decision(ask(evaluator, decide(small))) == first)
      evaluator.forgetTime()
      #expect(try decision(ask(evaluator, decide(small))).contains("15:06:41.123Z"))
      #expect(try decision(ask(evaluator, decide(small + #","at":"2020-02-29""#))).contains("2020-02-29T00:00:00Z"))
      #expect(try decision(ask(evaluator, decide(small))).contains("15:06:41.123Z"))
    }
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
    (951_782_400_000, "2000-02-29T00:00:00.000Z"), (951_868_800_000, "2000-03-01T00:00:00.000Z"),
    (4_107_542_399_999, "2100-02-28T23:59:59.999Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
    (1_735_689_599_999, "2024-12-31T23:59:59.999Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
  ])
  func timeIsWrittenInUTC(milliseconds: Int64, text: String) {
    var time = RequestTime()
    time.set(milliseconds)
    #expect(String(decoding: time.text, as: UTF8.self) == text)
    time.set(86_400_000)
    #expect(String(decoding: time.text, as: UTF8.self) == "1970-01-02T00:00:00.000Z")
  }

  @Test func paramsAreResetWhateverCameBefore() throws {
    try with { setting in
      let evaluator = RequestEvaluator(setting)
      let at = #","at":"2025-01-01""#
      let plain = ask(evaluator, decide(small + at))
      for params in [
        #"{"limit":1}"#, #"{"limit":"x"}"#, #"{"words":"fail"}"#,
        #"{"words":"\#(String(repeating: "w", count: 5000))"}"#,
      ] {
        for _ in 0..<3 { _ = ask(evaluator, decide(small + at + #","params":"# + params)) }
        #expect(ask(evaluator, decide(small + at)) == plain)
      }
      let refused = try #require(ask(evaluator, decide(small + #","params":{"words":"fail"}"#)))
      #expect(
        refused.contains(#""code":-32000,"message":"a/x.lua:5: no check","data":{"code":"policy_error","line":5}"#))
    }
  }

  /// A machine that has been used meets its memory limit earlier than a fresh one: the fresh one's answer counts.
  @Test func aDecisionDoesNotDependOnThoseBefore() throws {
    try with { setting in
      let big = decide(#""input":{"id":"big","amount":1},"at":"2025-01-01""#)
      let fresh = ask(RequestEvaluator(setting), big)
      let evaluator = RequestEvaluator(setting)
      for round in 0..<20 {
        _ = ask(evaluator, decide(small + #","params":{"words":"\#(String(repeating: "w", count: round * 1000))"}"#))
        #expect(ask(evaluator, big) == fresh)
      }
    }
  }

  @Test func theSnapshotInForceAnswers() throws {
    try with { setting in
      let evaluator = RequestEvaluator(setting)
      let before = try #require(ask(evaluator, decide(small)))
      try withPolicy(policy.replacing("10", with: "1")) { loader in
        let snapshot = try Snapshot(loading: loader.store)
        setting.store.publish(snapshot)
        let after = try #require(ask(evaluator, decide(small)))
        #expect(before.contains(#""outcome":"low""#))
        #expect(after.contains(#""outcome":"high""#))
        #expect(ask(evaluator, #"{"jsonrpc":"2.0","id":1,"method":"health"}"#)?.contains(snapshot.id) == true)
        #expect(
          ask(evaluator, #"{"jsonrpc":"2.0","id":1,"method":"policies"}"#)?.contains(
            snapshot.policies["a.x"]!.version.description)
            == true)
      }
    }
  }

  @Test func whatMayTakeLongIsLeftAlone() throws {
    try with { setting in
      let evaluator = RequestEvaluator(setting)
      for line in [
        #"{"jsonrpc":"2.0","id":1,"method":"decide_batch","params":{"policy":"a.x","inputs":[]}}"#, "[]",
        #"[{"jsonrpc":"2.0","id":1,"method":"health"}]"#,
      ] {
        #expect(ask(evaluator, line, longWork: false) == nil)
        #expect(ask(evaluator, line) != nil)
      }
      #expect(ask(evaluator, decide(small), longWork: false) != nil)
    }
  }

  @Test func adminMethodsAreThereWhereTheyAreAllowed() throws {
    try with { setting in
      let reload = #"{"jsonrpc":"2.0","id":1,"method":"admin.reload"}"#
      let rollback = #"{"jsonrpc":"2.0","id":1,"method":"admin.rollback","params":{"snapshot":"abc"}}"#
      #expect(ask(RequestEvaluator(setting), reload, admin: true)?.contains("-32601") == true)
      var setting = setting
      setting.admin = TestAdmin()
      let evaluator = RequestEvaluator(setting)
      #expect(ask(evaluator, reload)?.contains("-32601") == true)
      #expect(ask(evaluator, rollback, admin: true, longWork: false) == nil)
      #expect(ask(evaluator, rollback, admin: true) == #"{"jsonrpc":"2.0","id":1,"result":{"snapshot":"abc"}}"# + "\n")
      let failed = try JSONView(ask(evaluator, reload, admin: true) ?? "null")
      #expect(failed["error"]?["message"]?.string == "a/x.lua:3: unexpected symbol")
      #expect(failed["error"]?["data"]?["code"]?.string == "policy_error")
      #expect(
        ask(evaluator, #"{"jsonrpc":"2.0","id":1,"method":"admin.rollback"}"#, admin: true)?.contains("-32602") == true)
    }
  }

  @Test func theSinkGetsEachDecision() throws {
    try with { setting in
      var setting = setting
      let sink = TestSink()
      setting.sink = sink
      let evaluator = RequestEvaluator(setting)
      let at = #","at":"2025-01-01""#
      _ = try #require(ask(evaluator, decide(small + at + #","params":{"limit":1}"#)))
      _ = ask(evaluator, #"{"jsonrpc":"2.0","method":"decide","params":{"policy":"a.x",\#(small + at)}}"#)
      _ = ask(
        evaluator,
        #"{"jsonrpc":"2.0","id":1,"method":"decide_batch","params":{"policy":"a.x","inputs":[{"id":"a","amount":5},{}]\#(at)}}"#
      )
      _ = ask(evaluator, decide(small + #","at":7"#))
      _ = ask(evaluator, decide(small + at + #","params":{"limit":"x"}"#))
      _ = ask(evaluator, #"{"jsonrpc":"2.0","id":"b","method":"decide","params":{"policy":"a.y",\#(small + at)}}"#)
      _ = ask(
        evaluator,
        #"{"jsonrpc":"2.0","id":1.50,"method":"decide_batch","params":{"policy":"a.x","inputs":[{}],"params":{"z":1}\#(at)}}"#
      )
      #expect(evaluator.hasUncommitted)
      #expect(evaluator.commit {})
      #expect(!evaluator.hasUncommitted)
      let records = sink.records.withLock { $0 }
      try #require(records.count == 8)
      let low = #"{"outcome":"low","reasons":["below"],"at":"2025-01-01T00:00:00Z"}"#
      let high = low.replacing(#""low""#, with: #""high""#)
      let input = #"{"id":"a","amount":5}"#
      #expect(records[0] == #"decide 1 a.x \#(input) {"limit":1} 2025-01-01 decision \#(high)"#)
      #expect(records[1] == "decide  a.x \(input) none 2025-01-01 decision \(low)")
      #expect(records[2] == "row(0, together: nil) 1 a.x \(input) none 2025-01-01 decision \(low)")
      let missing = #"{"code":"invalid_input","message":"id: "#
      #expect(records[3].hasPrefix("row(1, together: nil) 1 a.x {} none 2025-01-01 error \(missing)"))
      #expect(records[4].hasPrefix(#"decide 1 a.x \#(input) none 7 error {"code":-32602,"message":"at: "#))
      #expect(records[5].hasPrefix(#"decide 1 a.x \#(input) {"limit":"x"} 2025-01-01 error {"code":-32602,"#))
      #expect(records[6].hasPrefix(#"decide "b" no policy "a.y" \#(input) none 2025-01-01 error {"code":-32000,"#))
      #expect(records[7].hasPrefix(#"refusedBatch 1.50 a.x none {"z":1} 2025-01-01 error {"code":-32602,"#))
      #expect(records[7].hasSuffix("}"))
    }
  }

  @Test func whatTheSinkCannotKeepIsNotAnswered() throws {
    try with { setting in
      var setting = setting
      setting.sink = TestSink(refusal: EngineError(code: .overloaded, message: "the log is full"))
      let evaluator = RequestEvaluator(setting)
      let refused =
        #"{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"the log is full","data":{"code":"overloaded"}}}"#
      #expect(ask(evaluator, decide(small)) == refused + "\n")
      let batch = #"{"jsonrpc":"2.0","id":1,"method":"decide_batch","params":{"policy":"a.x","inputs":[{}]}}"#
      let element = #""results":[{"error":{"code":"overloaded","message":"the log is full"}}]"#
      #expect(ask(evaluator, batch)?.contains(element) == true)
    }
  }

  @Test func anExplanationIsNoWorkForALoop() throws {
    try with { setting in
      let asked = decide(small + #","explain":true"#)
      #expect(ask(RequestEvaluator(setting), asked, longWork: false) == nil)
      #expect(ask(RequestEvaluator(setting), asked)?.contains("this service explains nothing") == true)
      #expect(ask(RequestEvaluator(setting), decide(small + #","explain":false"#), longWork: false) != nil)
    }
  }

  @Test func longWorkIsGivenUpWhereNobodyWaits() throws {
    try with { setting in
      let evaluator = RequestEvaluator(setting)
      let inputs = Array(repeating: #"{"id":"a","amount":5}"#, count: 1000).joined(separator: ",")
      let line = #"{"jsonrpc":"2.0","id":1,"method":"decide_batch","params":{"policy":"a.x","inputs":[\#(inputs)]}}"#
      let block = ByteBlock(Array(line.utf8))
      var output = ByteWriter()
      var asked = 0
      _ = unsafe evaluator.answer(UnsafeRawBufferPointer(block.bytes), .init(longWork: true), into: &output) {
        asked += 1
        return asked < 5
      }
      #expect(asked == 5)
    }
  }
}
