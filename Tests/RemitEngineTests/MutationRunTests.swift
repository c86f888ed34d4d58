import RemitModel
import RemitPolicy
import Testing

@testable import RemitEngine

@Suite("Mutants")
struct MutationRunTests {
  private let policy = """
    return policy {
      summary = "s", outcomes = { "low", "high" }, input = record { a = integer { min = 0 } },
      reasons = { below = { en = "b", zh = "b" }, above = { en = "a", zh = "a" } },
      decide = function(tx)
        if tx.a <= 5 then
          return { outcome = "low", reasons = { "below" } }
        end
        return { outcome = "high", reasons = { "above" }, more = tx.a * 2 }
      end,
    }
    """
  private let thorough = """
    local low, high = { outcome = "low", reasons = { "below" } }, { outcome = "high", reasons = { "above" }, more = 12 }
    return test "a.x" {
      { name = "1", input = { a = 0 }, expect = low }, { name = "2", input = { a = 5 }, expect = low },
      { name = "3", input = { a = 6 }, expect = high }, { name = "4", input = { a = -1 }, error = { code = "invalid_input" } },
    }
    """

  private func report(tests: String, jobs: Int = 1, entries: [EquivalentMutants.Entry] = []) throws -> MutationReport {
    try withPolicy(policy, tests: tests) { loader in
      let run = try MutationRun(
        loader.store, policies: [#require(PolicyName("a.x"))], plugins: [], includesModules: true)
      return MutationReport(run, run.judge(jobs: jobs), EquivalentMutants(entries: entries))
    }
  }

  @Test(arguments: [1, 2, 5])
  func thoroughTestsLeaveNone(jobs: Int) throws {
    let report = try report(tests: thorough, jobs: jobs)
    #expect(report.survivors.isEmpty)
    #expect(report.killed > 10)
  }

  @Test func whatNoTestNoticesIsNamed() throws {
    let report = try report(
      tests: """
        return test "a.x" {
          { name = "1", input = { a = 0 }, expect = { outcome = "low", reasons = { "below" } } },
          { name = "3", input = { a = 7 }, expect = { outcome = "high", reasons = { "above" } } },
        }
        """)
    #expect(
      report.survivors == [
        "a/x.lua:2:85: `min = 0` → `min = -1`", "a/x.lua:5:13: `tx.a <= 5` → `tx.a < 5`",
        "a/x.lua:5:16: `tx.a <= 5` → `tx.a <= 6`", "a/x.lua:5:16: `tx.a <= 5` → `tx.a <= 4`",
        "a/x.lua:8:62: `more = tx.a * 2` → `more = nil`", "a/x.lua:8:67: `tx.a * 2` → `tx.a / 2`",
        "a/x.lua:8:69: `tx.a * 2` → `tx.a * 3`", "a/x.lua:8:69: `tx.a * 2` → `tx.a * 1`",
      ])
  }

  @Test func whatNoTestRunsIsSaidToBeSo() throws {
    let report = try report(
      tests: "return test \"a.x\" { { name = \"1\", input = { a = 0 }, expect = { outcome = \"low\" } } }")
    #expect(report.survivors.contains("a/x.lua:8:67: `tx.a * 2` → `tx.a / 2` (no test runs it)"))
  }

  @Test func anEquivalentMutantIsListedByItsLineAndAStaleRowIsReported() throws {
    let tests = thorough.replacing(
      "{ a = 6 }, expect = high", with: "{ a = 7 }, expect = { outcome = \"high\", more = 14 }")
    func entry(_ line: String, _ mutation: String, row: Int) -> EquivalentMutants.Entry {
      .init(file: "a/x.lua", line: line, mutation: mutation, why: "as if", list: "equivalent_mutants.csv", row: row)
    }
    let report = try report(
      tests: tests,
      entries: [
        entry("if tx.a <= 5 then", "`tx.a <= 5` → `tx.a <= 6`", row: 2),
        entry("if tx.a <= 5 then", "`tx.a <= 5` → `tx.a < 5`", row: 3),
        .init(file: "b/y.lua", line: "x", mutation: "x", why: "x", list: "equivalent_mutants.csv", row: 4),
      ])
    #expect(report.equivalents == ["a/x.lua:5:16: `tx.a <= 5` → `tx.a <= 6`: equivalent (as if)"])
    #expect(report.stale == ["equivalent_mutants.csv:3: no such mutant of a/x.lua survives: take the row away"])
    #expect(!report.survivors.contains { $0.contains("<= 6") })
  }

  @Test func failingTestsJudgeNoMutant() throws {
    #expect(throws: MutationRun.Failure.self) {
      _ = try report(
        tests: "return test \"a.x\" { { name = \"1\", input = { a = 0 }, expect = { outcome = \"high\" } } }")
    }
  }

  @Test func aChangeInMemoryIsNoChangeOfTheStore() throws {
    try withPolicy(policy) { loader in
      let changed = ModuleStore(
        loader.store, replacing: ["a/x.lua": Array(policy.replacing("<= 5", with: "<= 4").utf8)])
      let (plain, _) = try loader.load(named: "a.x")
      let (other, _) = try PolicyLoader(changed).load(named: "a.x")
      #expect(plain.version != other.version)
      #expect(try loader.load(named: "a.x").0.version == plain.version)
      let broken = ModuleStore(loader.store, replacing: ["a/x.lua": Array("return policy {".utf8)])
      #expect(throws: PolicyLoadError.self) { try PolicyLoader(broken).load(named: "a.x") }
      #expect(loader.store.replacing([:]) === loader.store)
    }
  }
}
