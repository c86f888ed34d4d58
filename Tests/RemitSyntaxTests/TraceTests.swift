import Foundation
import RemitSyntax
import Testing

/// A traced text does the same as any other, for the same steps, and knows what it tells of.
@Suite struct TraceTests {
  @Test(arguments: Corpus.programs)
  func everyConstructGivesTheSameOutputTraced(_ program: String) throws {
    let answer = try Stock.run([
      TranslationTests.comparison("same", TranslationTests.wrapped(program), traced: true)
    ])[0]
    #expect(answer.hasPrefix("same fine"), "\(answer.replacing("\\n", with: "\n"))")
  }

  @Test(arguments: [false, true])
  func randomProgramsGiveTheSameOutputAndTheSameErrorLinesTraced(isMessy: Bool) throws {
    let seeds = (0..<200).map { TranslationTests.seed &+ UInt64($0) }
    let jobs = try seeds.map { seed in
      let program = ProgramGenerator.program(seed: seed)
      return try TranslationTests.comparison(
        isMessy ? "same" : "same-lines", isMessy ? ProgramGenerator.messy(program, seed: seed) : program, traced: true)
    }
    for (seed, answer) in zip(seeds, try Stock.run(jobs)) {
      #expect(answer.hasPrefix("same"), "REMIT_SEED=\(seed): \(answer.replacing("\\n", with: "\n"))")
    }
  }

  @Test(arguments: Corpus.programs)
  func tracingChangesNoCharge(_ program: String) throws {
    func charges(traced: Bool) throws -> [String] {
      let source = Array(TranslationTests.wrapped(program).utf8)
      let text = try translate(source, file: "p", traced: traced).text
      let charge = try Regex("__remit_B-[0-9]+|__remit_for\\([0-9]+").matchingSemantics(.unicodeScalar)
      return String(decoding: text, as: UTF8.self).matches(of: charge).map { String($0.output[0].substring ?? "") }
    }
    let plain = try charges(traced: false)
    #expect(try charges(traced: true) == plain)
  }

  @Test func sitesAreStatementsConditionsAndReads() throws {
    let source = """
      local t = f()
      if t.a and t[1] then
        t.b = t.c.d
        g.h(t)
      end
      ::done::
      """
    let translation = try translate(Array(source.utf8), file: "p", traced: true)
    let told = translation.sites.map { site in
      let text = String(decoding: Array(source.utf8)[site.range], as: UTF8.self)
      return "\(site.line):\(site.column) \(site.kind) \(text.prefix { $0 != "\n" })"
    }
    #expect(
      told.sorted()
        == [
          "1:1 statement local t = f()", "2:1 statement if t.a and t[1] then", "2:4 condition t.a",
          "2:4 condition t.a and t[1]", "2:4 read t.a", "2:12 read t[1]", "3:3 statement t.b = t.c.d", "3:9 read t.c",
          "3:9 read t.c.d", "4:3 statement g.h(t)",
        ].sorted())
    #expect(try translate(Array(source.utf8), file: "p").sites.isEmpty)
  }
}
