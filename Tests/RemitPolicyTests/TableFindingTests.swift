import RemitModel
import RemitPolicy
import RemitTestKit
import Testing

/// A policy that asks the table `a/m.csv` about its input.
func tablePolicy(fields: String, params: String = "") -> String {
  """
  local matrix = decision_table "a/m.csv"
  return policy {
    summary = "Asks a table.", outcomes = { "yes" }, input = record { \(fields) }, params = { \(params) },
    reasons = { fixed = { en = "Fixed.", zh = "固定。" } },
    decide = function(tx, params, context)
      local out, rows = matrix(tx, params)
      return { outcome = "yes", reasons = { "fixed" }, out = out, rows = rows }
    end,
  }
  """
}

@Suite("What is wrong with decision tables")
struct TableFindingTests {
  /// The findings, each as `kind rule: message {example}`.
  private func findings(
    _ table: String, fields: String = "a = number {}", params: String = ""
  ) throws -> [String] {
    let folder = TemporaryFolder([
      "policies/a/x.lua": tablePolicy(fields: fields, params: params), "policies/a/m.csv": table,
    ])
    let loader = PolicyLoader(ModuleStore(folder: PolicyFolder(policies: folder.path + "/policies", plugins: "none")))
    return try loader.load(named: "a.x").1.tableFindings().map { finding in
      #expect(finding.file == "a/m.csv")
      let place = finding.rule.map { "\($0)@\(finding.line)" } ?? "\(finding.line)"
      return "\(finding.kind) \(place): \(finding.message)" + (finding.example.map { " \($0)" } ?? "")
    }
  }

  @Test("A table that is in order has no findings")
  func clean() throws {
    #expect(try findings("U,a,=>,n\n,< 5,,1\n,[5..10],,2\n,> 10,,3\n") == [])
    #expect(try findings("F,a,=>,n\n,< 5,,1\n,-,,2\n") == [])
    #expect(try findings("C,a,=>,n\n,< 5,,1\n,< 3,,1\n") == [])
    #expect(try findings("A,a,=>,n\n,< 5,,1\n,< 7,,1.0\n,>= 5,,1\n") == [])
    #expect(try findings("U,=>,n\n,,1\n") == [])
  }

