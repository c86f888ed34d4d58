local edges = require "lib.edges"

-- A manager approves 1,000.00 CNY of expense for somebody else in 2025; `changes` replaces top-level fields.
local function request(changes)
  local tx = {
    amount = 1000.00, category = "expense", at_date = "2025-03-10",
    approver = { id = "U7", role = "manager", active = true }, requester = { id = "U2" },
  }
  for name, value in pairs(changes) do
    tx[name] = value
  end
  return tx
end

local function approver(role)
  return { id = "U7", role = role, active = true }
end

-- U9 lends a role's limit to U7 for August 2025.
local function delegation(from_role, changes)
  local lent = { from_role = from_role, from_id = "U9", to_id = "U7", from_date = "2025-08-11", to_date = "2025-08-29" }
  for name, value in pairs(changes or {}) do
    lent[name] = value
  end
  return lent
end

local function without(name)
  local tx = request {}
  tx[name] = nil
  return tx
end

local function invalid(name, input, path)
  return { name = name, input = input, error = { code = "invalid_input", path = path } }
end

local APPROVE = { outcome = "approve", reasons = { "within_limit" } }

local function reject(code)
  return { outcome = "reject", reasons = { code } }
end

local function over_limit(role, limit)
  return { outcome = "route", reasons = { "over_limit" }, limit = limit, route = { { role = role } } }
end

local function over_period(role)
  return { outcome = "route", reasons = { "period_limit" }, route = { { role = role } } }
end

