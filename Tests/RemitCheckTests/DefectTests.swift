import RemitCheck
import Testing

/// One mistake in a policy that is right in everything else.
struct Defect: CustomTestStringConvertible, Sendable {
  let rule: Rule
  /// With `«` in front of each place.
  let text: String
  /// Part of the message.
  let says: String
  var testDescription: String { "\(rule.rawValue): \(says)" }

  init(_ rule: Rule, says: String, body: String) {
    self.init(rule, says: says, draft: Draft(body: body))
  }

  init(_ rule: Rule, says: String, draft: Draft) {
    (self.rule, self.says, text) = (rule, says, draft.text)
  }

  init(_ rule: Rule, says: String, text: String) {
    (self.rule, self.says, self.text) = (rule, says, text)
  }
}

@Suite("Seeded defects") struct DefectTests {
  static let names: [Defect] = [
    Defect(.unknownGlobal, says: "did you mean \"decimal\"?", body: "if «decimel then return nil end"),
    Defect(.unknownGlobal, says: "\"print\" is not available", body: "«print(tx.id)"),
    Defect(.unknownGlobal, says: "unknown global \"x\"", body: "local _a = tx.id and («x)"),
    Defect(.unknownMember, says: "did you mean \"round\"?", body: "local _a = decimal.«rnd(1)"),
    Defect(.unknownMember, says: "\"string.dump\" is not available", body: "local _a = string.«dump"),
    Defect(.unknownMember, says: "\"math.random\" is not available", body: "local _a = math[«\"random\"]"),
    Defect(.unknownMember, says: "\"table\" has no \"foo\"", body: "local t = table local _a = t.«foo"),
    Defect(.unknownMember, says: "did you mean \"upper\"?", body: "local _a = tx.note:«uper()"),
    Defect(.unknownMember, says: "\"string\" has no \"fmt\"", body: "local _a = (\"%d\"):«fmt(1)"),
    Defect(
      .unknownField, says: "unknown field \"amout\" of the input (did you mean \"amount\"?)",
      body: "if tx.«amout then return nil end"),
    Defect(
      .unknownField, says: "unknown field \"rol\" of \"approver\"", body: "local a = tx.approver local _r = a.«rol"),
    Defect(.unknownField, says: "of \"approver\"", body: "local _r = tx[\"approver\"][«\"rol\"]"),
    Defect(
      .unknownField, says: "unknown field \"skuu\" of \"lines[]\"",
      body: "for _, line in ipairs(tx.lines) do local _s = line.«skuu end"),
    Defect(.unknownField, says: "of \"lines[]\"", body: "for i = 1, #tx.lines do local _s = tx.lines[i].«skuu end"),
    Defect(
      .unknownField, says: "of \"delegation\"",
      body: "local d = tx.delegation if d and d.to == \"x\" then d = nil end local _t = d and d.«too"),
    Defect(.unknownField, says: "of \"delegation\"", body: "local _t = (tx.delegation or {}).«too"),
    Defect(.unknownField, says: "is a list and has no field \"sku\"", body: "local _t = tx.lines.«sku"),
    Defect(.unknownField, says: "is a money and has no field \"cents\"", body: "local _t = tx.amount.«cents"),
    Defect(.unknownField, says: "context has no \"now\"", body: "local _t = context.«now"),
    Defect(
      .unknownField, says: "of \"approver\"",
      draft: Draft(
        head: "local function role(who, p) return p.limit and who.«rol end",
        body: "local _r = role(tx.approver, params)")),
    Defect(
      .unknownField, says: "of \"approver\"",
      draft: Draft(
        head: "local role = function(who) return who.«rol end local function outer(t) return role(t.approver) end",
        body: "local _r = outer(tx)")),
    Defect(
      .unknownParam, says: "unknown param \"limitt\" (did you mean \"limit\"?)", body: "local _l = params.«limitt"),
    Defect(
      .unknownParam, says: "unknown param \"limitt\"",
      draft: Draft(
        head: "local function over(x, p) return x > p.«limitt end", body: "local _l = over(tx.amount, params)")),
    Defect(.readOnly, says: "the input is read-only", body: "«tx.amount = 5"),
    Defect(.readOnly, says: "the input is read-only", body: "local l = tx.lines «l[1] = nil"),
    Defect(.readOnly, says: "params is read-only", body: "«params.limit = 5"),
    Defect(.readOnly, says: "context is read-only", body: "«context.at = nil"),
    Defect(.readOnly, says: "the library \"string\" is read-only", body: "«string.upper = nil"),
    Defect(.unusedLocal, says: "nothing reads the local \"a\"", body: "local «a = tx.id"),
    Defect(
      .unusedLocal, says: "nothing reads the local \"f\"",
      draft: Draft(head: "local function «f(n) return n and f(n) end")),
    Defect(.duplicateKey, says: "the key \"a\" stands in line", body: "local _t = { a = 1, b = 2, «[\"a\"] = 3 }"),
  ]

