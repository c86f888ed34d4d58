import RemitEngine
import RemitLua
import RemitModel
import RemitPolicy
import RemitWire
import Testing

private let policy = """
  return policy {
    summary = "For tests.", outcomes = { "low", "high" },
    input = record { id = text {}, amount = money { min = "0" }, size = optional(integer {}), tags = optional(map { of = text {} }) },
    params = { limit = money { default = "100.00", summary = "The limit." } },
    reasons = { below = { en = "Below.", zh = "以下" }, above = { en = "Above.", zh = "以上" } },
    decide = function(tx, params, context)
      if tx.size then
        local parts = {}
        for i = 1, tx.size do parts[i] = string.rep(string.rep("x", 1000), 100) .. i end
      end
      if tx.amount <= params.limit then return { outcome = "low", reasons = { "below" }, at = context.at } end
      return { outcome = "high", reasons = { "above" }, over = tx.amount - params.limit, more = {} }
    end,
  }
  """

@Suite("Evaluators")
struct EvaluatorTests {
  private func decide(_ lines: [String], params: String = "{}", jobs: Int = 1) throws -> [String] {
    try withPolicy(policy) { loader in
      let (loaded, machine) = try loader.load(named: "a.x")
      let evaluator = try Evaluator(loaded, machine: machine, params: Array(params.utf8), at: "2025-06-15")
      let sink = MemorySink()
      var runner = BatchRunner(jobs: jobs)
      runner.chunkBytes = 256
      let report = runner.runLines(
        from: MemorySource(lines.joined(separator: "\n")), to: sink, outcomes: 2, first: evaluator
      ) { try Evaluator(loaded, params: Array(params.utf8), at: "2025-06-15") }
      #expect(report.failure == nil)
      return sink.lines.map { $0.replacing(loaded.version.description, with: "V") }
    }
  }

  @Test("Decisions and errors are lines of the contract's form")
  func lines() throws {
    let lines = try decide([
      "{\"id\":\"1\",\"amount\":\"100\"}", "", "{\"id\":\"3\",\"amount\":100.01}", "{\"id\":\"4\"}", "{\"amount\":1e",
    ])
    #expect(lines.count == 4)
    #expect(
      lines.first?.hasPrefix("{\"id\":\"1\",\"policy\":\"a.x\",\"version\":\"V\",\"decision\":{\"outcome\":\"low\",")
        == true)
    #expect(
      lines.dropFirst().first
        == "{\"id\":\"3\",\"policy\":\"a.x\",\"version\":\"V\",\"decision\":"
        + "{\"outcome\":\"high\",\"reasons\":[\"above\"],\"more\":[],\"over\":0.01}}")
    let missing = try JSONView(lines[2])
    #expect(missing["line"]?.integer == 4)
    #expect(missing["error"]?["code"]?.string == "invalid_input")
    #expect(missing["error"]?["path"]?.string == "/amount")
    #expect(try JSONView(lines[3])["error"]?["code"]?.string == "parse_error")
  }

  @Test("Params change decisions, and wrong ones are refused before any row")
  func params() throws {
    let input = ["{\"id\":\"1\",\"amount\":\"100\"}"]
    #expect(try decide(input, params: "{\"limit\":\"99.99\"}").first?.contains("\"over\":0.01") == true)
    for wrong in ["{\"limit\":\"abc\"}", "{\"limt\":\"1\"}", "{\"limit\":\"1,00\"}"] {
      let error = #expect(throws: EngineError.self) { try decide(input, params: wrong) }
      #expect(error?.code == .invalidParams)
    }
  }

  @Test("A time that is none is refused")
  func time() throws {
    try withPolicy(policy) { loader in
      let loaded = try loader.load(named: "a.x").0
      #expect(throws: EngineError.self) { try Evaluator(loaded, params: Array("{}".utf8), at: "yesterday") }
    }
  }

  @Test("A machine that ran out of memory leaves no trace in later decisions", arguments: [1, 3])
  func memory(jobs: Int) throws {
    func line(_ index: Int, size: Int) -> String { "{\"id\":\"\(index)\",\"amount\":1,\"size\":\(size)}" }
    // Some fit, some do not, and some are near the limit, where what an earlier decision left behind would matter.
    let sizes = (0..<120).map { [1, 150, 250, 20, 162, 166, 140, 168, 1, 164][$0 % 10] }
    let alone = try sizes.enumerated().map { index, size in try decide([line(index, size: size)])[0] }
    let together = try decide(sizes.enumerated().map { line($0, size: $1) }, jobs: jobs)
    func withoutLine(_ text: String) throws -> String {
      let view = try JSONView(text)
      return view["decision"]?.rawText ?? view["error"]?.rawText ?? text
    }
    #expect(try together.map(withoutLine) == alone.map(withoutLine))
    #expect(together.contains { $0.contains("\"budget\":\"memory\"") })
    #expect(together.contains { $0.contains("\"outcome\":\"low\"") })
  }
}

