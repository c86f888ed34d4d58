import RemitSyntax
import Testing

@Suite("Mutations")
struct MutationTests {
  private func mutations(_ source: String) throws -> [Mutation] {
    try parse(Array(source.utf8), file: "a/x.lua").mutations()
  }

  private func descriptions(_ source: String) throws -> [String] {
    try mutations(source).map(\.description)
  }

  @Test(arguments: [
    ("a < b", ["a <= b", "a >= b"]), ("a <= b", ["a < b", "a > b"]), ("a > b", ["a >= b", "a <= b"]),
    ("a >= b", ["a > b", "a < b"]), ("a == b", ["a ~= b"]), ("a ~= b", ["a == b"]), ("a + b", ["a - b"]),
    ("a - b", ["a + b"]), ("a * b", ["a / b"]), ("a / b", ["a * b"]), ("a // b", ["a * b"]), ("a % b", ["a * b"]),
    ("a ^ b", ["a * b"]), ("a and b", ["a or b"]), ("a or b", ["a and b"]), ("not a", [" a"]), ("-a", [" a"]),
    ("5", ["6", "4"]), ("0", ["1", "-1"]), ("0.5", ["0.6", "0.4", "1.5", "-0.5"]),
    ("0.01", ["0.02", "0.00", "1.01", "-0.99"]), ("true", ["false"]), ("false", ["true"]), ("nil", []), ("a .. b", []),
  ])
  func eachOperationAndConstantHasItsOwn(_ expression: String, _ expected: [String]) throws {
    let source = "f { x = \(expression) }"
    let changed = try mutations(source).map { String(decoding: $0.applied(to: Array(source.utf8)), as: UTF8.self) }
    // The call as a statement can be removed.
    #expect(changed.filter { $0 != ";" } == expected.map { "f { x = \($0) }" })
  }

  @Test func aMutantSaysWhatItIs() throws {
    let source = "local a, b = f()\nif a <= b then\n  g(a)\nend\n"
    let found = try mutations(source)
    #expect(found.map(\.description) == ["`a <= b` → `a < b`", "`a <= b` → `a > b`", "`g(a)` removed"])
    #expect(found.map { [$0.line, $0.column] } == [[2, 6], [2, 6], [3, 3]])
  }

  @Test func conditionsAreNegatedWhereTheirComparisonIsNot() throws {
    #expect(
      try descriptions("if f() then end while x.y do end repeat until a and b")
        .filter { $0.contains("not (") } == [
          "`f()` → `not (f())`", "`x.y` → `not (x.y)`", "`a and b` → `not (a and b)`",
        ])
    #expect(
      try descriptions("if a < b then end if not a then end while true do end").allSatisfy { !$0.contains("not (") })
  }

  @Test func noLineMoves() throws {
    let source = """
      local function f(x)
        x.list[#x.list + 1] = {
          1,
          2,
        }
        return {
          outcome = "a",
          more = {
            x
          },
        }
      end
      return f
      """
    let lines = source.utf8.count { $0 == UInt8(ascii: "\n") }
    for mutation in try mutations(source) {
      let changed = mutation.applied(to: Array(source.utf8))
      #expect(changed.count { $0 == UInt8(ascii: "\n") } == lines, "\(mutation.description)")
      #expect(throws: Never.self) { try parse(changed, file: "a/x.lua") }
    }
  }

  @Test func wordsOfTheDeclarationBecomeOthersOfTheirKind() throws {
    let source = """
      local function decide(tx)
        if tx.kind == "b" then
          return { outcome = "low", reasons = { "small" }, why = tx.kind }
        end
        return { outcome = "high", reasons = { "small", "large" } }
      end
      return policy {
        outcomes = { "low", "high" }, input = record { kind = enum { "a", "b", "c" } },
        params = { limit = money { default = "1.50" } },
        reasons = { small = { en = "Small." }, large = { en = "Large." } },
        decide = decide,
      }
      """
    let found = try descriptions(source)
    for expected in [
      "`tx.kind == \"b\"` → `tx.kind == \"c\"`", "`outcome = \"low\"` → `outcome = \"high\"`",
      "`outcome = \"high\"` → `outcome = \"low\"`", "`{ \"small\" }` → `{ \"large\" }`",
      "`why = tx.kind` → `why = nil`",
      "`{ \"small\", \"large\" }` → `{ \"large\" }`", "`{ \"small\", \"large\" }` → `{ \"small\" }`",
      "`default = \"1.50\"` → `default = \"1.51\"`", "`default = \"1.50\"` → `default = \"0.50\"`",
    ] {
      #expect(found.contains(expected), "\(expected)")
    }
    // The declaration's own lists are not used up by tests.
    #expect(!found.contains { $0.contains("\"low\", \"high\"") || $0.contains("enum") })
  }

  @Test func aNumberBehindAMinusIsNoComment() throws {
    let source = "local x = -0"
    let changed = try mutations(source).map { String(decoding: $0.applied(to: Array(source.utf8)), as: UTF8.self) }
    #expect(changed == ["local x = -1", "local x = -(-1)"])
  }

  @Test(arguments: Corpus.programs)
  func everyMutantOfEveryConstructCanBeParsed(_ program: String) throws {
    let source = Array(TranslationTests.wrapped(program).utf8)
    let found = try parse(source, file: "p").mutations()
    for mutation in found {
      let changed = mutation.applied(to: source)
      #expect(changed != source)
      #expect(throws: Never.self, "\(mutation.description)") { try parse(changed, file: "p") }
    }
    #expect(found.map(\.range.lowerBound) == found.map(\.range.lowerBound).sorted())
  }

  @Test func aChainAsLongAsTheTextIsNoTrouble() throws {
    let chain = "local x = " + (["a"] + Array(repeating: "+ b", count: 140)).joined(separator: " ")
    #expect(try mutations(chain).count == 140)
  }
}
