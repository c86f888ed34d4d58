import RemitEngine
import RemitLua
import RemitModel
import RemitPolicy
import RemitWire
import Testing

private let policy = """
  return policy {
    summary = "For tests.", outcomes = { "seen" },
    input = record { id = text {}, k = text {}, n = optional(integer {}) },
    reasons = { ok = { en = "Fine.", zh = "好" } },
    group = { by = { "k" }, order = "n" },
    decide_group = function(rows, params, context)
      local ids, decisions = {}, {}
      for i = 1, #rows do ids[i] = rows[i].id end
      if rows[1].k == "memory" then for i = 1, 200 * #rows do ids[i] = ("x"):rep(100000 + i) end end
      for i = 1, #rows do decisions[i] = { outcome = "seen", reasons = { "ok" }, ids = table.concat(ids, " "), at = context.at } end
      if rows[1].k == "bad" then decisions[#rows].outcome = "unseen" end
      return decisions
    end,
  }
  """

@Suite("Groups")
struct GroupTests {
  private func together(_ inputs: [String], with evaluator: Evaluator? = nil) throws -> [JSONView] {
    try withPolicy(policy) { loader in
      let evaluator =
        try evaluator ?? Evaluator(loader.load(named: "a.x").0, params: Array("{}".utf8), at: "2025-06-15")
      let blocks = inputs.map { ByteBlock(Array($0.utf8)) }
      return try withExtendedLifetime(blocks) {
        var output = ByteWriter()
        output.append("before\n")
        let raw = unsafe blocks.map { unsafe UnsafeRawBufferPointer($0.bytes) }
        let places = try unsafe evaluator.decideTogether(raw, into: &output)
        let bytes = output.bytes
        #expect(places.count == inputs.count)
        #expect(places.first?.lowerBound ?? bytes.count == 7)
        #expect(places.last?.upperBound ?? bytes.count == bytes.count)
        for place in places { #expect(bytes[place].last == 10) }
        return try places.map { try JSONView(bytes[$0]) }
      }
    }
  }

  private func row(_ id: String, _ key: String, _ number: Int? = nil) -> String {
    "{\"id\":\"\(id)\",\"k\":\"\(key)\"\(number.map { ",\"n\":\($0)" } ?? "")}"
  }

  @Test("Inputs in memory have a result each, in their order, and one at fault is in no group")
  func inMemory() throws {
    let results = try together([
      row("a", "x", 2), row("b", "y"), "[", row("c", "x", 1), "{\"k\":\"x\"}", row("d", "x", 2),
    ])
    #expect(results.map { $0["id"]?.rawText ?? "" } == ["\"a\"", "\"b\"", "3", "\"c\"", "5", "\"d\""])
    #expect(results.map { $0["decision"]?["ids"]?.string ?? "" } == ["c a d", "b", "", "c a d", "", "c a d"])
    #expect(results[2]["error"]?["code"]?.string == "parse_error")
    #expect(results[4]["error"]?["path"]?.string == "/id")
    #expect(results[0]["decision"]?["at"]?.string == "2025-06-15T00:00:00Z")
  }

  @Test("No inputs have no results")
  func nothing() throws {
    #expect(try together([]).isEmpty)
  }

  @Test("A group that fails leaves others alone, and the evaluator is ready for more")
  func failures() throws {
    try withPolicy(policy) { loader in
      let evaluator = try Evaluator(loader.load(named: "a.x").0, params: Array("{}".utf8), at: "2025-06-15")
      for _ in 0..<3 {
        let results = try together(
          [row("a", "bad"), row("b", "good"), row("c", "memory"), row("d", "bad"), row("e", "memory")], with: evaluator)
        #expect(
          results.map { $0["error"]?["code"]?.string ?? "" } == [
            "policy_error", "", "budget_exceeded", "policy_error", "budget_exceeded",
          ])
        #expect(results[0]["error"]?["message"]?.string?.contains("decision 2 of 2, for the row of line 4: ") == true)
        #expect(results[2]["error"]?["budget"]?.string == "memory")
        #expect(results[1]["decision"]?["ids"]?.string == "b")
      }
    }
  }

  @Test("A group policy refuses to decide an input alone")
  func alone() throws {
    try withPolicy(policy) { loader in
      let evaluator = try Evaluator(loader.load(named: "a.x").0, params: Array("{}".utf8), at: "2025-06-15")
      let block = ByteBlock(Array(row("a", "x").utf8))
      var output = ByteWriter()
      #expect(unsafe evaluator.decide(UnsafeRawBufferPointer(block.bytes), line: 1, into: &output) == nil)
      let error = try JSONView(output.bytes)["error"]
      #expect(error?["code"]?.string == "policy_error")
      #expect(error?["message"]?.string?.hasPrefix("a/x.lua:6: the policy decides rows together") == true)
    }
  }

  private func run(
    _ source: MemorySource, to sink: MemorySink = MemorySink(), jobs: Int = 1, rowsMax: Int = 100,
    bytesMax: Int = 10_000
  ) throws -> (report: BatchRunner.Report, lines: [JSONView]) {
    try withPolicy(policy) { loader in
      let (loaded, machine) = try loader.load(named: "a.x")
      let first = try Evaluator(loaded, machine: machine, params: Array("{}".utf8), at: "2025-06-15")
      var runner = BatchRunner(jobs: jobs)
      runner.chunkBytes = 64
      runner.limits.lineBytesMax = 100
      runner.limits.groupRowsMax = rowsMax
      runner.limits.groupBytesMax = bytesMax
      let report = runner.runGroupLines(from: source, to: sink, outcomes: 1, first: first) {
        try Evaluator(loaded, params: Array("{}".utf8), at: "2025-06-15")
      }
      return (report, try sink.lines.map { try JSONView($0) })
    }
  }

  @Test("Any number of workers and any pieces of input give the same", arguments: [1, 2, 4], [1, 7, .max])
  func workers(jobs: Int, pieceBytes: Int) throws {
    let rows = (0..<200).map { $0 % 23 == 5 ? "{\"id\":\($0)}" : row("\($0)", "k\($0 * 7 % 31)", $0 * 11 % 13) }
    let (report, lines) = try run(MemorySource(rows.joined(separator: "\n"), pieceBytes: pieceBytes), jobs: jobs)
    #expect(report.failure == nil)
    #expect(report.tally.rows == 200)
    #expect(report.tally.errors == 9)
    #expect(report.tally.outcomes == [191])
    for (index, line) in lines.enumerated() {
      let members = (0..<200).filter { $0 % 23 != 5 && $0 * 7 % 31 == index * 7 % 31 }
      let expected = members.sorted { ($0 * 11 % 13, $0) < ($1 * 11 % 13, $1) }.map(String.init).joined(separator: " ")
      #expect(line["decision"]?["ids"]?.string == (index % 23 == 5 ? nil : expected))
    }
  }

  @Test(
    "A group at its limit of rows is decided, and one of one row more has errors that name the limit",
    arguments: [3, 4])
  func rowLimit(count: Int) throws {
    let rows = (0..<count).map { row("\($0)", "x") } + [row("other", "y")]
    let (report, lines) = try run(MemorySource(rows.joined(separator: "\n")), rowsMax: 3)
    #expect(report.failure == nil)
    #expect(report.tally.errors == (count > 3 ? count : 0))
    #expect(lines.count == rows.count)
    for line in lines.dropLast() {
      let message = line["error"]?["message"]?.string
      #expect(message == (count > 3 ? "the group has more than 3 rows, the most that are decided together" : nil))
    }
    #expect(lines.last?["decision"] != nil)
  }

  @Test("The same of its limit of bytes", arguments: [0, 1])
  func byteLimit(more: Int) throws {
    let rows = [row("0", "x"), row("1", "x"), row("2" + String(repeating: "2", count: more), "x")]
    let (report, lines) = try run(MemorySource(rows.joined(separator: "\n")), bytesMax: 3 * rows[0].utf8.count)
    #expect(report.failure == nil)
    let wanted =
      "the rows of the group have more than \(3 * rows[0].utf8.count) bytes, the most that are decided together"
    #expect(lines.map { $0["error"]?["message"]?.string } == Array(repeating: more > 0 ? wanted : nil, count: 3))
  }

  @Test("An input that cannot be read to its end has no decisions")
  func tornInput() throws {
    let source = MemorySource((0..<20).map { row("\($0)", "x") }.joined(separator: "\n"))
    source.failure = StreamError("cannot read: the line is dead")
    let (report, lines) = try run(source)
    #expect(report.failure?.description == "cannot read: the line is dead")
    #expect(lines.isEmpty)
  }

  @Test("A closed pipe is the report's failure")
  func closedPipe() throws {
    let sink = MemorySink()
    sink.bytesMax = 10
    let (report, _) = try run(MemorySource(row("a", "x")), to: sink)
    #expect(report.failure?.isClosedPipe == true)
  }
}
