import RemitCheck
import Testing

/// What looks like a mistake and is none, or might be none: a check that cries wolf is switched off.
@Suite("Silence") struct SilenceTests {
  static let bodies: [String] = [
    // Everything of the sandbox.
    "local _a = { tostring(tx.amount), tonumber(\"1\"), type(tx), select(\"#\", 1), rawequal(1, 1), rawlen({}), next({}) }",
    "local _a = { math.max(1, 2), utf8.charpattern, string.format(\"%s\", tx.id), date.add_days(tx.day, 1), date(\"2025-01-01\") }",
    "local _a = pcall(error, \"x\") local _b = setmetatable({}, {}) local _c = getmetatable({}) local _d = object {}",
    "local _a = tx.note and tx.note:upper():lower() local _b = (\"x\"):rep(3) local _c = #tx.lines",
    // Values that are replaced, or come from elsewhere.
    "local a = tx.approver a = { name = \"x\" } local _n = a.name",
    "local a = tx.approver if tx.id then a = nil end local _n = a and a.role",
    "local a = tx.delegation or { other = 1 } local _n = a.other",
    "local a = tx.delegation or tx.approver local _n = a.anything",
    "local function f(t) return t.anything end local g = f local _a = f(tx) local _b = g({ anything = 1 })",
    "local function f(t) return t.anything end local _a = f(tx) local _b = pcall(f, {})",
    "local function f(...) return ... end local function g(t) return t.anything end local _a = g(f(tx))",
    "local t = {} t.anything = tx.id local _a = t.other",
    "for name, on in pairs(tx.flags) do local _a = on and name end local _b = tx.flags.any local _c = tx.flags[\"one\"]",
    "local decimal = { rnd = 1 } local _a = decimal.rnd",
    "local function f(decimal) return decimal.rnd end local _a = f({})",
    "local copy = {} for k, v in pairs(tx.approver) do copy[k] = v end copy.extra = 1",
    "local lines = {} for i, line in ipairs(tx.lines) do lines[i] = line end lines[1] = nil",
    "local tx = { other = tx } tx.name = tx.other",
    // Comparisons that may be true.
    "if tx.amount == 5 or tx.id == \"x\" or tx.urgent == true or tx.category ~= \"expense\" or tx.day < \"2025-01-01\" then return nil end",
    "if tx.note == nil or tx.delegation ~= nil or tx.lines == tx.lines or tx.amount > -5 then return nil end",
    "if params.limit == 5 or params.limit <= 10.5 then return nil end",
    // Conditions and ways through the text.
    "if tx.id == \"a\" then return nil elseif tx.id == \"b\" then return nil end if tx.id == \"a\" then return nil end",
    "if pcall(error) then return nil elseif pcall(error) then return nil end",
    "while true do if tx.id then break end return nil end",
    "for i = 1, 3 do if i == 2 then goto continue end local _x = i ::continue:: end",
    "if tx.id then goto done end do local _x = 1 end ::done::",
    "repeat local x = tx.id if not x then break end do return nil end until true",
    "repeat if tx.id then goto next end do return nil end ::next:: until true",
    "for i = #tx.lines, 1, -1 do local _x = i end for i = 3, 1, -1 do local _x = i end",
    "if tx.urgent then error(\"no\") end",
    "local error = tostring error(1) local _x = 1",
    // Locals.
    "local _ = tx.id local _unused = 1 local a, b = 1, 2 local _c = b",
    "local t = { 1, 1, [1] = 2, [2] = 3, a = 1 } local _x = t",
  ]

  @Test(arguments: bodies)
  func inDecide(_ body: String) {
    let found = findings(inPolicy: Draft(body: body).text)
    #expect(found == [], "\(found)")
  }