local cases = {
  -- The rule's own examples.
  { name = "within the limit of 2025",
    input = { amount = 4380.00, category = "expense", approver = { id = "U7", role = "department_head", active = true },
              requester = { id = "U2" }, at_date = "2025-03-10" },
    expect = { outcome = "approve", reasons = { "within_limit" }, amount_cny = 4380.00, limit = 5000 } },
  { name = "over the limit of 2024",
    input = { amount = 4380.00, category = "expense", approver = { id = "U7", role = "department_head", active = true },
              requester = { id = "U2" }, at_date = "2024-03-10" },
    expect = { outcome = "route", reasons = { "over_limit" }, amount_cny = 4380.00, limit = 3000,
               route = { { role = "manager" } } } },
  { name = "a delegated limit, in dollars, over the limit of the period",
    input = { amount = 9800.50, currency = "USD", category = "payment",
              approver = { id = "U7", role = "manager", active = true }, requester = { id = "U2" }, at_date = "2025-08-20",
              delegation = { from_role = "director", from_id = "U9", to_id = "U7", from_date = "2025-08-11",
                             to_date = "2025-08-29", limit = 90000 },
              period_limit = 120000, spent_in_period = 61000 },
    expect = { outcome = "route", reasons = { "period_limit" }, amount_cny = 70106.90, limit = 90000,
               route = { { role = "cfo" } } } },

  -- 1, 2: who signs.
  { name = "an inactive approver", input = request { approver = { id = "U7", role = "manager", active = false } },
    expect = reject "approver_inactive" },
  { name = "inactive comes before self-approval",
    input = request { approver = { id = "U2", role = "manager", active = false } }, expect = reject "approver_inactive" },
  { name = "approver and requester are one", input = request { requester = { id = "U7" } },
    expect = reject "self_approval" },
  { name = "self-approval comes before an expired delegation",
    input = request { requester = { id = "U7" }, delegation = delegation "director" }, expect = reject "self_approval" },
  { name = "identities differ by case", input = request { requester = { id = "u7" } }, expect = APPROVE },

  -- 3: the delegation's days, both included.
  { name = "the day before a delegation",
    input = request { at_date = "2025-08-10", delegation = delegation "director" },
    expect = reject "delegation_expired" },
  { name = "a delegation's first day", input = request { at_date = "2025-08-11", delegation = delegation "director" },
    expect = { outcome = "approve", limit = 500000 } },
  { name = "a delegation's last day", input = request { at_date = "2025-08-29", delegation = delegation "director" },
    expect = { outcome = "approve", limit = 500000 } },
  { name = "the day after a delegation", input = request { at_date = "2025-08-30", delegation = delegation "director" },
    expect = reject "delegation_expired" },
  { name = "a delegation of one day",
    input = request { at_date = "2025-08-11", delegation = delegation("director", { to_date = "2025-08-11" }) },
    expect = APPROVE },
  { name = "an expired delegation rejects though it is not needed",
    input = request { amount = 1, approver = approver "board", delegation = delegation "manager" },
    expect = reject "delegation_expired" },
  { name = "a delegation to somebody else lends nothing",
    input = request { amount = 60000, at_date = "2025-08-20", delegation = delegation("cfo", { to_id = "U8" }) },
    expect = over_limit("director", 50000) },
  { name = "an expired delegation to somebody else is ignored",
    input = request { delegation = delegation("director", { to_id = "U8" }) }, expect = APPROVE },
  { name = "a requester's delegation to somebody else is ignored",
    input = request { delegation = delegation("director", { to_id = "U8", from_id = "U2" }) }, expect = APPROVE },

  -- 4
  { name = "the requester lent the authority",
    input = request { at_date = "2025-08-20", delegation = delegation("director", { from_id = "U2" }) },
    expect = reject "self_approval" },
  { name = "an expired delegation by the requester is expired first",
    input = request { delegation = delegation("director", { from_id = "U2" }) }, expect = reject "delegation_expired" },
  { name = "self-approval by delegation comes before a missing rate",
    input = request { currency = "XXX", at_date = "2025-08-20", delegation = delegation("director", { from_id = "U2" }) },
    expect = reject "self_approval" },

  -- 5: rates.
  { name = "an unknown currency", input = request { currency = "XXX" }, expect = reject "no_rate" },
  { name = "no currency at all is not CNY", input = request { currency = "" }, expect = reject "no_rate" },
  { name = "codes are upper case", input = request { currency = "usd" }, expect = reject "no_rate" },
  { name = "the day before the first rate", input = request { currency = "USD", at_date = "2024-01-01" },
    expect = reject "no_rate" },
  { name = "the day of the first rate", input = request { currency = "USD", at_date = "2024-01-02" },
    expect = { outcome = "approve", amount_cny = 7077 } },
  { name = "a rate holds until the next", input = request { currency = "USD", at_date = "2024-06-30" },
    expect = { outcome = "approve", amount_cny = 7077 } },
  { name = "the next rate holds from its day", input = request { currency = "USD", at_date = "2024-07-01" },
    expect = { outcome = "approve", amount_cny = 7126.5 } },
  { name = "a currency without a row that year keeps its rate",
    input = request { currency = "GBP", at_date = "2025-12-31" },
    expect = { outcome = "approve", amount_cny = 9076.5 } },
  { name = "a currency that began later has no rate before",
    input = request { currency = "CHF", at_date = "2025-06-30" },
    expect = reject "no_rate" },
  { name = "CNY has rate 1 on any day", input = request { currency = "CNY", at_date = "1999-01-01" },
    expect = { outcome = "approve", amount_cny = 1000 } },
  { name = "a conversion is rounded to cents, ties up",
    input = request { amount = 0.50, currency = "GBP", at_date = "2025-02-01" },
    expect = { outcome = "approve", amount_cny = 4.54 } },
  { name = "a tie is rounded away from zero",
    input = request { amount = 0.05, currency = "USD", at_date = "2024-07-02" },
    expect = { outcome = "approve", amount_cny = 0.36 } },
  { name = "the rounded amount is compared: down to the limit",
    input = request { amount = 6989.6833, currency = "USD", at_date = "2025-08-01" },   -- 50,000.00051822
    expect = { outcome = "approve", amount_cny = 50000, limit = 50000 } },
  { name = "the rounded amount is compared: up from it",
    input = request { amount = 6989.684, currency = "USD", at_date = "2025-08-01" },    -- 50,000.0055256
    expect = { outcome = "route", amount_cny = 50000.01, limit = 50000 } },
  { name = "CNY is not rounded", input = request { amount = 50000.001 },
    expect = { outcome = "route", amount_cny = 50000.001 } },

  -- 6: limits.
  { name = "a cent below the limit", input = request { amount = 49999.99 }, expect = APPROVE },
  { name = "at the limit", input = request { amount = 50000 }, expect = APPROVE },
  { name = "a cent above the limit", input = request { amount = 50000.01 }, expect = over_limit("director", 50000) },
  { name = "on the last day of the old limits", input = request { amount = 30000.01, at_date = "2024-12-31" },
    expect = over_limit("director", 30000) },
  { name = "on the first day of the new limits", input = request { amount = 30000.01, at_date = "2025-01-01" },
    expect = { outcome = "approve", limit = 50000 } },
  { name = "nothing at all is within a limit of nothing",
    input = request { amount = 0, category = "financing" }, expect = { outcome = "approve", limit = 0 } },
  { name = "something is above a limit of nothing", input = request { amount = 0.01, category = "financing" },
    expect = over_limit("director", 0) },
  { name = "one role covers, not every role below it", input = request { amount = 2000000 },
    expect = over_limit("cfo", 50000) },
  { name = "above every limit is the board's", input = request { amount = 2000000.01 },
    expect = over_limit("board", 50000) },
  { name = "the board has no limit", input = request { amount = 999999999999, approver = approver "board" },
    expect = APPROVE },

  { name = "a lent limit",
    input = request { amount = 500000, at_date = "2025-08-20", delegation = delegation "director" },
    expect = { outcome = "approve", limit = 500000 } },
  { name = "above a lent limit",
    input = request { amount = 500000.01, at_date = "2025-08-20", delegation = delegation "director" },
    expect = over_limit("cfo", 500000) },
  { name = "a delegation's own limit bounds what is lent",
    input = request { amount = 90000.01, at_date = "2025-08-20", delegation = delegation("director", { limit = 90000 }) },
    expect = over_limit("director", 90000) },
  { name = "a delegation's own limit does not raise what is lent",
    input = request { amount = 500000.01, at_date = "2025-08-20", delegation = delegation("director", { limit = 900000 }) },
    expect = over_limit("cfo", 500000) },
  { name = "a smaller lent limit does not lower the approver's own",
    input = request { amount = 50000, at_date = "2025-08-20", delegation = delegation "department_head" },
    expect = { outcome = "approve", limit = 50000 } },
  { name = "the board lends without a limit",
    input = request { amount = 9000000, at_date = "2025-08-20", delegation = delegation "board" },
    expect = APPROVE },
  { name = "the board lends up to the delegation's limit",
    input = request { amount = 60000.01, at_date = "2025-08-20", delegation = delegation("board", { limit = 60000 }) },
    expect = over_limit("director", 60000) },

  -- 7: the period.
  { name = "a cent below the limit of the period",
    input = request { spent_in_period = 8999.99, period_limit = 10000 }, expect = APPROVE },
  { name = "at the limit of the period", input = request { spent_in_period = 9000, period_limit = 10000 },
    expect = APPROVE },
  { name = "a cent above the limit of the period",
    input = request { spent_in_period = 9000.01, period_limit = 10000 }, expect = over_period "director" },
  { name = "nothing spent yet", input = request { period_limit = 999.99 }, expect = over_period "director" },
  { name = "a period limit of nothing", input = request { period_limit = 0 }, expect = over_period "director" },
  { name = "spent without a period limit", input = request { spent_in_period = 900000 }, expect = APPROVE },
  { name = "over the limit comes before the period",
    input = request { amount = 50000.01, period_limit = 1 }, expect = over_limit("director", 50000) },
  { name = "the board's next is the board",
    input = request { approver = approver "board", period_limit = 1 }, expect = over_period "board" },
  { name = "the lender acts where the lent limit is larger",
    input = request { at_date = "2025-08-20", delegation = delegation "cfo", period_limit = 1 }, expect = over_period "board" },
  { name = "the approver acts where the lent limit is equal",
    input = request { at_date = "2025-08-20", delegation = delegation("cfo", { limit = 50000 }), period_limit = 1 },
    expect = over_period "director" },
  { name = "the board acts for itself",
    input = request { at_date = "2025-08-20", approver = approver "board", delegation = delegation "board", period_limit = 1 },
    expect = over_period "board" },

  -- Params stand for the table's limits.
  { name = "a param replaces a limit", input = request { amount = 60000 }, params = { manager_limit = "60000" },
    expect = { outcome = "approve", limit = 60000 } },
  { name = "a param replaces it in every period and category",
    input = request { amount = 60000, category = "financing", at_date = "2020-01-01" }, params = { manager_limit = "60000" },
    expect = { outcome = "approve", limit = 60000 } },
  { name = "a param may lower a limit", input = request { amount = 100.01 }, params = { manager_limit = "100.00" },
    expect = over_limit("department_head", 100) },
  { name = "a param of 0 leaves the table", input = request {}, params = { manager_limit = "0.00" },
    expect = { outcome = "approve", limit = 50000 } },
  { name = "the least role that covers follows the params",
    input = request { amount = 50000.01 }, params = { director_limit = "10", department_head_limit = "60000" },
    expect = over_limit("department_head", 50000) },
  { name = "the CFO's limit as a param", input = request { amount = 600000 }, params = { cfo_limit = "550000" },
    expect = over_limit("board", 50000) },
  { name = "a lent limit as a param",
    input = request { amount = 70000, at_date = "2025-08-20", delegation = delegation "director" },
    params = { director_limit = "70000" }, expect = { outcome = "approve", limit = 70000 } },

  -- Inputs that are none.
  invalid("no amount", without "amount", "/amount"),
  invalid("a negative amount", request { amount = -0.01 }, "/amount"),
  invalid("an amount with a comma", request { amount = "12,50" }, "/amount"),
  invalid("an unknown category", request { category = "travel" }, "/category"),
  invalid("no category", without "category", "/category"),
  invalid("no approver", without "approver", "/approver"),
  invalid("an approver without a role", request { approver = { id = "U7", active = true } }, "/approver/role"),
  invalid("an approver of unknown role", request { approver = approver "clerk" }, "/approver/role"),
  invalid("active is a boolean", request { approver = { id = "U7", role = "manager", active = "yes" } }, "/approver/active"),
  invalid("an empty id", request { requester = { id = "" } }, "/requester/id"),
  invalid("an id of 65 characters", request { requester = { id = ("x"):rep(65) } }, "/requester/id"),
  { name = "an id of 64 characters", input = request { requester = { id = ("采"):rep(64) } }, expect = APPROVE },
  invalid("a day that is none", request { at_date = "2025-02-29" }, "/at_date"),
  invalid("a time is not a date", request { at_date = "2025-03-10T00:00:00Z" }, "/at_date"),
  invalid("a delegation without its end", request { delegation = { from_role = "cfo", from_id = "U9", to_id = "U7", from_date = "2025-01-01" } },
    "/delegation/to_date"),
  invalid("a negative delegated limit", request { delegation = delegation("cfo", { limit = -1 }) }, "/delegation/limit"),
  invalid("a negative sum spent", request { spent_in_period = -1 }, "/spent_in_period"),
  invalid("a negative period limit", request { period_limit = -1 }, "/period_limit"),
}

