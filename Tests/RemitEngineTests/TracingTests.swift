import RemitEngine
import RemitLua
import RemitModel
import RemitPolicy
import RemitTestKit
import RemitWire
import Testing

private let policy = """
  local function total(lines)
    local sum = 0
    for _, line in ipairs(lines) do sum = sum + line.price end
    return sum
  end
  return policy {
    summary = "For tests.", outcomes = { "low", "high" },
    input = record {
      id = text {}, amount = money {}, size = optional(integer {}), ["a/b~"] = optional(text {}),
      lines = list { of = record { price = money {}, sku = text {} } }, tags = list { of = text {} },
    },
    params = { limit = money { default = "100.00", summary = "The limit." } },
    reasons = { below = { en = "Below.", zh = "以下" }, above = { en = "Above.", zh = "以上" } },
    decide = function(tx, params, context)
      local own = { limit = 3 }
      if tx.amount <= params.limit and total(tx.lines) < own.limit then
        return { outcome = "low", reasons = { "below" } }
      end
      for _, tag in ipairs(tx.tags) do own[tag] = tx["a/b~"] end
      return { outcome = "high", reasons = { "above" }, at = context.at, again = tx.amount }
    end,
  }
  """

@Suite("Tracing")
struct TracingTests {
  private func traced(_ input: String) throws -> (decision: String, trace: JSONView, coverage: JSONView) {
    try withPolicy(policy) { loader in
      let (loaded, _) = try loader.load(named: "a.x")
      let (machine, _) = try loaded.makeTracedMachine()
      try #require(machine.machine.setAt("2025-06-15"))
      var output = ByteWriter()
      let block = ByteBlock(Array(input.utf8))
      _ = unsafe output.withBuffer { buffer in
        unsafe machine.machine.decideTraced(
          machine.policy, input: UnsafeRawBufferPointer(block.bytes), line: 1, into: buffer)
      }
      return (
        String(decoding: output.bytes, as: UTF8.self), try JSONView(machine.machine.trace().array()),
        try JSONView(machine.machine.coverage().array())
      )
    }
  }

  private func reads(_ trace: JSONView) -> [String] {
    (trace["reads"]?.elements ?? []).map { read in
      "\(read["path"]?.string ?? "?")=\(read["value"]?.rawText ?? "#" + (read["count"]?.rawText ?? "?"))"
    }
  }