  static let flow: [Defect] = [
    Defect(.unreachableCode, says: "never reached", body: "do return nil end «local _x = 1"),
    Defect(
      .unreachableCode, says: "never reached",
      body: "if tx.id then return nil else error(\"no\") end «if tx.note then return nil end"),
    Defect(.unreachableCode, says: "never reached", body: "for _ in ipairs(tx.lines) do break «local _x = 1 end"),
    Defect(
      .unreachableCode, says: "never reached",
      draft: Draft(head: "local function f() while true do local _x = 1 end «return 1 end", body: "local _x = f()")),
    Defect(.unreachableCode, says: "never reached", body: "goto done «do local _x = 1 end ::done::"),
    Defect(
      .unreachableCode, says: "this loop has no rounds: 10 is above 1", body: "for i «= 10, 1 do local _x = i end"),
    Defect(.constantCondition, says: "this condition is false", body: "if «false then return nil end"),
    Defect(
      .constantCondition, says: "this condition is true",
      body: "if tx.id then return nil elseif «\"x\" then return nil end"),
    Defect(
      .duplicateCondition, says: "has the same condition",
      body: "if tx.amount > 5 then return nil elseif «tx.amount  >  5 then return nil end"),
    Defect(
      .impossibleComparison, says: "\"category\" is never \"expence\" (did you mean \"expense\"?)",
      body: "if tx.category == «\"expence\" then return nil end"),
    Defect(
      .impossibleComparison, says: "is a money and never equals a text",
      body: "if tx.amount == «\"5\" then return nil end"),
    Defect(
      .impossibleComparison, says: "is a boolean and never equals a text",
      body: "if «\"yes\" ~= tx.urgent then return nil end"),
    Defect(
      .impossibleComparison, says: "\"limit\" is a money and cannot be compared with a text",
      body: "if params.limit < «\"5\" then return nil end"),
    Defect(
      .impossibleComparison, says: "is a date and never equals a number",
      body: "local d = tx.day if d == «-5 then return nil end"),
    Defect(.impossibleComparison, says: "equal to nothing but itself", body: "if tx.lines == «{} then return nil end"),
  ]

