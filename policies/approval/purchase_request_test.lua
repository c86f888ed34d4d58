local edges = require "lib.edges"

-- U2, whose department U5 heads, asks for 870.00 of expense, within the budget; `changes` replaces top-level fields.
local function request(changes)
  local tx = {
    id = "PR-1", amount = 870.00, demand_type = "expense", requester = { id = "U2", department = "plant" },
    department_head = "U5", in_stock_item = false, budget_remaining = 99000000, justification = "Spare seals.",
    date = "2025-02-11",
  }
  for name, value in pairs(changes) do
    tx[name] = value
  end
  return tx
end

-- A request of any type that has the number its type needs.
local function numbered(demand_type, amount, changes)
  local tx = request(changes or {})
  tx.demand_type, tx.amount = demand_type, amount
  tx.asset_number, tx.internal_order = "A-100", "IO-7"
  return tx
end

local function without(name, from)
  local tx = from or request {}
  tx[name] = nil
  return tx
end

local function invalid(name, input, path)
  return { name = name, input = input, error = { code = "invalid_input", path = path } }
end

local OWN_DEPARTMENT = { id = "U5", department = "plant" }

local function reject(code)
  return { outcome = "reject", reasons = { code } }
end

local function hold(code, role)
  return { outcome = "hold", reasons = { code }, route = { { role = role } } }
end

local function route(reasons, ...)
  local steps = {}
  for i, role in ipairs { ... } do
    steps[i] = { role = role }
  end
  return { outcome = "route", reasons = reasons, route = steps }
end

local function needs_approval(...)
  return route({ "approval_required" }, ...)
end

