import RemitEngine
import RemitLua
import RemitModel
import RemitPolicy
import RemitWire
import Testing

/// Reading an input without deciding it, under a policy that approves whatever can be read.
@Suite("Reading without deciding")
struct ReadingTests {
  private static let whole = """
    {"id":"A","date":"2025-03-10","category":"expense","amount":840.00,"requester":{"id":"U7","level":1},\
    "vendor":{"id":"V2","approved":true},"urgent":false,"sole_source":false,"budget":"12000.00","probability":0.020,\
    "exposure":4400.00,"years":9,"equity":900000.00,"debt":310000.00,"profit":-1,"overdue_days":0}
    """

  private static let lines = [
    whole,
    whole + "x",
    String(whole.dropLast()),
    whole.replacing("0.020", with: "1.5"),
    whole.replacing("\"id\":\"A\",", with: ""),
    whole.replacing("\"id\":\"A\"", with: "\"id\":\"A\",\"id\":\"B\""),
    whole.replacing("2025-03-10", with: "2025-02-30"),
    whole.replacing("\"level\":1", with: "\"level\":7"),
    whole.replacing("840.00", with: "0.000000000000000000000000000001"),
    whole.replacing("840.00", with: "12345678901234567890.12"),
    whole.replacing("\"years\":9", with: "\"years\":9,\"other\":" + String(repeating: "[", count: 64)),
    "", "{", "[]", "null", "\"",
  ]

  @Test func readsWhatWouldBeDecidedAndRefusesWhatWouldBeRefused() throws {
    let folder = PolicyFolder(policies: Self.benchmarkPolicies, plugins: "nothing")
    let (policy, machine) = try PolicyLoader(ModuleStore(folder: folder)).load(named: "benchmark.approve")
    let evaluator = try Evaluator(policy, machine: machine, params: Array("{}".utf8), at: "2025-06-15")
    let untouched = try Evaluator(policy, params: Array("{}".utf8), at: "2025-06-15")
    var decided = 0
    for (number, line) in Self.lines.enumerated() {
      let block = ByteBlock(Array(line.utf8))
      let input = unsafe UnsafeRawBufferPointer(block.bytes)
      let refusal = unsafe machine.machine.read(machine.policy, input: input)
      var output = ByteWriter()
      var expected = ByteWriter()
      let outcome = unsafe evaluator.decide(input, line: UInt64(number + 1), into: &output)
      _ = unsafe untouched.decide(input, line: UInt64(number + 1), into: &expected)
      #expect(refusal == (outcome == nil ? .invalidInput : nil), "\(line)")
      #expect(output.bytes == expected.bytes, "what was read before leaves nothing behind")
      if outcome != nil { decided += 1 }
    }
    #expect(decided == 3, "the whole one, and the amounts of 1 and of 22 digits")
  }

  private static var benchmarkPolicies: String {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    return parts.joined(separator: "/") + "/benchmarks/natural/policies"
  }
}
