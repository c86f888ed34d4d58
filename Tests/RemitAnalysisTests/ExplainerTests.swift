import RemitEngine
import RemitModel
import RemitPolicy
import RemitTestKit
import RemitWire
import Testing

@testable import RemitAnalysis

private let policy = """
  local rows = dataset "limits.csv" { role = text {}, limit = money {} }
  local limits = {}
  for row in rows:rows() do limits[row.role] = row.limit end
  return policy {
    summary = "For tests.", outcomes = { "low", "high" },
    input = record { id = text {}, amount = money {}, role = enum { "clerk", "chief" }, note = optional(text {}) },
    params = { extra = money { default = "0.50", summary = "On top." } },
    reasons = { below = { en = "Below." }, above = { zh = "以上。" } },
    decide = function(tx, params, context)
      local limit = limits[tx.role] + params.extra
      if tx.note == context.at then error("no note") end
      if tx.amount <= limit then return { outcome = "low", reasons = { "below" } } end
      return { outcome = "high", reasons = { "above" }, limit = limit }
    end,
  }
  """

@Suite("Explaining")
struct ExplainerTests {
  private func withExplainer<Result>(
    budget: SearchBudget = SearchBudget(), _ body: (Explainer) throws -> Result
  ) throws -> Result {
    let folder = TemporaryFolder([
      "a/x.lua": policy, "limits.csv": "role,limit\nclerk,100\nchief,5000\n",
    ])
    defer { withExtendedLifetime(folder) {} }
    let loader = PolicyLoader(ModuleStore(folder: PolicyFolder(policies: folder.path, plugins: "nothing")))
    let (loaded, _) = try loader.load(named: "a.x")
    return try body(Explainer(loaded, params: Array("{}".utf8), at: "2025-06-15", budget: budget))
  }

  private func explained(_ text: String, budget: SearchBudget = SearchBudget()) throws -> Explanation {
    try withExplainer(budget: budget) { explainer in
      guard case .explained(let explanation) = try explainer.explain(Array(text.utf8)) else {
        throw EngineError(code: .internalError, message: "not explained")
      }
      return explanation
    }
  }

  @Test("An input becomes a value, that a JSON object and lines of text")
  func example() throws {
    let explanation = try explained(#"{"id":"1","amount":"4380.00","role":"clerk"}"#)
    #expect(explanation.outcome == "high")
    #expect(explanation.decidedAt?.line == 13)
    let turns = explanation.turns.map { "\($0.path.text) \(String(decoding: $0.to, as: UTF8.self)) \($0.outcome)" }
    #expect(turns == ["/amount \"100.50\" low", "/role \"chief\" low"])
    let json = try JSONView(explanation.json)
    #expect(json["decision"]?["limit"]?.rawText == "100.5")
    #expect(json["turns"]?[0]?["keeps"]?.string == "100.51")
    let english = explanation.lines(.english)
    #expect(english.contains("  amount 100.50 instead of 4380.00 (−4279.50) → low"))
    // A reason that has no text in the language has the other's.
    #expect(english.contains("  以上。 [above]"))
    #expect(explanation.lines(.chinese).contains("  Below. [below]") == false)
    #expect(explanation.lines(.chinese)[0].hasPrefix("a.x") && explanation.lines(.chinese)[0] != english[0])
    for width in [40, 60, 100] {
      for language in ExplanationLanguage.allCases {
        #expect(explanation.lines(language, width: width).allSatisfy { TextColumns.width($0) <= width })
      }
    }
  }

  @Test("An explainer explains one input after another, whatever came before")
  func again() throws {
    let inputs = [
      #"{"id":"1","amount":"4380.00","role":"clerk"}"#, #"{"id":"2","amount":1,"role":"chief"}"#, "{", #"{"id":"3"}"#,
      #"{"id":"4","amount":5,"role":"clerk","note":"2025-06-15T00:00:00Z"}"#,
    ]
    func bytes(_ answer: Explainer.Answer) -> [UInt8] {
      switch answer {
      case .explained(let explanation): explanation.json
      case .failed(let line): line
      }
    }
    let alone = try inputs.map { input in
      try withExplainer { bytes(try $0.explain(Array(input.utf8))) }
    }
    try withExplainer { explainer in
      for (input, answer) in zip(inputs + inputs, alone + alone) {
        let found = bytes(try explainer.explain(Array(input.utf8)))
        #expect(found == answer)
      }
    }
    #expect(String(decoding: alone[4], as: UTF8.self).contains("no note"))
  }

  @Test("A search that is cut says so, and what it tells is true", arguments: [0, 1, 2, 5, 40, 100])
  func cut(evaluations: Int) throws {
    var budget = SearchBudget()
    budget.evaluationsMax = evaluations
    let explanation = try explained(#"{"id":"1","amount":"4380.00","role":"clerk"}"#, budget: budget)
    #expect(explanation.evaluations <= evaluations)
    #expect(explanation.isCut || explanation.turns.count == 2)
    #expect(explanation.turns.allSatisfy { $0.outcome == "low" })
    let tried = explanation.turns.map(\.path) + explanation.untried + explanation.indifferent
    #expect(Set(tried.map(\.text)) == ["/amount", "/role", "/note"])
  }

  @Test("Rows of data stand with what was read of them")
  func rows() throws {
    let reads = [
      ("$data/d/limits.csv/7", nil), ("$data/d/limits.csv/7/limit", "3000"), ("$data/d/limits.csv/7/role", "\"x\""),
    ]
    .map { path, value in
      Explanation.Read(
        path: ValuePath(path), value: value.map { .scalar(Array($0.utf8)) } ?? .table(count: 0), type: nil, place: nil)
    }
    let explanation = Explanation(
      policy: "a.x", version: "v", at: "2025-06-15", id: Array("1".utf8), outcome: "low", reasons: [],
      decision: Array("{}".utf8), decidedAt: nil, reads: reads, conditions: [], isTruncated: false, turns: [],
      indifferent: [], untried: [], evaluations: 0, isCut: false)
    #expect(explanation.lines(.english).contains("  d/limits.csv row 7  limit 3000, role x"))
  }
}