local cases = {
  -- The rule's own examples.
  { name = "over the budget: the CFO signs beyond the director",
    input = { id = "PR-1", amount = 61250.00, demand_type = "expense", requester = { id = "U2", department = "plant" },
              department_head = "U5", in_stock_item = false, budget_remaining = 40000, justification = "Spare seals.",
              date = "2025-02-11" },
    expect = { outcome = "route", reasons = { "over_budget", "approval_required" },
               route = { { role = "department_head" }, { role = "manager" }, { role = "director" }, { role = "cfo" } } } },
  { name = "the head of the department asks",
    input = { id = "PR-2", amount = 870, demand_type = "expense", requester = { id = "U5", department = "plant" },
              department_head = "U5", in_stock_item = false, budget_remaining = 9000, justification = "Gloves.",
              date = "2025-02-11" },
    expect = { outcome = "route", reasons = { "self_approval", "approval_required" }, route = { { role = "manager" } } } },
  { name = "a fixed asset without its number",
    input = { id = "PR-3", amount = 18400, demand_type = "fixed_asset", requester = { id = "U2", department = "it" },
              department_head = "U5", in_stock_item = false, budget_remaining = 90000, justification = "Server." },
    expect = { outcome = "hold", reasons = { "needs_asset_number" }, route = { { role = "asset_accounting" } } } },

  -- First that applies: what is rejected.
  { name = "an item held in stock", input = request { in_stock_item = true }, expect = reject "stock_item" },
  { name = "stock comes before the justification", input = request { in_stock_item = true, justification = "" },
    expect = reject "stock_item" },
  { name = "no justification comes before the asset number",
    input = request { demand_type = "fixed_asset", justification = " " }, expect = reject "no_justification" },
  { name = "no justification comes before the internal order",
    input = request { demand_type = "construction", justification = " " }, expect = reject "no_justification" },
  { name = "no justification comes before the budget",
    input = request { budget_remaining = -1, requester = OWN_DEPARTMENT, justification = "" },
    expect = reject "no_justification" },

  -- What is held.
  { name = "construction without its order", input = request { demand_type = "construction" },
    expect = hold("needs_internal_order", "cost_accounting") },
  { name = "a fixed asset does not need the order",
    input = request { demand_type = "fixed_asset", asset_number = "A-1" }, expect = needs_approval "department_head" },
  { name = "construction does not need the asset number",
    input = request { demand_type = "construction", internal_order = "IO-1" }, expect = needs_approval "department_head" },
  { name = "an order is no asset number", input = request { demand_type = "fixed_asset", internal_order = "IO-1" },
    expect = hold("needs_asset_number", "asset_accounting") },
  { name = "an asset number is no order", input = request { demand_type = "construction", asset_number = "A-1" },
    expect = hold("needs_internal_order", "cost_accounting") },
  { name = "an expense needs neither", input = request { asset_number = "", internal_order = "" },
    expect = needs_approval "department_head" },
  { name = "a hold cites nothing else",
    input = request { demand_type = "fixed_asset", amount = 900000, budget_remaining = 1, requester = OWN_DEPARTMENT },
    expect = hold("needs_asset_number", "asset_accounting") },

  -- The budget.
  { name = "a cent within the budget", input = request { budget_remaining = 870.01 },
    expect = needs_approval "department_head" },
  { name = "exactly the budget", input = request { budget_remaining = 870 }, expect = needs_approval "department_head" },
  { name = "a cent over the budget", input = request { budget_remaining = 869.99 },
    expect = route({ "over_budget", "approval_required" }, "department_head", "cfo") },
  { name = "over the budget by less than a cent", input = request { budget_remaining = 869.9999 },
    expect = route({ "over_budget", "approval_required" }, "department_head", "cfo") },
  { name = "nothing, of no budget", input = request { amount = 0, budget_remaining = 0 },
    expect = needs_approval "department_head" },
  { name = "nothing, of an overdrawn budget", input = request { amount = 0, budget_remaining = -0.01 },
    expect = route({ "over_budget", "approval_required" }, "department_head", "cfo") },
  { name = "the CFO stands once: covering and over the budget",
    input = request { amount = 500000.01, budget_remaining = 0 },
    expect = route({ "over_budget", "approval_required" }, "department_head", "manager", "director", "cfo") },
  { name = "the CFO stands once: below the board", input = request { amount = 2000000.01, budget_remaining = 0 },
    expect = route({ "over_budget", "approval_required" }, "department_head", "manager", "director", "cfo", "board") },

  -- Who asks.
  { name = "identities differ by case", input = request { requester = { id = "u5", department = "plant" } },
    expect = needs_approval "department_head" },
  { name = "a department without a name", input = request { requester = { id = "U2", department = "" } },
    expect = needs_approval "department_head" },
  { name = "the manager stands once", input = request { amount = 5000.01, requester = OWN_DEPARTMENT },
    expect = route({ "self_approval", "approval_required" }, "manager") },
  { name = "the manager stands in rank order", input = request { amount = 50000.01, requester = OWN_DEPARTMENT },
    expect = route({ "self_approval", "approval_required" }, "manager", "director") },
  { name = "both", input = request { budget_remaining = 0, requester = OWN_DEPARTMENT },
    expect = route({ "over_budget", "self_approval", "approval_required" }, "manager", "cfo") },
  { name = "both, up to the board",
    input = request { amount = 2000000.01, budget_remaining = 0, requester = OWN_DEPARTMENT },
    expect = route({ "over_budget", "self_approval", "approval_required" }, "manager", "director", "cfo", "board") },

  -- The day that counts.
  { name = "the last day of the old limits", input = request { amount = 4000, date = "2024-12-31" },
    expect = needs_approval("department_head", "manager") },
  { name = "the first day of the new limits", input = request { amount = 4000, date = "2025-01-01" },
    expect = needs_approval "department_head" },
  { name = "without a date: the decision's day, before midnight UTC",
    input = without("date", request { amount = 4000 }), at = "2024-12-31T23:59:59Z",
    expect = needs_approval("department_head", "manager") },
  { name = "without a date: the decision's day, from midnight UTC",
    input = without("date", request { amount = 4000 }), at = "2025-01-01T00:00:00Z",
    expect = needs_approval "department_head" },
  { name = "a date comes before the decision's day",
    input = request { amount = 4000, date = "2024-06-01" }, at = "2025-06-01T00:00:00Z",
    expect = needs_approval("department_head", "manager") },

  -- Params stand for the table's limits.
  { name = "at a department head's limit as a param", input = request { amount = 6000 },
    params = { department_head_limit = "6000" }, expect = needs_approval "department_head" },
  { name = "above a department head's limit as a param", input = request { amount = 6000.01 },
    params = { department_head_limit = "6000" }, expect = needs_approval("department_head", "manager") },
  { name = "at a manager's limit as a param", input = request { amount = 60000 }, params = { manager_limit = "60000" },
    expect = needs_approval("department_head", "manager") },
  { name = "above a manager's limit as a param", input = request { amount = 60000.01 }, params = { manager_limit = "60000" },
    expect = needs_approval("department_head", "manager", "director") },
  { name = "at a director's limit as a param", input = request { amount = 600000 }, params = { director_limit = "600000" },
    expect = needs_approval("department_head", "manager", "director") },
  { name = "above a director's limit as a param", input = request { amount = 600000.01 },
    params = { director_limit = "600000" }, expect = needs_approval("department_head", "manager", "director", "cfo") },
  { name = "at a CFO's limit as a param", input = request { amount = 3000000 }, params = { cfo_limit = "3000000" },
    expect = needs_approval("department_head", "manager", "director", "cfo") },
  { name = "above a CFO's limit as a param", input = request { amount = 3000000.01 }, params = { cfo_limit = "3000000" },
    expect = needs_approval("department_head", "manager", "director", "cfo", "board") },
  { name = "a param of 0 leaves the table", input = request { amount = 5000 }, params = { department_head_limit = "0.00" },
    expect = needs_approval "department_head" },
  { name = "the lowest that covers ends the route, whatever the ranks above may sign",
    input = request { amount = 60000 }, params = { department_head_limit = "60000", manager_limit = "10" },
    expect = needs_approval "department_head" },

  -- Inputs that are none.
  invalid("no id", without "id", "/id"),
  invalid("an empty id", request { id = "" }, "/id"),
  invalid("an id of 65 characters", request { id = ("请"):rep(65) }, "/id"),
  { name = "an id of 64 characters", input = request { id = ("请"):rep(64) }, expect = needs_approval "department_head" },
  invalid("no amount", without "amount", "/amount"),
  invalid("a negative amount", request { amount = -0.01 }, "/amount"),
  invalid("no demand type", without "demand_type", "/demand_type"),
  invalid("a demand of another kind", request { demand_type = "payment" }, "/demand_type"),
  invalid("no requester", without "requester", "/requester"),
  invalid("a requester without an id", request { requester = { department = "plant" } }, "/requester/id"),
  invalid("a requester without a department", request { requester = { id = "U2" } }, "/requester/department"),
  invalid("no department head", without "department_head", "/department_head"),
  invalid("an empty department head", request { department_head = "" }, "/department_head"),
  invalid("not said whether it is in stock", without "in_stock_item", "/in_stock_item"),
  invalid("in stock is a boolean", request { in_stock_item = "no" }, "/in_stock_item"),
  invalid("no budget", without "budget_remaining", "/budget_remaining"),
  invalid("a budget with a comma", request { budget_remaining = "40,000" }, "/budget_remaining"),
  invalid("no justification at all", without "justification", "/justification"),
  invalid("an asset number is a text", request { asset_number = 5 }, "/asset_number"),
  invalid("an internal order is a text", request { internal_order = false }, "/internal_order"),
  invalid("a day that is none", request { date = "2025-02-29" }, "/date"),
  invalid("a time is not a date", request { date = "2025-02-11T00:00:00Z" }, "/date"),
  invalid("the first of several", request { amount = "much", demand_type = 3, date = "today" }, "/amount"),
}