  static let decisions: [Defect] = [
    Defect(
      .undeclaredReason, says: "\"withn\" is not declared (did you mean \"within\"?)",
      body: "if tx.id then return { outcome = \"approve\", reasons = { «\"withn\" } } end"),
    Defect(
      .undeclaredReason, says: "\"no\" is not declared",
      body: "local reasons = { «\"no\" } if tx.id then return { outcome = \"approve\", reasons = reasons } end"),
    Defect(
      .undeclaredReason, says: "\"no\" is not declared",
      body:
        "local reasons = {} reasons[#reasons + 1] = «\"no\" if tx.id then return { outcome = \"approve\", reasons = reasons } end"
    ),
    Defect(
      .undeclaredReason, says: "\"no\" is not declared",
      body:
        "local reasons = {} table.insert(reasons, tx.id and «\"no\" or nil) if tx.id then return { outcome = \"approve\", reasons = reasons } end"
    ),
    Defect(
      .undeclaredReason, says: "\"no\" is not declared",
      body:
        "local reasons = {} local function cite(code) reasons[#reasons + 1] = code end cite(«\"no\") if tx.id then return { outcome = \"approve\", reasons = reasons } end"
    ),
    Defect(
      .undeclaredReason, says: "\"no\" is not declared",
      draft: Draft(
        head: "local function cite(list, code) list[#list + 1] = code end",
        body:
          "local reasons = {} cite(reasons, «\"no\") if tx.id then return { outcome = \"approve\", reasons = reasons } end"
      )),
    Defect(
      .undeclaredReason, says: "\"no\" is not declared",
      draft: Draft(
        head: "local function reject(code) return { outcome = \"reject\", reasons = { code } } end",
        body: "if tx.id then return reject(«\"no\") end")),
    Defect(
      .undeclaredReason, says: "\"no\" is not declared",
      body:
        "local reason if tx.id then reason = «\"no\" else reason = \"over\" end if tx.note then return { outcome = \"reject\", reasons = { reason } } end"
    ),
    Defect(
      .undeclaredOutcome, says: "\"aprove\" is not declared (did you mean \"approve\"?)",
      body: "if tx.id then return { outcome = «\"aprove\", reasons = { \"within\" } } end"),
    Defect(
      .undeclaredOutcome, says: "\"hold\" is not declared",
      body:
        "local o = tx.id and «\"hold\" or \"reject\" if tx.note then return { outcome = o, reasons = { \"within\" } } end"
    ),
    Defect(
      .incompleteDecision, says: "the decision has no reasons",
      body: "if tx.id then return «{ outcome = \"approve\" } end"),
    Defect(
      .incompleteDecision, says: "the decision has no outcome",
      body: "if tx.id then return «{ reasons = { \"within\" } } end"),
    Defect(
      .incompleteDecision, says: "cites at least one reason",
      body: "if tx.id then return { outcome = \"approve\", reasons = «{} } end"),
    Defect(
      .unusedReason, says: "nothing cites the reason \"dead\"",
      draft: Draft(
        reasons:
          "within = { en = \"a\", zh = \"b\" }, over = { en = \"a\", zh = \"b\" }, «dead = { en = \"a\", zh = \"b\" },")
    ),
    Defect(
      .unusedOutcome, says: "nothing decides the outcome \"hold\"",
      draft: Draft(outcomes: "{ \"approve\", «\"hold\", \"reject\" }")),
    Defect(
      .unusedParam, says: "nothing reads the param \"spare\"",
      draft: Draft(
        params: "limit = money { default = 5, summary = \"a\" }, «spare = money { default = 6, summary = \"b\" },")),
    Defect(
      .missingReasonText, says: "the reason \"over\" has no zh",
      draft: Draft(reasons: "within = { en = \"a\", zh = \"b\" }, «over = { en = \"a\" },")),
    Defect(
      .missingReasonText, says: "the reason \"over\" has no en and no zh",
      draft: Draft(reasons: "within = { en = \"a\", zh = \"b\" }, «over = {},")),
    Defect(
      .missingSummary, says: "the param \"limit\" has no summary",
      draft: Draft(params: "«limit = money { default = 5 },")),
  ]

  static let files: [Defect] = [
    Defect(
      .missingSummary, says: "the policy has no summary",
      text: Draft(summary: "source = \"a\",").text.replacing("policy {", with: "«policy {")),
    Defect(
      .missingSource, says: "the policy names no source",
      text: Draft(summary: "summary = \"a\",").text.replacing("policy {", with: "«policy {")),
    Defect(
      .unknownModule, says: "module \"lib.nothing\" not found",
      draft: Draft(head: "local n = require «\"lib.nothing\"", body: "local _x = n")),
    Defect(.syntax, says: "unexpected symbol near", body: "local x = «= 1"),
    Defect(.syntax, says: "assignment to the global 'count'", body: "«count = 1"),
    Defect(.syntax, says: "'_ENV' is not available", body: "local _e = «_ENV"),
    Defect(
      .loadError, says: "params.limit: the default x is not a money",
      draft: Draft(params: "«limit = money { default = \"x\", summary = \"s\" },")),
    Defect(
      .loadError, says: "text has no option 'mx'",
      draft: Draft(head: "«local t = text { mx = 5 }", body: "local _x = t")),
    Defect(.loadError, says: "does not return a policy", text: "«return {}"),
  ]