-- Every cell of the table: at the limit, a cent above it, and who covers then.
local TABLE = {
  { "2024-12-31", "expense",      3000, 30000, 300000, 1000000 },
  { "2024-12-31", "fixed_asset",  1000, 10000, 100000, 1000000 },
  { "2024-12-31", "construction", 1000, 10000, 100000, 500000 },
  { "2024-12-31", "payment",      3000, 30000, 300000, 3000000 },
  { "2024-12-31", "financing",    0,    0,     100000, 1000000 },
  { "2025-01-01", "expense",      5000, 50000, 500000, 2000000 },
  { "2025-01-01", "fixed_asset",  2000, 20000, 200000, 2000000 },
  { "2025-01-01", "construction", 2000, 20000, 200000, 1000000 },
  { "2025-01-01", "payment",      5000, 50000, 500000, 5000000 },
  { "2025-01-01", "financing",    0,    0,     200000, 2000000 },
}
local ROLES = { "department_head", "manager", "director", "cfo" }

for _, row in ipairs(TABLE) do
  local day, category = row[1], row[2]
  for i, role in ipairs(ROLES) do
    local limit = row[i + 2]
    local above = ROLES[i + 1] or "board"
    if limit == row[i + 3] then
      above = ROLES[i + 2]
    end
    local cell = role .. ", " .. category .. ", " .. day
    cases[#cases + 1] = {
      name = cell .. ": at the limit",
      input = request { amount = limit, category = category, at_date = day, approver = approver(role) },
      expect = { outcome = "approve", reasons = { "within_limit" }, limit = limit, amount_cny = limit },
    }
    cases[#cases + 1] = {
      name = cell .. ": a cent above",
      input = request { amount = limit + 0.01, category = category, at_date = day, approver = approver(role) },
      expect = over_limit(above, limit),
    }
  end
