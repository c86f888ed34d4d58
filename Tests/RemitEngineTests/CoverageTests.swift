import RemitModel
import RemitPolicy
import RemitSyntax
import Testing

@testable import RemitEngine

@Suite("Coverage")
struct CoverageTests {
  /// Coverage of a text of which each site in the file's order was reached so often.
  private func coverage(_ source: String, _ counts: [Int]) throws -> FileCoverage {
    let bytes = Array(source.utf8)
    let sites = try translate(bytes, file: "a/x.lua", traced: true).sites
    var coverage = FileCoverage(TracedFile(file: "a/x.lua", source: bytes, sites: sites))
    coverage.add(counts)
    return coverage
  }

  @Test func aLineRanWhenEverythingOnItRan() throws {
    let coverage = try coverage("local a = 1 local b = 2\nlocal c = 3\n", [3, 0, 2, 0, 0, 0])
    #expect(coverage.lines.map { [$0.number, $0.hits] } == [[1, 2], [2, 0]])
    #expect(coverage.lineRatio == .init(covered: 1, total: 2))
  }

  @Test func whatNeverEndsHasOneOutcome() throws {
    let coverage = try coverage("while true do break end", [1, 0, 4, 0, 1, 0])
    #expect(coverage.branches.map(\.outcomes) == [[true]])
    #expect(coverage.branchRatio == .init(covered: 1, total: 1))
    #expect(coverage.gaps.isEmpty)
  }

  @Test func conditionsOfWhatNeverRanAreNotToldBesideIt() throws {
    let source = "local a = 1\nif a then\n  if a == 2 then a = 3 end\nend"
    let count = try translate(Array(source.utf8), file: "a/x.lua", traced: true).sites.count
    var counts = Array(repeating: 0, count: 2 * count)
    let sites = try translate(Array(source.utf8), file: "a/x.lua", traced: true).sites
    for (index, site) in sites.enumerated() where site.line < 3 {
      counts[2 * index + (site.kind == .condition ? 1 : 0)] = 1
    }
    #expect(
      try coverage(source, counts).gaps == [
        "a/x.lua:2: condition `a` never true", "a/x.lua:3: statement never ran: `if a == 2 then a = 3 end`",
        "a/x.lua:3: statement never ran: `a = 3`",
      ])
  }

  @Test func aHundredPercentIsAllOfIt() {
    #expect(CoverageReport.Ratio(covered: 9999, total: 10000).percent == "99.9%")
    #expect(CoverageReport.Ratio(covered: 10000, total: 10000).percent == "100.0%")
    #expect(CoverageReport.Ratio().percent == "-")
  }

  @Test func reasonsAreThoseOfPassingCases() throws {
    let policy = """
      return policy {
        summary = "s", outcomes = { "low", "high" }, input = record { a = integer {} },
        reasons = { below = { en = "b", zh = "b" }, above = { en = "a", zh = "a" } },
        decide = function(tx)
          if tx.a < 5 then return { outcome = "low", reasons = { "below" } } end
          return { outcome = "high", reasons = { "above" } }
        end,
      }
      """
    let tests = """
      return test "a.x" {
        { name = "1", input = { a = 1 }, expect = { outcome = "low" } },
        { name = "2", input = { a = 5 }, expect = { outcome = "low" } },
        { name = "3", input = { a = "x" }, error = { code = "invalid_input" } },
      }
      """
    try withPolicy(policy, tests: tests) { loader in
      let name = try #require(PolicyName("a.x"))
      let passed = try PolicyTestRunner(loader).run(name).filter(\.differences.isEmpty).map(\.name)
      #expect(passed == ["1", "3"])
      var run = CoverageRun(loader.store)
      try run.run(name, passed: Set(passed))
      let report = run.report(policies: [name], plugins: [], includesModules: true)
      let found = try #require(report.policies.first)
      #expect(found.cases == 3)
      #expect(found.gaps == ["reason above never cited", "outcome high never decided"])
      #expect(found.files.branchRatio == .init(covered: 2, total: 2))
      #expect(report.shortfalls(belowPermille: 1000) == ["reasons 50.0%", "outcomes 50.0%"])
      #expect(report.problems.isEmpty)
    }
  }
}