  @Test(arguments: names + flow + decisions + files)
  func fires(_ defect: Defect) {
    let (text, places) = places(markedIn: defect.text)
    let found = findings(inPolicy: text)
    #expect(found.map(\.description).joined(separator: "\n").contains(defect.says))
    #expect(found.map(\.rule) == places.map { _ in defect.rule }, "\(found)")
    #expect(found.map(\.line) == places.map(\.line), "\(found)")
    #expect(found.map(\.column) == places.map(\.column), "\(found)")
    #expect(found.allSatisfy { $0.file == "family/name.lua" })
  }

  /// A rule that no seeded defect shows would be one that nobody has seen fire.
  @Test func everyRuleHasADefect() {
    let elsewhere: Set<Rule> = [
      .missingTest, .misnamedFile, .unusedModule, .unknownPolicy, .tableOverlap, .tableUnreachable, .tableGap,
      .tableTrend,
      .tableIncomplete,
    ]
    let seen = Set((Self.names + Self.flow + Self.decisions + Self.files).map(\.rule)).union(elsewhere)
    #expect(Rule.allCases.filter { !seen.contains($0) } == [])
  }

  @Test func thePlainDraftIsClean() {
    #expect(findings(inPolicy: Draft().text) == [])
  }

  // MARK: Files