end

-- The edges of the declaration.
local good = { input = request {}, expect = APPROVE }
edges.text(cases, good, "id", 1, 64)
edges.text(cases, good, "approver.id", 1, 64)
edges.text(cases, good, "requester.id", 1, 64)

local lent = { input = request { at_date = "2025-08-20", delegation = delegation("director", { limit = 60000 }) }, expect = APPROVE }
edges.text(cases, lent, "delegation.from_id", 1, 64)
edges.text(cases, lent, "delegation.to_id", 1, 64)
edges.takes(cases, lent, "delegation.limit", 0)
edges.refuses(cases, lent, "delegation.limit", -0.01)

edges.takes(cases, good, "spent_in_period", 0)
edges.refuses(cases, good, "spent_in_period", -0.01)
edges.takes(cases, good, "period_limit", 0, { outcome = "route", reasons = { "period_limit" } })
edges.refuses(cases, good, "period_limit", -0.01)
edges.takes(cases, good, "period_limit", 1000, nil, "of the amount, with nothing spent")
for _, name in ipairs { "department_head_limit", "manager_limit", "director_limit", "cfo_limit" } do
  edges.param(cases, good, name, 0, -0.01)
end
cases[#cases + 1] = { name = "a limit of less than one is a limit", input = request { amount = 0.5 }, params = { manager_limit = "0.50" },
                      expect = { outcome = "approve", limit = 0.5 } }
