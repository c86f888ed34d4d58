local edges = require "lib.edges"

-- A purchase of U2 from V1; `more` changes what it names.
local function buy(id, amount, date, more)
  local row = { id = id, requester = { id = "U2" }, vendor = { id = "V1" }, category = "expense", amount = amount, date = date }
  for key, value in pairs(more or {}) do
    row[key] = value
  end
  return row
end

local CLEAR = { outcome = "clear", reasons = { "no_split" } }

local function split(total, rows, limit)
  return { outcome = "flag", reasons = { "split_purchase" }, group_total = total, limit = limit or 50000, rows = rows }
end

-- Two purchases of one category that are together at, and a cent above, its limit of so much.
local function at_the_limit(category, half, params)
  local more = { category = category }
  return { name = category .. ": exactly the limit" .. (params and ", a param" or ""), params = params,
           rows = { buy("A", half, "2025-04-07", more), buy("B", half, "2025-04-08", more) },
           expect = { CLEAR, CLEAR } }
end

local function over_the_limit(category, half, params)
  local more = { category = category }
  local found = split(2 * half + 0.01, { "A", "B" }, 2 * half)
  return { name = category .. ": a cent above the limit" .. (params and ", a param" or ""), params = params,
           rows = { buy("A", half, "2025-04-07", more), buy("B", half + 0.01, "2025-04-08", more) },
           expect = { found, found } }
end

local function apart(name, more)
  return { name = name, rows = { buy("A", 30000, "2025-04-07"), buy("B", 30000, "2025-04-07", more) }, expect = { CLEAR, CLEAR } }
end

local function invalid(name, more, path)
  return { name = name, rows = { buy("A", 30000, "2025-04-07"), buy("B", 30000, "2025-04-07", more), buy("C", 30000, "2025-04-07") },
           expect = { split(60000, { "A", "C" }), { error = { code = "invalid_input", path = path } }, split(60000, { "A", "C" }) } }
end

local T = split(58300, { "T2", "T1" })