  @Test func aPolicyWithoutTests() {
    let found = findings(["policies/family/name.lua": Draft().text])
    #expect(
      found.map(\.description) == [
        "family/name.lua:1:1: warning: the policy has no tests: write them in family/name_test.lua [missing-test]"
      ])
  }

  @Test func filesWithOddNames() {
    let found = findings(
      inPolicy: Draft().text,
      and: [
        "policies/Odd/x.lua": "return 1", "policies/family/x-y.lua": "return 1", "policies/lib/x-y.lua": "return 1",
      ])
    #expect(found.map(\.rule) == [.misnamedFile, .misnamedFile, .misnamedFile])
    #expect(found.map(\.file) == ["Odd/x.lua", "family/x-y.lua", "lib/x-y.lua"])
  }

  @Test func modulesThatNothingRequires() {
    let found = findings(
      inPolicy: Draft(head: "local a = require \"lib.used\"", body: "local _x = a.one").text,
      and: ["policies/lib/used.lua": "return { one = 1 }", "policies/lib/spare.lua": "return {}"])
    #expect(found.map(\.description) == ["lib/spare.lua:1:1: note: nothing requires this module [unused-module]"])
  }

  @Test func modulesAreCheckedByThemselves() {
    let broken = "local t = {}\nfunction t.f(x) return decimal.rond(x) end\nreturn t"
    for file in ["policies/lib/a.lua", "plugins/a/other.lua"] {
      let found = findings([file: broken]).filter { $0.rule != .unusedModule }
      #expect(found.map(\.rule) == [.unknownMember])
      #expect(found.map(\.line) == [2])
    }
    for file in ["policies/lib/a.lua", "policies/lib/deep/er.lua"] {
      let found = findings([file: "local x = {}\nreturn x.y.z"]).filter { $0.rule != .unusedModule }
      #expect(found.map(\.rule) == [.loadError])
      #expect(found.map(\.line) == [2])
    }
  }

  static let plugin = """
    local settings = plugin {
      name = "a", version = "1.0.0", settings = { days = integer { default = 5 } },
      provides = { later = { takes = { { "day", date {} } }, gives = date {} } },
    }
    local function later(day) return date.add_days(day, settings.days) end
    return { later = later }
    """
  static let pluginTest =
    #"return test "plugin.a" { { name = "x", call = "later", with = { "2025-01-01" }, expect = "2025-01-06" } }"#

  @Test func plugins() {
    let files = ["plugins/a/plugin.lua": Self.plugin, "plugins/a/plugin_test.lua": Self.pluginTest]
    #expect(findings(files) == [])
    #expect(
      findings(["plugins/a/plugin.lua": Self.plugin]).map(\.message)
        == ["the plugin has no tests: write them in plugins/a/plugin_test.lua"])
    let use = Draft(head: "local a = require \"plugin.a\"", body: "local _d = a.later(tx.day)")
    #expect(findings(inPolicy: use.text, and: files) == [])
    let misspelt = findings(inPolicy: use.text.replacing("a.later", with: "a.latter"), and: files)
    #expect(misspelt.map(\.message) == ["module \"plugin.a\" has no \"latter\" (did you mean \"later\"?)"])
    func broken(_ text: String) -> [Finding] { findings(files.merging(["plugins/a/plugin.lua": text]) { $1 }) }
    #expect(
      broken(Self.plugin.replacing("settings.days", with: "settings.dais")).map(\.message)
        == ["unknown setting \"dais\" (did you mean \"days\"?)"])
    #expect(
      broken(Self.plugin.replacing("local function", with: "settings.days = 5 local function")).map(\.rule) == [
        .readOnly
      ])
    #expect(broken(Self.plugin.replacing("name = \"a\"", with: "name = \"b\"")).map(\.rule) == [.loadError])
    #expect(broken("return {}").map(\.rule) == [.loadError])
    let wrong = findings(
      files.merging(["plugins/a/plugin_test.lua": Self.pluginTest.replacing("plugin.a", with: "plugin.b")]) { $1 })
    #expect(wrong.map(\.rule) == [.unknownPolicy])
  }

  @Test func groupPolicies() {
    let head =
      #"local function one(row, code) return { outcome = row.amout and "approve" or "reject", reasons = { code } } end"#
    var draft = Draft(head: head)
    draft.decide = """
      nil, group = { by = { "approver.id" } }, decide_group = function(rows, params, context)
          local decisions = {}
          for i, row in ipairs(rows) do
            decisions[i] = one(row, "withn")
          end
          for i = 1, #rows do
            if rows[i].amont > params.limt then decisions[i] = { outcome = "hold", reasons = { "over", "within" } } end
          end
          return decisions
        end
      """
    let found = findings(inPolicy: draft.text)
    #expect(
      Set(found.map(\.message)) == [
        "unknown field \"amout\" of the input (did you mean \"amount\"?)",
        "unknown field \"amont\" of the input (did you mean \"amount\"?)",
        "the reason \"withn\" is not declared (did you mean \"within\"?)", "the outcome \"hold\" is not declared",
        "unknown param \"limt\" (did you mean \"limit\"?)", "nothing reads the param \"limit\"",
      ])
    #expect(found.count == 6)
  }

  @Test func decisionTables() {
    func messages(_ sheet: String) -> [String] {
      let draft = Draft(
        head: "local matrix = decision_table \"family/name.csv\"",
        body: "local _out = matrix(tx, params)")
      return findings(inPolicy: draft.text, and: ["policies/family/name.csv": sheet]).map(\.description)
    }
    #expect(messages("U,amount,=>,n\n,< 5,,1\n,>= 5,,2\n") == [])
    #expect(
      messages("U,amount,=>,n\n,<= 5,,1\n,>= 5,,2\n") == [
        "family/name.csv:3:1: error: rules 1 and 2 both match, and the hit policy is U (unique): for example {\"amount\":5} [table-overlap]"
      ])
    #expect(messages("F,amount,=>,n\n,-,,1\n,>= 5,,2\n").map { $0.suffix(19) } == ["[table-unreachable]"])
    #expect(messages("U,amount,=>,n\n,< 5,,1\n,> 5,,2\n").map { $0.suffix(11) } == ["[table-gap]"])
    #expect(
      messages("F,amount,=>,n\ncheck,rises,,rises\n,< 10,,3\n,< 20,,2\n,-,,5\n").map { $0.suffix(13) } == [
        "[table-trend]"
      ])
  }

  @Test func membersOfModules() {
    let library = """
      local m = { one = 1, ["two"] = 2 }
      function m.three() return m.one end
      m.four = 4
      return m
      """
    let uses = "local _a = m.one + m.two + m.four + m.three()"
    let head = "local m = require \"lib.m\""
    #expect(findings(inPolicy: Draft(head: head, body: uses).text, and: ["policies/lib/m.lua": library]) == [])
    let (text, places) = places(markedIn: Draft(head: head, body: uses + " local _b = m.«tree").text)
    let found = findings(inPolicy: text, and: ["policies/lib/m.lua": library])
    #expect(found.map(\.message) == ["module \"lib.m\" has no \"tree\" (did you mean \"three\"?)"])
    #expect(found.map(\.column) == places.map(\.column))
    // What a module may hold beside what can be read is not known.
    for open in [
      "local m = {} for _, k in ipairs { \"tree\" } do m[k] = 1 end m.one = 1 return m",
      "return setmetatable({ one = 1 }, {})", "local m = { one = 1 } m = { tree = 1 } return m",
      "local m = { one = 1 } table.insert(m, 1) return m", "return { [\"a\" .. \"b\"] = 1 }",
    ] {
      #expect(
        findings(inPolicy: Draft(head: head, body: "local _b = m.tree").text, and: ["policies/lib/m.lua": open]) == [],
        "\(open)")
    }
  }

  @Test func aWriteToAModule() {
    let (text, places) = places(markedIn: Draft(head: "local m = require \"lib.m\"", body: "«m.one = 2").text)
    let found = findings(inPolicy: text, and: ["policies/lib/m.lua": "return { one = 1 }"])
    #expect(found.map(\.rule) == [.readOnly])
    #expect(found.map(\.column) == places.map(\.column))
  }

  @Test func columnsOfDatasets() {
    let head = "local d = dataset \"data/x.csv\" { role = text {}, limit = money {} }"
    let body = """
      local row = d:find { role = "a" }
      local _a = row and row.«limt
      for each in d:rows() do local _b = each.«rol end
      for _, each in ipairs(d:at(tx.day):find_all { role = "b" }) do local _c = each.«rool end
      d:«findall {}
      row = d:find { role = "a", «limt = 5 }
      """
    let (text, places) = places(markedIn: Draft(head: head, body: body).text)
    let found = findings(inPolicy: text, and: ["policies/data/x.csv": "role,limit\na,1\n"])
    #expect(found.map(\.rule) == [.unknownField, .unknownField, .unknownField, .unknownMember, .unknownField])
    #expect(found.map(\.line) == places.map(\.line))
    #expect(found.map(\.column) == places.map(\.column))
  }

  @Test func casesOfTests() {
    let tests = """
      return {
        test "family.nam" { { name = "a", input = {}, expect = { outcome = "approve" } } },
        test "family.name" {
          { name = "b", input = {}, params = { limit = 4, limt = 5 }, expect = { outcome = "aprove", reasons = { "within", "ovr" } } },
          { name = "c", input = {}, params = { bad = 5 }, error = { code = "invalid_params" } },
        },
      }
      """
    let found = findings(inPolicy: Draft().text, and: ["policies/family/name_test.lua": tests])
    #expect(
      found.map(\.description) == [
        "family/name_test.lua:2:8: error: unknown policy \"family.nam\" (did you mean \"family.name\"?) [unknown-policy]",
        "family/name_test.lua:4:53: error: family.name declares no param \"limt\" (did you mean \"limit\"?) [unknown-param]",
        "family/name_test.lua:4:86: error: family.name declares no outcome \"aprove\" (did you mean \"approve\"?) [undeclared-outcome]",
        "family/name_test.lua:4:118: error: family.name declares no reason \"ovr\" (did you mean \"over\"?) [undeclared-reason]",
      ])
  }

  @Test func onlyWhatIsMeantIsChecked() {
    let files = [
      "policies/a/one.lua": "local x = 1\n" + Draft().text, "policies/b/two.lua": "local x = 1\n" + Draft().text,
      "policies/a/one_test.lua": testText.replacing("family.name", with: "a.one"),
    ]
    #expect(Set(findings(files).map(\.file)) == ["a/one.lua", "b/two.lua"])
    #expect(findings(files, in: "a").map(\.file) == ["a/one.lua"])
    #expect(findings(files, in: "a/one.lua").map(\.rule) == [.unusedLocal])
  }
}
