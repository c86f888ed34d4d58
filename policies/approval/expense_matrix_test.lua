local edges = require "lib.edges"

local function claim(amount, level, changes)
  local tx = {
    id = "EX-1", amount = amount, category = "travel", requester = { id = "U2", level = level }, in_budget = true,
  }
  for name, value in pairs(changes or {}) do
    tx[name] = value
  end
  return tx
end

local function without(name)
  local tx = claim(10, 1)
  tx[name] = nil
  return tx
end

local function invalid(name, input, path)
  return { name = name, input = input, error = { code = "invalid_input", path = path } }
end

local function approve(code, row)
  return { outcome = "approve", reasons = { code }, matrix_row = row }
end

local function route(code, row, ...)
  local steps = {}
  for i, role in ipairs { ... } do
    steps[i] = { role = role }
  end
  return { outcome = "route", reasons = { code }, matrix_row = row, route = steps }
end

local MEAL = { category = "entertainment" }
local OVER = { in_budget = false }
local MEAL_OVER = { category = "entertainment", in_budget = false }

local cases = {
  -- Within the budget: the bands of the amount, a cent on either side, for staff, leads and heads.
  { name = "nothing", input = claim(0, 1), expect = approve("petty_expense", 1) },
  { name = "at the petty limit", input = claim("500.00", 1), expect = approve("petty_expense", 1) },
  { name = "a cent above the petty limit, staff", input = claim("500.01", 1),
    expect = route("needs_approval", 2, "department_head") },
  { name = "less than a cent above it", input = claim("500.001", 2), expect = route("needs_approval", 2, "department_head") },
  { name = "the highest of the staff", input = claim(501, 2), expect = route("needs_approval", 2, "department_head") },
  { name = "the lowest of the leads", input = claim(501, 3), expect = approve("own_limit", 3) },
  { name = "the highest level, small", input = claim(501, 6), expect = approve("own_limit", 3) },
  { name = "at the small limit, staff", input = claim(5000, 2), expect = route("needs_approval", 2, "department_head") },
  { name = "a cent above the small limit, staff", input = claim("5000.01", 2), expect = route("needs_approval", 4, "manager") },
  { name = "at the small limit, lead", input = claim(5000, 3), expect = approve("own_limit", 3) },
  { name = "a cent above the small limit, lead", input = claim("5000.01", 3),
    expect = route("needs_approval", 5, "department_head") },
  { name = "the highest of the leads", input = claim("5000.01", 4), expect = route("needs_approval", 5, "department_head") },
  { name = "the lowest of the heads", input = claim("5000.01", 5), expect = approve("own_limit", 6) },
  { name = "at the large limit, staff", input = claim(50000, 1), expect = route("needs_approval", 4, "manager") },
  { name = "at the large limit, lead", input = claim(50000, 4), expect = route("needs_approval", 5, "department_head") },
  { name = "at the large limit, head", input = claim(50000, 5), expect = approve("own_limit", 6) },
  { name = "a cent above the large limit, staff", input = claim("50000.01", 1), expect = route("needs_approval", 7, "director") },
  { name = "a cent above the large limit, lead", input = claim("50000.01", 4), expect = route("needs_approval", 7, "director") },
  { name = "a cent above the large limit, head", input = claim("50000.01", 5), expect = route("needs_approval", 8, "manager") },
  { name = "training is like travel", input = claim(501, 1, { category = "training" }),
    expect = route("needs_approval", 2, "department_head") },
  { name = "equipment is like travel", input = claim(501, 1, { category = "equipment" }),
    expect = route("needs_approval", 2, "department_head") },

  -- Entertainment: whatever the level.
  { name = "entertainment for nothing", input = claim(0, 6, MEAL), expect = route("entertainment", 9, "department_head") },
  { name = "entertainment at the petty limit", input = claim(500, 1, MEAL), expect = route("entertainment", 9, "department_head") },
  { name = "entertainment above the petty limit", input = claim("500.01", 6, MEAL), expect = route("entertainment", 10, "manager") },
  { name = "entertainment at the small limit", input = claim(5000, 1, MEAL), expect = route("entertainment", 10, "manager") },
  { name = "entertainment above the small limit", input = claim("5000.01", 6, MEAL), expect = route("entertainment", 11, "director") },
  { name = "entertainment at the large limit", input = claim(50000, 1, MEAL), expect = route("entertainment", 11, "director") },
  { name = "entertainment above the large limit", input = claim("50000.01", 6, MEAL),
    expect = route("entertainment", 12, "cfo", "finance") },

  -- Over the budget.
  { name = "petty, over the budget", input = claim(1, 6, OVER), expect = route("over_budget", 13, "manager", "finance") },
  { name = "at the small limit, over the budget", input = claim(5000, 1, OVER),
    expect = route("over_budget", 13, "manager", "finance") },
  { name = "above the small limit, over the budget", input = claim("5000.01", 6, OVER),
    expect = route("over_budget", 14, "director", "finance") },
  { name = "at the large limit, over the budget", input = claim(50000, 1, OVER),
    expect = route("over_budget", 14, "director", "finance") },
  { name = "above the large limit, over the budget", input = claim("50000.01", 6, OVER),
    expect = route("over_budget", 15, "cfo", "finance") },
  { name = "entertainment over the budget", input = claim("0.01", 6, MEAL_OVER),
    expect = { outcome = "reject", reasons = { "entertainment_over_budget" }, matrix_row = 16 } },

  -- Params.
  { name = "a larger petty limit", input = claim(600, 1), params = { petty_limit = "600" }, expect = approve("petty_expense", 1) },
  { name = "no petty limit", input = claim("0.01", 1), params = { petty_limit = "0" },
    expect = route("needs_approval", 2, "department_head") },
  { name = "a larger small limit", input = claim(6000, 1), params = { small_limit = "6000" },
    expect = route("needs_approval", 2, "department_head") },
  { name = "a larger large limit", input = claim(60000, 1), params = { large_limit = "60000" },
    expect = route("needs_approval", 4, "manager") },
  { name = "no band in between", input = claim("500.01", 1), params = { small_limit = "500", large_limit = "500" },
    expect = route("needs_approval", 7, "director") },
  { name = "limits that fall", input = claim(1, 1), params = { petty_limit = "5001" }, error = { code = "invalid_params" } },

  -- Inputs that are none.
  invalid("no id", without "id", "/id"),
  invalid("no amount", without "amount", "/amount"),
  invalid("a negative amount", claim("-0.01", 1), "/amount"),
  invalid("a category of another kind", claim(1, 1, { category = "gifts" }), "/category"),
  invalid("level 0", claim(1, 0), "/requester/level"),
  invalid("level 7", claim(1, 7), "/requester/level"),
  invalid("half a level", claim(1, "1.5"), "/requester/level"),
  invalid("no budget", without "in_budget", "/in_budget"),
}

-- The edges of the declaration.
local good = { input = claim(1000000, 6), expect = { outcome = "route" } }
edges.text(cases, good, "id", 1, 64)
edges.text(cases, good, "requester.id", 1, 64)
edges.param(cases, good, "petty_limit", 0, -0.01)
local unlimited = { input = claim(1000000, 6), params = { petty_limit = 0, small_limit = 0 }, expect = { outcome = "route" } }
edges.param(cases, { input = good.input, params = { petty_limit = 0 }, expect = good.expect }, "small_limit", 0, -0.01)
edges.param(cases, unlimited, "large_limit", 0, -0.01)
-- Each limit has its own edge, and is not only held by the order of the three.
for _, name in ipairs { "small_limit", "large_limit" } do
  cases[#cases + 1] = { name = name .. " below nothing", input = good.input, params = { [name] = "-0.01" },
                        error = { code = "invalid_params", contains = name .. ": " } }
end

return test "approval.expense_matrix" (cases)