local cases = {
  -- The rule's own example.
  { name = "two within the limit and one above it",
    rows = { buy("T1", 27300, "2025-04-07"), buy("T2", 31000, "2025-04-04"), buy("T3", 61000, "2025-04-05") },
    expect = { T, T, CLEAR } },

  -- What is a group.
  apart("another requester", { requester = { id = "U3" } }),
  apart("another vendor", { vendor = { id = "V2" } }),
  apart("another category", { category = "construction" }),
  { name = "groups in any order",
    rows = { buy("A", 30000, "2025-04-07"), buy("X", 30000, "2025-04-07", { vendor = { id = "V2" } }), buy("B", 20001, "2025-04-07"),
             buy("Y", 30000, "2025-04-01", { vendor = { id = "V2" } }) },
    expect = { split(50001, { "A", "B" }), split(60000, { "Y", "X" }), split(50001, { "A", "B" }), split(60000, { "Y", "X" }) } },
  { name = "alone", rows = { buy("A", 50000, "2025-04-07") }, expect = { CLEAR } },

  -- The limits: of the sum, and of each row.
  at_the_limit("expense", 25000),
  over_the_limit("expense", 25000),
  at_the_limit("fixed_asset", 10000),
  over_the_limit("fixed_asset", 10000),
  at_the_limit("construction", 10000),
  over_the_limit("construction", 10000),
  at_the_limit("expense", 30000, { expense_limit = "60000" }),
  over_the_limit("expense", 30000, { expense_limit = "60000" }),
  at_the_limit("fixed_asset", 40, { fixed_asset_limit = "80" }),
  over_the_limit("fixed_asset", 40, { fixed_asset_limit = "80" }),
  at_the_limit("construction", 40, { construction_limit = "80" }),
  over_the_limit("construction", 40, { construction_limit = "80" }),
  { name = "a row exactly at the limit can be part of a split",
    rows = { buy("A", 50000, "2025-04-07"), buy("B", 0.01, "2025-04-07") },
    expect = { split(50000.01, { "A", "B" }), split(50000.01, { "A", "B" }) } },
  { name = "a row a cent above the limit cannot",
    rows = { buy("A", 50000.01, "2025-04-07"), buy("B", 49999.99, "2025-04-07") }, expect = { CLEAR, CLEAR } },
  { name = "a row of nothing is part of a split too",
    rows = { buy("A", 30000, "2025-04-07"), buy("B", 0, "2025-04-07"), buy("C", 30000, "2025-04-07") },
    expect = { split(60000, { "A", "B", "C" }), split(60000, { "A", "B", "C" }), split(60000, { "A", "B", "C" }) } },

  -- The window.
  { name = "a Monday and its Sunday", rows = { buy("A", 30000, "2025-04-07"), buy("B", 30000, "2025-04-13") },
    expect = { split(60000, { "A", "B" }), split(60000, { "A", "B" }) } },
  { name = "a Monday and the next", rows = { buy("A", 30000, "2025-04-07"), buy("B", 30000, "2025-04-14") },
    expect = { CLEAR, CLEAR } },
  { name = "over the end of February", rows = { buy("A", 30000, "2024-02-27"), buy("B", 30000, "2024-03-04") },
    expect = { split(60000, { "A", "B" }), split(60000, { "A", "B" }) } },
  { name = "the last days there are", rows = { buy("A", 30000, "9999-12-30"), buy("B", 30000, "9999-12-31") },
    expect = { split(60000, { "A", "B" }), split(60000, { "A", "B" }) } },
  { name = "window_days: one day is the same day", params = { window_days = "1" },
    rows = { buy("A", 30000, "2025-04-07"), buy("B", 30000, "2025-04-07"), buy("C", 30000, "2025-04-08") },
    expect = { split(60000, { "A", "B" }), split(60000, { "A", "B" }), CLEAR } },
  { name = "window_days: eight days reach the next Monday", params = { window_days = "8" },
    rows = { buy("A", 30000, "2025-04-07"), buy("B", 30000, "2025-04-14") },
    expect = { split(60000, { "A", "B" }), split(60000, { "A", "B" }) } },

  -- How many.
  { name = "min_rows: two are not three", params = { min_rows = "3" },
    rows = { buy("A", 30000, "2025-04-07"), buy("B", 30000, "2025-04-07") }, expect = { CLEAR, CLEAR } },
  { name = "min_rows: three are", params = { min_rows = "3" },
    rows = { buy("A", 20000, "2025-04-07"), buy("B", 20000, "2025-04-07"), buy("C", 20000, "2025-04-07") },
    expect = { split(60000, { "A", "B", "C" }), split(60000, { "A", "B", "C" }), split(60000, { "A", "B", "C" }) } },
  { name = "min_rows 1: a row within the limit is never above it", params = { min_rows = "1" },
    rows = { buy("A", 50000, "2025-04-07") }, expect = { CLEAR } },

  -- Several splits.
  { name = "the largest sum counts", rows = { buy("A", 30000, "2025-04-01"), buy("B", 30000, "2025-04-05"), buy("C", 40000, "2025-04-10") },
    expect = { split(60000, { "A", "B" }), split(70000, { "B", "C" }), split(70000, { "B", "C" }) } },
  { name = "of equal sums the earliest",
    rows = { buy("C", 30000, "2025-04-10"), buy("B", 30000, "2025-04-05"), buy("A", 30000, "2025-04-01") },
    expect = { split(60000, { "B", "C" }), split(60000, { "A", "B" }), split(60000, { "A", "B" }) } },
  { name = "a window does not start before its first row",
    rows = { buy("A", 50000, "2025-04-01"), buy("B", 10000, "2025-04-07"), buy("C", 30000, "2025-04-08") },
    expect = { split(60000, { "A", "B" }), split(60000, { "A", "B" }), CLEAR } },
  { name = "ids by date, then in the order of the input",
    rows = { buy("D", 20000, "2025-04-08"), buy("A", 20000, "2025-04-07"), buy("C", 20000, "2025-04-08"), buy("B", 20000, "2025-04-07") },
    expect = { split(80000, { "A", "B", "D", "C" }), split(80000, { "A", "B", "D", "C" }), split(80000, { "A", "B", "D", "C" }),
               split(80000, { "A", "B", "D", "C" }) } },
  { name = "one id twice is two rows", rows = { buy("A", 30000, "2025-04-07"), buy("A", 30000, "2025-04-07") },
    expect = { split(60000, { "A", "A" }), split(60000, { "A", "A" }) } },

  -- Inputs that are none; the rows around them are a split.
  invalid("an empty id", { id = "" }, "/id"),
  invalid("no requester's id", { requester = {} }, "/requester/id"),
  invalid("no vendor's id", { vendor = {} }, "/vendor/id"),
  invalid("an unknown category", { category = "payment" }, "/category"),
  invalid("a negative amount", { amount = -0.01 }, "/amount"),
  invalid("a day that is none", { date = "2025-02-29" }, "/date"),
  invalid("a time is no date", { date = "2025-04-07T00:00:00Z" }, "/date"),
}

-- The edges of the declaration.
local good = { row = buy("A", 0, "2025-04-07"), expect = CLEAR }
edges.text(cases, good, "id", 1, 64)
edges.text(cases, good, "requester.id", 1, 64)
edges.text(cases, good, "vendor.id", 1, 64)
edges.param(cases, good, "window_days", 1, 0)
edges.param(cases, good, "min_rows", 1, 0)
for _, name in ipairs { "expense_limit", "fixed_asset_limit", "construction_limit" } do
  edges.param(cases, good, name, 0, -0.01)
end

return test "procurement.split_purchase" (cases)