-- What is blank, and what only looks like it.
local BLANK = { "", " ", "\t", "\r", "\n", "\u{3000}", " \u{3000}\r\n\t" }
local NOT_BLANK = {
  ".", "0", " x", "x ", "\u{3000}购", "购\u{3000}", "\v", "\u{A0}", "\u{2003}", "\u{200B}", "\u{3001}", "\u{3040}",
}

for i, blank in ipairs(BLANK) do
  cases[#cases + 1] = { name = "blank justification " .. i, input = request { justification = blank },
                        expect = reject "no_justification" }
  cases[#cases + 1] = { name = "blank asset number " .. i,
                        input = request { demand_type = "fixed_asset", asset_number = blank },
                        expect = hold("needs_asset_number", "asset_accounting") }
  cases[#cases + 1] = { name = "blank internal order " .. i,
                        input = request { demand_type = "construction", internal_order = blank },
                        expect = hold("needs_internal_order", "cost_accounting") }
end
for i, word in ipairs(NOT_BLANK) do
  cases[#cases + 1] = { name = "a justification " .. i, input = request { justification = word },
                        expect = needs_approval "department_head" }
  cases[#cases + 1] = { name = "an asset number " .. i,
                        input = request { demand_type = "fixed_asset", asset_number = word },
                        expect = needs_approval "department_head" }
  cases[#cases + 1] = { name = "an internal order " .. i,
                        input = request { demand_type = "construction", internal_order = word },
                        expect = needs_approval "department_head" }
