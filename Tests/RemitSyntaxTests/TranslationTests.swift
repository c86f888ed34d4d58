import Foundation
import RemitSyntax
import RemitTestKit
import Testing

/// What is loaded behaves as the stock Lua would have run it.
@Suite struct TranslationTests {
  /// A job that compares a program with its translation.
  static func comparison(_ kind: String, _ program: String, traced: Bool = false) throws -> Stock.Job {
    let source = Array(program.utf8)
    return Stock.Job(kind: kind, texts: [source, try translate(source, file: "p", traced: traced).text])
  }

  /// A file may not assign to its own locals from functions; a function around all of it may.
  static func wrapped(_ program: String) -> String { "local function main(...) \(program)\nend return main(...)" }

  @Test(arguments: Corpus.programs)
  func everyConstructGivesTheSameOutputAsTheStockLua(_ program: String) throws {
    let answer = try Stock.run([Self.comparison("same", Self.wrapped(program))])[0]
    #expect(answer.hasPrefix("same fine"), "\(answer.replacing("\\n", with: "\n"))")
  }

  /// `REMIT_SEED` repeats a run; the seed of each failing program is in its message.
  static let seed = TestSeed.value

  @Test(arguments: [false, true])
  func randomProgramsGiveTheSameOutputAndTheSameErrorLines(isMessy: Bool) throws {
    let seeds = (0..<200).map { Self.seed &+ UInt64($0) }
    let jobs = try seeds.map { seed in
      let program = ProgramGenerator.program(seed: seed)
      return try Self.comparison(
        isMessy ? "same" : "same-lines", isMessy ? ProgramGenerator.messy(program, seed: seed) : program)
    }
    let answers = try Stock.run(jobs)
    #expect(answers.count == jobs.count)
    for (seed, answer) in zip(seeds, answers) {
      #expect(answer.hasPrefix("same"), "REMIT_SEED=\(seed): \(answer.replacing("\\n", with: "\n"))")
    }
    // The programs do something, and most of them to their end.
    #expect(answers.count { $0.hasPrefix("same fine") } > jobs.count / 2)
  }
}