@Suite("Policies' own tests")
struct PolicyTestRunnerTests {
  private func run(_ cases: String) throws -> [PolicyTestRunner.CaseResult] {
    try withPolicy(policy, tests: "return test \"a.x\" {\n\(cases)\n}") { loader in
      try PolicyTestRunner(loader).run(#require(PolicyName("a.x")))
    }
  }

  @Test(
    "A case passes where all that it names is so",
    arguments: [
      "input = { id = \"1\", amount = 100 }, expect = { outcome = \"low\" }",
      "input = { id = \"1\", amount = \"100.00\" }, expect = { outcome = \"low\", reasons = { \"below\" } }",
      "input = { id = \"1\", amount = 100 }, params = { limit = 99.5 }, expect = { outcome = \"high\", over = 0.5, more = {} }",
      "input = { id = \"1\", amount = 100, tags = {} }, expect = { outcome = \"low\" }",
      "input = { id = \"1\", amount = 1 }, at = \"2024-02-29\", expect = { at = \"2024-02-29T00:00:00Z\" }",
      "input = { id = \"1\" }, error = { code = \"invalid_input\", path = \"/amount\" }",
      "input = { id = \"1\", amount = 1, size = 250 }, error = { code = \"budget_exceeded\", budget = \"memory\" }",
      "input = { id = \"1\", amount = 1 }, params = { nothing = 1 }, error = { code = \"invalid_params\" }",
    ])
  func passing(body: String) throws {
    let results = try run("{ name = \"case\", \(body) },")
    #expect(results.map(\.name) == ["case"])
    #expect(results.map(\.policy) == ["a.x"])
    #expect(results.map(\.differences) == [[]])
  }

  @Test(
    "A case that does not pass says what differs",
    arguments: [
      (
        "input = { id = \"1\", amount = 100 }, expect = { outcome = \"high\" }",
        "decision.outcome: expected \"high\", got \"low\""
      ),
      ("input = { id = \"1\", amount = 100 }, expect = { other = 1 }", "decision.other: expected 1, got nothing"),
      ("input = { id = \"1\", amount = 101 }, expect = { over = 2 }", "decision.over: expected 2, got 1"),
      (
        "input = { id = \"1\" }, error = { code = \"invalid_input\", path = \"/id\" }",
        "error.path: expected \"/id\", got \"/amount\""
      ),
      ("input = { id = \"1\" }, expect = { outcome = \"low\" }", "got the error invalid_input at /amount"),
      (
        "input = { id = \"1\", amount = 1 }, error = { code = \"invalid_input\" }",
        "expected the error {\"code\":\"invalid_input\"}"
      ),
    ])
  func failing(body: String, difference: String) throws {
    let results = try run("{ name = \"case\", \(body) },")
    #expect(results.count == 1)
    #expect(results.first?.differences.first?.hasPrefix(difference) == true, "\(results)")
  }

  @Test(
    "A case that could not fail is a failure, and says what is wrong with it",
    arguments: [
      ("{ name = \"n\", input = {} }", "nothing is expected: say expect = { … } or error = { code = \"…\" }"),
      ("{ name = \"n\", expects = { outcome = \"low\" } }", "unknown key \"expects\": did you mean \"expect\"?"),
      (
        "{ name = \"n\", param = { limit = 5 }, expect = { outcome = \"low\" } }",
        "unknown key \"param\": did you mean \"params\"?"
      ),
      (
        "{ name = \"n\", something = 1, expect = { outcome = \"low\" } }",
        "unknown key \"something\": a case has name, input, params, at, files, expect, error"
      ),
      (
        "{ name = \"n\", expect = { outcome = \"low\" }, error = { code = \"invalid_input\" } }",
        "expect and error stand both there: either there is a decision or there is none"
      ),
      ("{ name = \"n\", expect = {} }", "expect: expected a table with at least one key, got []"),
      ("{ name = \"n\", expect = \"low\" }", "expect: expected a table with at least one key, got \"low\""),
      ("{ name = \"n\", expect = { \"low\" } }", "expect: expected a table with at least one key, got [\"low\"]"),
      ("{ name = \"n\", error = {} }", "error: its code is missing"),
      ("{ name = \"n\", error = \"invalid_input\" }", "error: expected a table with a code, got \"invalid_input\""),
      (
        "{ name = \"n\", error = { code = \"invalid_inptu\" } }",
        "error.code: unknown code \"invalid_inptu\": did you mean \"invalid_input\"?"
      ),
      (
        "{ name = \"n\", error = { code = \"invalid_input\", pth = \"/amount\" } }",
        "error: unknown key \"pth\": did you mean \"path\"?"
      ),
      ("{ input = {}, expect = { outcome = \"low\" } }", "name: expected a text, got nothing"),
      ("{ name = 5, expect = { outcome = \"low\" } }", "name: expected a text, got 5"),
      ("{ name = \"n\", params = 5, expect = { outcome = \"low\" } }", "params: expected a table, got 5"),
      ("{ name = \"n\", at = 2025, expect = { outcome = \"low\" } }", "at: expected a text, got 2025"),
      ("5", "expected a table with a name, an input and what is expected, got 5"),
    ])
  func cannotFail(text: String, mistake: String) throws {
    let results = try run(text + ",")
    #expect(results.map(\.differences) == [[mistake]])
  }

  @Test("A name stands once in a file")
  func names() throws {
    let body = "input = { id = \"1\", amount = 100 }, expect = { outcome = \"low\" }"
    let results = try run("{ name = \"a\", \(body) }, { name = \"b\", \(body) }, { name = \"a\", \(body) },")
    #expect(results.map(\.differences) == [[], [], ["another case of the file has this name"]])
  }

  @Test("A file without cases is no test", arguments: ["", "name = \"a\", input = {}, expect = { outcome = \"low\" }"])
  func noCases(text: String) {
    let error = #expect(throws: PolicyLoadError.self) { try run(text) }
    guard case .broken(let diagnostics) = error else {
      Issue.record("the file is broken")
      return
    }
    #expect(diagnostics.map(\.file) == ["a/x_test.lua"])
    #expect(diagnostics.first?.message.hasPrefix("\"a.x\" has no cases") == true)
  }

  @Test("Tests that cannot be loaded are a failure to load")
  func broken() {
    #expect(throws: PolicyLoadError.self) { try run("{ name = ") }
    #expect(throws: PolicyLoadError.self) {
      try withPolicy(policy, tests: "return test \"a.nothing\" { { name = \"x\", input = {}, expect = {} } }") {
        loader in
        try PolicyTestRunner(loader).run(#require(PolicyName("a.x")))
      }
    }
  }
}