  @Test("Rules that overlap, with an input that both match")
  func overlaps() throws {
    #expect(
      try findings("U,a,=>,n\n,<= 5,,1\nbig,>= 5,,2\n") == [
        "overlap 2@3: rules 1 and 2 \"big\" both match, and the hit policy is U (unique) {\"a\":5}"
      ])
    #expect(
      try findings("A,a,=>,n\n,<= 5,,1\n,(4.5..5),,2\n,> 5,,1\n") == [
        "overlap 2@3: rules 1 and 2 both match with different outputs, and the hit policy is A (any) {\"a\":4.75}"
      ])
  }

  @Test("Rules that never match or never count")
  func never() throws {
    #expect(
      try findings("F,a,=>,n\n,\"[10..5], (3..3)\",,1\nall,-,,2\n,7,,3\n") == [
        "never 1@2: rule 1 can never match: its test of a holds for no value",
        "never 3@4: rule 3 never counts: rule 2 \"all\" comes first and matches whatever it matches {\"a\":7}",
      ])
    #expect(
      try findings("F,a,=>,n\n,< 5,,1\n,>= 4,,2\n,[0..10],,3\n,-,,4\n") == [
        "never 3@4: rule 3 never counts: the rules before it match whatever it matches {\"a\":0}"
      ])
    #expect(
      try findings("P,a,=>,n\nvalues,,,\"2,1\"\n,< 5,,1\n,< 6,,2\n,>= 6,,1\n") == [
        "never 1@3: rule 1 never counts: rule 2 has priority and matches whatever it matches {\"a\":4}"
      ])
    #expect(
      try findings("U,a,=>,n\nvalues,\"1,2\",,\n,1,,1\n,2,,2\n,3,,2\n") == [
        "never 3@5: rule 3 can never match: its test of a holds for none of the column's values"
      ])
  }

  @Test("Inputs that no rule has an answer for")
  func gaps() throws {
    #expect(
      try findings("U,a,=>,n\n,[1..5],,1\n,[6..10],,1\n,< 1,,1\n,> 10,,1\n") == ["gap 1: no rule matches {\"a\":5.5}"])
    let whole = "U,a,=>,n\n,[1..5],,1\n,[6..10],,1\n"
    #expect(try findings(whole, fields: "a = integer { min = 1, max = 10 }") == [])
    #expect(try findings(whole, fields: "a = integer { min = 1, max = 12 }") == ["gap 1: no rule matches {\"a\":11}"])
    let text = "U,a,=>,n\n,\"\"\"x\"\"\",,1\n"
    #expect(try findings(text, fields: "a = text {}") == [])
    #expect(try findings(text, fields: "a = enum { \"x\", \"y\" }") == ["gap 1: no rule matches {\"a\":\"y\"}"])
    #expect(
      try findings("U,a,=>,n\nvalues,\"\"\"x\"\",\"\"y\"\"\",,\n,x,,1\n", fields: "a = text {}").last
        == "gap 1: no rule matches {\"a\":\"y\"}")
    #expect(try findings("U,a,=>,n\n,true,,1\n", fields: "a = boolean {}") == ["gap 1: no rule matches {\"a\":false}"])
    #expect(
      try findings("U,a,=>,n\n,\"true,false\",,1\n", fields: "a = optional(boolean {})") == [
        "gap 1: no rule matches {}"
      ])
    #expect(try findings("U,a,=>,n\n,\"true,false,null\",,1\n", fields: "a = optional(boolean {})") == [])
  }

  @Test("Between two days that follow one another there is none")
  func dates() throws {
    let table = "U,a,=>,n\n,<= 2025-06-30,,1\n,>= 2025-07-0%,,2\n"
    let first = table.split(separator: "%").joined(separator: "1")
    #expect(try findings(first, fields: "a = date {}") == [])
    let second = table.split(separator: "%").joined(separator: "2")
    #expect(try findings(second, fields: "a = date {}") == ["gap 1: no rule matches {\"a\":\"2025-07-01\"}"])
  }

  @Test("Examples have the shape of the input")
  func shapes() throws {
    let table = "U,who.boss.level,b,who.id,c,=>,n\n,1,true,\"\"\"u\"\"\",-,,1\n,1,-,\"\"\"u\"\"\",-,,1\n"
    let fields =
      "who = record { boss = record { level = integer { min = 1, max = 1 } }, id = enum { \"u\" } }, b = boolean {}, c = text {}"
    #expect(
      try findings(table, fields: fields) == [
        "overlap 2@3: rules 1 and 2 both match, and the hit policy is U (unique) "
          + "{\"who\":{\"boss\":{\"level\":1},\"id\":\"u\"},\"b\":true,\"c\":\"x\"}"
      ])
  }

  @Test("What cannot be searched is said")
  func unreadable() throws {
    let paths = "U,a,a.b,=>,n\n,1,2,,1\n"
    let why = "a table in which the path of one input runs through another is not searched"
    #expect(try findings(paths) == ["incomplete 1: \(why)"])
    let wide = "U," + (0...1000).map { "c\($0)" }.joined(separator: ",") + ",=>,n\n"
    #expect(try findings(wide) == ["incomplete 1: a table of more than 1000 inputs is not searched"])
  }

  @Test("Params have their defaults")
  func params() throws {
    let table = "U,a,=>,n\n,< limit,,1\n,>= 5,,2\n"
    #expect(try findings(table, params: "limit = money { default = \"5.00\" }") == [])
    #expect(
      try findings(table, params: "limit = money { default = \"6.00\" }") == [
        "overlap 2@3: rules 1 and 2 both match, and the hit policy is U (unique) {\"a\":5}"
      ])
    #expect(try findings(table, params: "limit = money { default = \"4.00\" }") == ["gap 1: no rule matches {\"a\":4}"])
  }

  @Test("More money never needs fewer approvals")
  func trends() throws {
    let head =
      "U,amount,urgent,=>,by\nvalues,,,,\"\"\"manager\"\",\"\"director\"\",\"\"board\"\"\"\ncheck,rises,,,rises\n"
    let fields = "amount = money { min = \"0\" }, urgent = boolean {}"
    let good = head + ",<= 5000,-,,manager\n,(5000..9000],-,,director\n,> 9000,true,,board\n,> 9000,false,,director\n"
    #expect(try findings(good, fields: fields) == [])
    let bad = head + ",<= 5000,-,,manager\n,(5000..9000],-,,director\n,> 9000,true,,board\nslow,> 9000,false,,manager\n"
    #expect(
      try findings(bad, fields: fields) == [
        "trend 4@7: by must rise where amount rises: it is \"director\" at 5001 (rule 2) and \"manager\" at 9001 (rule 4 \"slow\") "
          + "{\"amount\":9001,\"urgent\":false}"
      ])
    let first = "F,amount,=>,n\ncheck,rises,,falls\n,< 10,,3\n,< 20,,2\n,-,,5\n"
    #expect(
      try findings(first, fields: fields) == [
        "trend 3@5: n must fall where amount rises: it is 3 at 0 (rule 1) and 5 at 21 (rule 3) {\"amount\":21}"
      ])
    #expect(
      try findings("F,amount,=>,n\ncheck,rises,,rises\n,< 10,,3\n,< 5,,9\n,-,,5\n", fields: fields).map { $0.prefix(5) }
        == ["never"])
  }
}