  @Test func whatIsReadIsToldWithItsValueAndOnce() throws {
    let input = #"""
      {"id":"1","amount":99.5,"a/b~":"x","lines":[{"price":2,"sku":"s"},{"price":1.5,"sku":"t"}],"tags":["u","v"]}
      """#
    let (decision, trace, coverage) = try traced(input)
    #expect(decision.contains(#""high","reasons":["above"]"#))
    #expect(
      reads(trace) == [
        "/amount=99.5", "$params/limit=100", "/lines=#2", "/lines/0/price=2", "/lines/1/price=1.5", "/tags=#2",
        "/tags/0=\"u\"", "/tags/1=\"v\"", "/a~1b~0=\"x\"", "$context/at=\"2025-06-15T00:00:00Z\"",
      ])
    // The left side of `and`, and the whole.
    #expect(trace["tests"]?.elements.map { $0.elements.last?.rawText } == ["true", "false"])
    #expect(trace["modules"]?.elements.compactMap(\.string) == ["a.x"])
    let counts = coverage["modules"]?.elements.first?["counts"]?.elements.count ?? 0
    #expect(counts > 20)
  }

  @Test func whatIsAbsentIsToldAsNull() throws {
    let (_, trace, _) = try traced(#"{"id":"1","amount":100.01,"lines":[],"tags":["u"]}"#)
    #expect(reads(trace).contains("/a~1b~0=null"))
  }

  @Test func tablesThatWereGoneThroughAreToldWithThoseInThem() throws {
    let (_, trace, _) = try traced(#"{"id":"1","amount":1,"lines":[{"price":2,"sku":"s"}],"tags":[]}"#)
    #expect(Set(trace["met"]?.elements.compactMap(\.string) ?? []) == ["/lines", "/lines/0"])
  }

  @Test func anInputThatIsRefusedHasNoReadsOfTheOneBefore() throws {
    try withPolicy(policy) { loader in
      let (machine, _) = try loader.load(named: "a.x").0.makeTracedMachine()
      try #require(machine.machine.setAt("2025-06-15"))
      for (input, count) in [(#"{"id":"1","amount":1,"lines":[],"tags":[]}"#, 3), (#"{"id":5}"#, 0)] {
        var output = ByteWriter()
        let block = ByteBlock(Array(input.utf8))
        _ = unsafe output.withBuffer { buffer in
          unsafe machine.machine.decideTraced(
            machine.policy, input: UnsafeRawBufferPointer(block.bytes), line: 1, into: buffer)
        }
        #expect(reads(try JSONView(machine.machine.trace().array())).count == count)
      }
    }
  }

  @Test func aRowOfADatasetIsNamedByItsFileAndLine() throws {
    let policy = """
      local d = dataset "data/d.csv" { role = text {}, limit = money {} }
      return policy {
        summary = "For tests.", outcomes = { "yes" }, input = record { role = text {} },
        reasons = { r = { en = "R", zh = "R" } },
        decide = function(tx)
          for i = 1, 50 do local other = d:find { role = "a" } end
          local row = d:find { role = tx.role }
          return { outcome = "yes", reasons = { "r" }, limit = row.limit }
        end,
      }
      """
    let folder = TemporaryFolder(["policies/a/x.lua": policy, "policies/data/d.csv": "role,limit\n\na,1\nb,2.50\n"])
    let store = ModuleStore(
      folder: PolicyFolder(policies: folder.path + "/policies", plugins: folder.path + "/plugins"))
    let (machine, _) = try PolicyLoader(store).load(named: "a.x").0.makeTracedMachine()
    var output = ByteWriter()
    let block = ByteBlock(Array("{\"role\":\"b\"}".utf8))
    for _ in 0..<3 {
      _ = unsafe output.withBuffer { buffer in
        unsafe machine.machine.decideTraced(
          machine.policy, input: UnsafeRawBufferPointer(block.bytes), line: 1, into: buffer)
      }
      let trace = try JSONView(machine.machine.trace().array())
      #expect(
        reads(trace) == [
          "$data/data/d.csv/3=#0", "/role=\"b\"", "$data/data/d.csv/4=#0", "$data/data/d.csv/4/limit=2.5",
        ])
    }
  }

  @Test func aRefusedInputReadsNothing() throws {
    let (decision, trace, _) = try traced(#"{"id":"1"}"#)
    #expect(decision.contains("invalid_input"))
    #expect(reads(trace).isEmpty)
  }

  @Test func decisionsThatGoTheSameWayHaveTheSamePath() throws {
    try withPolicy(policy) { loader in
      let (loaded, _) = try loader.load(named: "a.x")
      let (machine, _) = try loaded.makeTracedMachine()
      try #require(machine.machine.setAt("2025-06-15"))
      func path(_ amount: String, tags: String = "[]") -> (path: UInt64, steps: Int) {
        let block = ByteBlock(Array(#"{"id":"1","amount":\#(amount),"lines":[],"tags":\#(tags)}"#.utf8))
        var output = ByteWriter()
        let result = unsafe output.withBuffer { buffer in
          unsafe machine.machine.decidePath(
            machine.policy, input: UnsafeRawBufferPointer(block.bytes), line: 1, into: buffer)
        }
        return (result.path, machine.machine.lastSteps)
      }
      let low = path("1")
      #expect(path("100.00").path == low.path)
      #expect(path("100.01").path != low.path)
      #expect(path("1").steps == low.steps)
      #expect((10...500).contains(low.steps))
      #expect(path("101", tags: #"["u","v","w"]"#).steps > path("101", tags: #"["u"]"#).steps)
      // A whole trace afterwards is as if nothing had been decided before.
      #expect(try traced(#"{"id":"1","amount":1,"lines":[],"tags":[]}"#).decision.contains(#""low""#))
    }
  }

  @Test func theStatementOfDecideItselfIsTold() throws {
    let (_, trace, _) = try traced(#"{"id":"1","amount":1,"lines":[],"tags":[]}"#)
    #expect(trace["decided"]?.rawText == trace["last"]?.rawText)
    #expect(trace["decided"]?.elements.count == 2)
  }
}
