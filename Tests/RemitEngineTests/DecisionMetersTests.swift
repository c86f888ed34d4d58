import RemitLua
import RemitModel
import RemitPolicy
import RemitWire
import Testing

@testable import RemitEngine

private let meteredPolicy = """
  return policy {
    summary = "A test.",
    outcomes = { "low", "high" },
    input = record { n = integer {} },
    reasons = { ok = { en = "Fine.", zh = "好。" } },
    decide = function(tx)
      return { outcome = tx.n > 10 and "high" or "low", reasons = { "ok" } }
    end,
  }
  """

@Suite struct DecisionMetersTests {
  private func ask(_ evaluator: RequestEvaluator, _ n: String) {
    var output = ByteWriter()
    let line = #"{"jsonrpc":"2.0","id":1,"method":"decide","params":{"policy":"a.x","input":{"n":\#(n)}}}"#
    let block = ByteBlock(Array(line.utf8))
    _ = unsafe evaluator.answer(
      UnsafeRawBufferPointer(block.bytes), .init(longWork: true, transport: .unix), into: &output)
  }

  @Test func threadsAreSummed() throws {
    try withPolicy(meteredPolicy) { loader in
      let snapshot = try Snapshot(loading: loader.store)
      let clock = ServiceClock(milliseconds: { 0 }, uptimeSeconds: { 0 })
      var setting = RequestEvaluator.Setting(store: SnapshotStore(snapshot), clock: clock)
      let meters = DecisionMeters()
      setting.meters = meters
      let first = RequestEvaluator(setting)
      for n in ["1", "20", "30", "\"x\""] { ask(first, n) }
      do {
        let second = RequestEvaluator(setting)
        ask(second, "5")
        ask(second, "nonsense")
      }
      // What a thread that is no more has counted stays.
      let totals = meters.totals(in: snapshot)
      #expect(totals.decisions.map(\.outcome) == ["high", "low"])
      #expect(totals.decisions.map(\.count) == [2, 2])
      let errors = totals.errors.filter { $0.count > 0 }.map { "\($0.policy ?? "-") \($0.code.rawValue)" }
      #expect(errors == ["- parse_error", "a.x invalid_input"])
      let requests = totals.requests.filter { $0.count > 0 }.map { "\($0.method) \($0.transport) \($0.count)" }
      #expect(requests == ["decide unix 5"])
      #expect(totals.buckets.reduce(0, +) == 5)
      #expect(totals.durationNanoseconds > 0)
      // Nothing is told of a policy that is not in force.
      let none = Snapshot([])
      #expect(meters.totals(in: none).decisions.isEmpty)
    }
  }

  @Test func everyCodeAndMethodHasItsPlace() {
    #expect(Set(ErrorCode.allCases.map(\.ordinal)) == Set(0..<ErrorCode.allCases.count))
    for method in RequestEvaluator.Method.allCases {
      #expect(RequestKind.methods[method.ordinal] == "\(method.name)")
    }
  }
}