  /// Reasons, outcomes and params that are used in ways that no text says in full.
  static let drafts: [Draft] = [
    Draft(
      head: "local CODES = { a = \"within\", b = \"over\" }", reasons: both,
      decide:
        #"function(tx, params) return { outcome = params.limit and "approve" or "reject", reasons = { CODES[tx.id] } } end"#
    ),
    Draft(
      reasons: both,
      decide:
        #"function(tx, params) return { outcome = params.limit and "approve" or "reject", reasons = { "with" .. tx.id, "ov" .. tx.id } } end"#
    ),
    Draft(
      reasons: both,
      decide:
        #"function(tx, params) return { outcome = params.limit and "approve" or "reject", reasons = { ("with%s"):format("in"), string.format("%ser", "ov") } } end"#
    ),
    Draft(
      reasons: both,
      decide:
        #"function(tx, params) return { outcome = params.limit and "approve" or "reject", reasons = { ("WITHIN"):lower(), string.format("%s%s", "ov", "er") } } end"#
    ),
    Draft(
      reasons: both,
      decide:
        #"function(tx, params) return { outcome = params.limit and "approve" or "reject", reasons = { ("x_within"):sub(3), table.concat { "ov", "er" } } } end"#
    ),
    Draft(
      reasons: both,
      decide:
        #"function(tx, params) return { outcome = params.limit and "approve" or "reject", reasons = { tx.note } } end"#),
    Draft(
      reasons: both,
      decide:
        #"function(tx, params) local r = {} for name in pairs(tx.flags) do r[#r + 1] = name end return { outcome = params.limit and "approve" or "reject", reasons = r } end"#
    ),
    Draft(
      reasons: both,
      decide:
        #"function(tx, params) return { outcome = tx.note, reasons = { params.limit and "within" or "over" } } end"#),
    Draft(
      head:
        "local BAND = { low = { outcome = \"approve\", reason = \"within\" }, high = { outcome = \"reject\", reason = \"over\" } }",
      decide:
        #"function(tx, params) local b = params.limit and BAND.low or BAND.high return { outcome = b.outcome, reasons = { b.reason } } end"#
    ),
    Draft(
      head: "local function result(outcome, ...) return { outcome = outcome, reasons = { ... } } end",
      decide:
        #"function(tx, params) if params.limit then return result("reject", "over") end return result("approve", "within") end"#
    ),
    Draft(
      decide:
        #"function(tx, params) local d = {} d.outcome = "approve" d.reasons = { "within", params.limit and "over" } if tx.id then d.outcome = "reject" end return d end"#
    ),
    Draft(
      decide:
        #"function(tx, params) local d = { reasons = {} } d.outcome = "approve" d.reasons[1] = "within" if params.limit then d.outcome, d.reasons[1] = "reject", "over" end return d end"#
    ),
    Draft(
      decide:
        #"function(tx, params) local reason = "none" if tx.id then reason = "within" else reason = "over" end return { outcome = params.limit and "approve" or "reject", reasons = { reason } } end"#
    ),
    Draft(
      decide:
        #"function(tx, params) local key = "outcome" return { [key] = params.limit and "approve" or "reject", reasons = { "within", "over" } } end"#
    ),
    Draft(body: "local _all = {} for name, value in pairs(params) do _all[name] = value end", params: two),
    Draft(body: "local _x = params[tx.id]", params: two),
    Draft(
      body: "local _x = params[tx.category .. \"_limit\"]",
      params: "expense_limit = money { default = 5, summary = \"a\" }, limit = money { default = 5, summary = \"a\" },"),
    Draft(
      head: "local NAMES = { \"spare\" }", body: "for _, name in ipairs(NAMES) do local _x = params[name] end",
      params: two),
    Draft(
      head: "local function sum(p) local n = 0 for _, v in pairs(p) do n = n + v end return n end",
      body: "local _x = sum(params)", params: two),
    Draft(body: "local _x = { of = params }", params: two),
    Draft(head: "local _unused = 1", body: "local p = params local _x = p.spare", params: two),
  ]
  static let both = #"within = { en = "a", zh = "b" }, over = { en = "a", zh = "b" },"#
  static let two = #"limit = money { default = 5, summary = "a" }, spare = money { default = 6, summary = "b" },"#

  @Test(arguments: drafts.indices)
  func namesThatMayBeMeant(_ index: Int) {
    let text = Self.drafts[index].text
    #expect(findings(inPolicy: text) == [], "\(text)")
  }

  @Test func decisionsFromAModule() {
    let common = """
      local common = {}
      function common.decide(tx, params)
        return { outcome = tx.any and "approve" or "reject", reasons = { params.any and "within" or "over" } }
      end
      function common.walk(values)
        local sum = 0
        for _, value in pairs(values) do sum = sum + value end
        return sum
      end
      return common
      """
    var draft = Draft(head: "local common = require \"lib.common\"", params: Self.two)
    draft.decide = "common.decide"
    #expect(findings(inPolicy: draft.text, and: ["policies/lib/common.lua": common]) == [])
    draft.decide =
      #"function(tx, params) return { outcome = common.walk(params) > 5 and "approve" or "reject", reasons = { tx.id and "within" or "over" } } end"#
    #expect(findings(inPolicy: draft.text, and: ["policies/lib/common.lua": common]) == [])
  }

  @Test func reasonsAndParamsInData() {
    let data = #"F,amount,=>,outcome,reason\n1,< spare,,"""approve""","""within"""\n2,-,,"""reject""","""over"""\n"#
      .replacing("\\n", with: "\n")
    let draft = Draft(
      head: "local matrix = decision_table \"family/name.csv\"", params: Self.two,
      decide:
        #"function(tx, params) local out = matrix(tx, params) return { outcome = out.outcome, reasons = { out.reason, params.limit and nil } } end"#
    )
    #expect(findings(inPolicy: draft.text, and: ["policies/family/name.csv": data]) == [])
  }

  @Test func declarationsThatAreShared() {
    let shared = """
      return {
        reasons = { within = { en = "a", zh = "b" }, over = { en = "a", zh = "b" }, other = { en = "a" } },
        params = { limit = money { default = 5 }, spare = money { default = 5, summary = "s" } },
      }
      """
    let policy = """
      local shared = require "lib.shared"
      return policy {
        summary = "s", source = "s", outcomes = { "approve" }, input = record { id = text {} },
        params = shared.params, reasons = shared.reasons,
        decide = function(tx, params)
          return { outcome = "approve", reasons = { tx.id == "x" and params.limit > 5 and "within" or "over" } }
        end,
      }
      """
    #expect(findings(inPolicy: policy, and: ["policies/lib/shared.lua": shared]) == [])
  }

  @Test func aPolicyThatDoesNotLoadIsNotGuessedAt() {
    let found = findings(
      inPolicy: Draft(body: "local _a = tx.anything", params: "limit = money { default = \"x\" },").text)
    #expect(found.map(\.rule) == [.loadError])
  }
}