end

-- Every limit: a cent below it, at it, a cent above it, for each way to ask.
local TABLE = {
  { "2024-12-31", "expense",      3000, 30000, 300000, 1000000 },
  { "2024-12-31", "fixed_asset",  1000, 10000, 100000, 1000000 },
  { "2024-12-31", "construction", 1000, 10000, 100000, 500000 },
  { "2025-01-01", "expense",      5000, 50000, 500000, 2000000 },
  { "2025-01-01", "fixed_asset",  2000, 20000, 200000, 2000000 },
  { "2025-01-01", "construction", 2000, 20000, 200000, 1000000 },
}

-- The route up to the nth role: as it is, over the budget, by the department's own head, and both.
local ROUTES = {
  { "approval_required" },
  { "over_budget", "approval_required" },
  { "self_approval", "approval_required" },
  { "over_budget", "self_approval", "approval_required" },
}
local UP_TO = {
  { { "department_head" },
    { "department_head", "cfo" },
    { "manager" },
    { "manager", "cfo" } },
  { { "department_head", "manager" },
    { "department_head", "manager", "cfo" },
    { "manager" },
    { "manager", "cfo" } },
  { { "department_head", "manager", "director" },
    { "department_head", "manager", "director", "cfo" },
    { "manager", "director" },
    { "manager", "director", "cfo" } },
  { { "department_head", "manager", "director", "cfo" },
    { "department_head", "manager", "director", "cfo" },
    { "manager", "director", "cfo" },
    { "manager", "director", "cfo" } },
  { { "department_head", "manager", "director", "cfo", "board" },
    { "department_head", "manager", "director", "cfo", "board" },
    { "manager", "director", "cfo", "board" },
    { "manager", "director", "cfo", "board" } },
}

local function add(cell, amount, rank, day, category)
  for way = 1, 4 do
    local changes = { date = day }
    if way == 2 or way == 4 then
      changes.budget_remaining = amount - 0.01
    else
      changes.budget_remaining = amount
    end
    if way >= 3 then
      changes.requester = OWN_DEPARTMENT
    end
    cases[#cases + 1] = {
      name = cell .. ": " .. table.concat(ROUTES[way], ", "),
      input = numbered(category, amount, changes),
      expect = route(ROUTES[way], table.unpack(UP_TO[rank][way])),
    }
  end
end

for _, row in ipairs(TABLE) do
  local day, category = row[1], row[2]
  for rank = 1, 4 do
    local limit = row[rank + 2]
    local cell = category .. ", " .. day .. ", " .. decimal.format(limit, 2)
    add("a cent below " .. cell, limit - 0.01, rank, day, category)
    add("at " .. cell, limit, rank, day, category)
    add("a cent above " .. cell, limit + 0.01, rank + 1, day, category)
  end
end

-- The edges of the declaration.
local good = { input = request {}, expect = { outcome = "route", reasons = { "approval_required" } } }
edges.text(cases, good, "id", 1, 64)
edges.text(cases, good, "requester.id", 1, 64)
edges.text(cases, good, "department_head", 1, 64)

-- What holds of every request.
local RANK = { department_head = 1, manager = 2, director = 3, cfo = 4, board = 5 }
cases[#cases + 1] = {
  name = "a route climbs, and nobody stands in it twice",
  runs = 500, given = { in_stock_item = false, justification = "why", asset_number = "A1", internal_order = "O1" },
  property = function(tx, decide)
    local last = 0
    for i, step in ipairs(decide(tx).route) do
      local rank = RANK[step.role]
      if rank <= last then
        return false, "step " .. i .. " is " .. step.role
      end
      last = rank
    end
    return last > 0
  end,
}
cases[#cases + 1] = {
  name = "more money never needs fewer signatures",
  given = { in_stock_item = false, justification = "why", asset_number = "A1", internal_order = "O1" },
  property = function(tx, decide)
    local before = #decide(tx).route
    tx.amount = tx.amount + 0.01
    return #decide(tx).route >= before
  end,
}

return test "approval.purchase_request" (cases)