cases[#cases + 1] = { name = "and is passed", input = request { amount = 0.51 }, params = { manager_limit = "0.50" },
                      expect = { outcome = "route", limit = 0.5 } }

-- The limits as data. A case brings a table of its own: every role has 10 in every category from then on, but for `rows`, which stand
-- in front of the others.
local ROLES = { "department_head", "manager", "director", "cfo", "board" }
local CATEGORIES = { "expense", "fixed_asset", "construction", "payment", "financing" }

local function limits(rows)
  local lines = { "role,category,limit,currency,from,to" }
  local given = {}
  for _, row in ipairs(rows) do
    lines[#lines + 1] = row
    given[row:match("^[a-z_]+,[a-z_]+")] = true
  end
  for _, role in ipairs(ROLES) do
    for _, category in ipairs(CATEGORIES) do
      if not given[role .. "," .. category] then
        lines[#lines + 1] = role .. "," .. category .. ",10,CNY,,"
      end
    end
  end
  return { ["data/authority_limits.csv"] = table.concat(lines, "\n") .. "\n" }
end

local function data(name, rows, amount, expect, day)
  cases[#cases + 1] = { name = "limits: " .. name, files = limits(rows), expect = expect,
                        input = request { amount = amount, at_date = day or "2025-03-10" } }
end

local function refused(name, rows, message)
  cases[#cases + 1] = { name = "limits: " .. name, files = limits(rows), input = request { amount = 1 },
                        error = { code = "policy_error", contains = message } }
end

data("one open period", {}, 10, { outcome = "approve", limit = 10 })
data("one open period, passed", {}, 11, { outcome = "route", limit = 10, route = { { role = "board" } } })
data("rows in any order",
  { "manager,expense,3,CNY,2025-03-11,", "manager,expense,1,CNY,,2025-03-09", "manager,expense,2,CNY,2025-03-10,2025-03-10" },
  2, { outcome = "approve", limit = 2 })
data("the day before a period of one day",
  { "manager,expense,3,CNY,2025-03-11,", "manager,expense,1,CNY,,2025-03-09", "manager,expense,2,CNY,2025-03-10,2025-03-10" },
  1, { outcome = "approve", limit = 1 }, "2025-03-09")
data("the day after it",
  { "manager,expense,3,CNY,2025-03-11,", "manager,expense,1,CNY,,2025-03-09", "manager,expense,2,CNY,2025-03-10,2025-03-10" },
  3, { outcome = "approve", limit = 3 }, "2025-03-11")
data("a role without a limit covers everything", { "cfo,expense,,CNY,," }, 11, { outcome = "route", route = { { role = "cfo" } } })
data("no limit is none", { "manager,expense,,CNY,," }, 1000000, { outcome = "approve", limit = absent })
data("the board covers what is above its limit", { "board,expense,10,CNY,," }, 11,
  { outcome = "route", route = { { role = "board" } } })
cases[#cases + 1] = {
  name = "limits: nobody stands above the board", params = { department_head_limit = "1" },
  files = limits({ "department_head,expense,50,CNY,,", "board,expense,10,CNY,," }),
  input = request { amount = 11, at_date = "2025-03-10" }, expect = { outcome = "route", route = { { role = "board" } } },
}
data("a limit of nothing", { "manager,expense,0,CNY,," }, 1, { outcome = "route", limit = 0 })

refused("a day before the first period", { "manager,expense,5,CNY,2025-03-11," },
  "no authority limit for manager, expense on 2025-03-10")
cases[#cases + 1] = { name = "limits: no row", files = { ["data/authority_limits.csv"] = "role,category,limit,currency,from,to\n" },
                      input = request {},
                      error = { code = "policy_error", contains = "no row for department_head, expense" } }
refused("a period that ends before it begins", { "manager,expense,5,CNY,2025-01-02,2025-01-01" },
  "a period of manager, expense ends before it begins")
refused("the first of two that begin together ends before it begins",
  { "manager,expense,5,CNY,2025-01-05,2025-01-03", "manager,expense,6,CNY,2025-01-05,2025-01-09" },
  "a period of manager, expense ends before it begins")
refused("the second of two that begin together ends before it begins",
  { "manager,expense,6,CNY,2025-01-05,2025-01-09", "manager,expense,5,CNY,2025-01-05,2025-01-03" },
  "the periods of manager, expense overlap or leave days out")
refused("a day between two periods", { "manager,expense,5,CNY,,2025-01-01", "manager,expense,6,CNY,2025-01-03," },
  "the periods of manager, expense overlap or leave days out")
refused("a day in two periods", { "manager,expense,5,CNY,,2025-01-02", "manager,expense,6,CNY,2025-01-02," },
  "the periods of manager, expense overlap or leave days out")
refused("a period behind an open one", { "manager,expense,5,CNY,,", "manager,expense,6,CNY,2025-01-02," },
  "the periods of manager, expense overlap or leave days out")
refused("a limit below nothing", { "manager,expense,-0.01,CNY,," }, "data/authority_limits.csv:2: ")

-- What holds of every request. Currencies that the rates have, and one that they have not.
local function never_approved_by_more(tx, decide)
  local before = decide(tx)
  tx.amount = tx.amount + 0.01
  local after = decide(tx)
  return before.outcome == "approve" or after.outcome ~= "approve", "a cent more turns " .. before.outcome .. " into approve"
end

cases[#cases + 1] = { name = "more money is never approved where less is not", given = { currency = absent },
                      property = never_approved_by_more }
cases[#cases + 1] = { name = "more dollars are never approved where fewer are not", given = { currency = "USD" },
                      at = "2025-03-10", property = never_approved_by_more }
cases[#cases + 1] = {
  name = "nobody approves their own request",
  property = function(tx, decide)
    tx.requester.id = tx.approver.id
    return decide(tx).outcome == "reject"
  end,
}

return test "authority.limit" (cases)
