local edges = require "lib.edges"

-- An order of 1,000.00 for an approved request of 1,000.00; `changes` replaces top-level fields.
local function order(changes)
  local tx = {
    id = "PO-1", amount = 1000.00, demand_type = "expense", request = { id = "PR-1", amount = 1000.00, approved = true },
    buyer = { id = "B1" }, vendor = { id = "V1", approved = true, price_source = "contract" }, requester = { id = "U2" },
    date = "2025-05-06",
  }
  for name, value in pairs(changes) do
    tx[name] = value
  end
  return tx
end

-- An order of that amount for a request of that amount.
local function of(amount, changes)
  local tx = order(changes or {})
  tx.amount, tx.request = amount, { id = "PR-1", amount = amount, approved = true }
  return tx
end

local function undated(amount)
  local tx = of(amount)
  tx.date = nil
  return tx
end

local function without(name)
  local tx = order {}
  tx[name] = nil
  return tx
end

local function invalid(name, input, path)
  return { name = name, input = input, error = { code = "invalid_input", path = path } }
end

local NEW_VENDOR = { id = "V4", approved = false, price_source = "quotation" }
local NO_PRICE = { id = "V4", approved = false, price_source = "none" }
local SAME_PERSON = { id = "B1" }

local APPROVE = { outcome = "approve", reasons = { "within_limit" }, next = "print_and_send" }

local function reject(code)
  return { outcome = "reject", reasons = { code }, next = "amend" }
end

local function route(reasons, ...)
  local steps = {}
  for i, role in ipairs { ... } do
    steps[i] = { role = role }
  end
  return { outcome = "route", reasons = reasons, route = steps }
end

local cases = {
  -- The rule's own examples.
  { name = "a small order within the tolerance",
    input = { id = "PO-1", amount = 1710, demand_type = "expense", request = { id = "PR-1", amount = 1680, approved = true },
              buyer = { id = "B1" }, vendor = { id = "V1", approved = true, price_source = "contract" },
              requester = { id = "U2" } },
    expect = { outcome = "approve", reasons = { "within_limit" }, next = "print_and_send" } },
  { name = "everything at once",
    input = { id = "PO-2", amount = 236000, demand_type = "fixed_asset",
              request = { id = "PR-2", amount = 236000, approved = true }, buyer = { id = "B1" },
              vendor = { id = "V4", approved = false, price_source = "quotation" }, requester = { id = "B1" },
              date = "2025-05-06" },
    expect = { outcome = "route", reasons = { "vendor_not_approved", "segregation_of_duties", "over_limit" },
               route = { { role = "manager" }, { role = "director" }, { role = "cfo" } } } },
  { name = "above the request",
    input = { id = "PO-3", amount = 1130, demand_type = "expense", request = { id = "PR-3", amount = 1000, approved = true },
              buyer = { id = "B1" }, vendor = { id = "V1", approved = true, price_source = "contract" },
              requester = { id = "U2" } },
    expect = { outcome = "reject", reasons = { "exceeds_request" }, next = "amend" } },

  -- First that applies.
  { name = "the request is not approved", input = order { request = { id = "PR-1", amount = 1000, approved = false } },
    expect = reject "request_not_approved" },
  { name = "not approved comes before exceeded",
    input = order { request = { id = "PR-1", amount = 1, approved = false } },
    expect = reject "request_not_approved" },
  { name = "a cent within 5 per cent", input = order { amount = 1049.99 }, expect = APPROVE },
  { name = "exactly 5 per cent", input = order { amount = 1050 }, expect = APPROVE },
  { name = "a cent above 5 per cent", input = order { amount = 1050.01 }, expect = reject "exceeds_request" },
  { name = "below the request", input = order { amount = 0 }, expect = APPROVE },
  { name = "a request of nothing allows nothing",
    input = order { amount = 0.01, request = { id = "PR-1", amount = 0, approved = true } },
    expect = reject "exceeds_request" },
  { name = "nothing for nothing", input = of(0), expect = APPROVE },
  { name = "the tolerance is not rounded",
    input = order { amount = 0.35, request = { id = "PR-1", amount = 0.33, approved = true } },   -- 0.3465
    expect = reject "exceeds_request" },
  { name = "exceeded comes before the price source", input = order { amount = 1050.01, vendor = NO_PRICE },
    expect = reject "exceeds_request" },
  { name = "no price source", input = order { vendor = { id = "V1", approved = true, price_source = "none" } },
    expect = { outcome = "hold", reasons = { "no_price_source" }, route = { { role = "buyer" } } } },
  { name = "a hold cites nothing else", input = of(900000, { vendor = NO_PRICE, requester = SAME_PERSON }),
    expect = { outcome = "hold", reasons = { "no_price_source" }, route = { { role = "buyer" } } } },

  -- Then all.
  { name = "a vendor that is not approved", input = order { vendor = NEW_VENDOR },
    expect = route({ "vendor_not_approved" }, "manager") },
  { name = "buyer and requester are one", input = order { requester = SAME_PERSON },
    expect = route({ "segregation_of_duties" }, "director") },
  { name = "buyer and requester differ by case", input = order { requester = { id = "b1" } }, expect = APPROVE },
  { name = "both", input = order { vendor = NEW_VENDOR, requester = SAME_PERSON },
    expect = route({ "vendor_not_approved", "segregation_of_duties" }, "manager", "director") },
  { name = "a cent below the buyer's limit", input = of(1999.99), expect = APPROVE },
  { name = "at the buyer's limit", input = of(2000), expect = APPROVE },
  { name = "a cent above the buyer's limit", input = of(2000.01), expect = route({ "over_limit" }, "department_head") },
  { name = "the role that covers stands in rank order", input = of(2000.01, { vendor = NEW_VENDOR }),
    expect = route({ "vendor_not_approved", "over_limit" }, "department_head", "manager") },
  { name = "no role twice: manager", input = of(5000.01, { vendor = NEW_VENDOR }),
    expect = route({ "vendor_not_approved", "over_limit" }, "manager") },
  { name = "no role twice: director", input = of(50000.01, { requester = SAME_PERSON }),
    expect = route({ "segregation_of_duties", "over_limit" }, "director") },
  { name = "the board comes last", input = of(2000000.01, { vendor = NEW_VENDOR, requester = SAME_PERSON }),
    expect = route({ "vendor_not_approved", "segregation_of_duties", "over_limit" }, "manager", "director", "board") },

  { name = "expense: at the department head's limit", input = of(5000),
    expect = route({ "over_limit" }, "department_head") },
  { name = "expense: above the department head's limit", input = of(5000.01),
    expect = route({ "over_limit" }, "manager") },
  { name = "expense: at the manager's limit", input = of(50000), expect = route({ "over_limit" }, "manager") },
  { name = "expense: above the manager's limit", input = of(50000.01), expect = route({ "over_limit" }, "director") },
  { name = "expense: at the director's limit", input = of(500000), expect = route({ "over_limit" }, "director") },
  { name = "expense: above the director's limit", input = of(500000.01), expect = route({ "over_limit" }, "cfo") },
  { name = "expense: at the CFO's limit", input = of(2000000), expect = route({ "over_limit" }, "cfo") },
  { name = "expense: above the CFO's limit", input = of(2000000.01), expect = route({ "over_limit" }, "board") },
  { name = "fixed assets have limits of their own", input = of(20000.01, { demand_type = "fixed_asset" }),
    expect = route({ "over_limit" }, "director") },
  { name = "construction has limits of its own", input = of(1000000.01, { demand_type = "construction" }),
    expect = route({ "over_limit" }, "board") },

  -- The day that counts.
  { name = "the last day of the old limits", input = of(4000, { date = "2024-12-31" }),
    expect = route({ "over_limit" }, "manager") },
  { name = "the first day of the new limits", input = of(4000, { date = "2025-01-01" }),
    expect = route({ "over_limit" }, "department_head") },
  { name = "without a date: the decision's day, before midnight UTC",
    input = undated(4000), at = "2024-12-31T23:59:59Z",
    expect = route({ "over_limit" }, "manager") },
  { name = "without a date: the decision's day, from midnight UTC", input = undated(4000), at = "2025-01-01T00:00:00Z",
    expect = route({ "over_limit" }, "department_head") },
  { name = "a date comes before the decision's day",
    input = of(4000, { date = "2024-06-01" }), at = "2025-06-01T00:00:00Z",
    expect = route({ "over_limit" }, "manager") },

  -- Params.
  { name = "no tolerance", input = order { amount = 1000.01 }, params = { tolerance_pct = 0 },
    expect = reject "exceeds_request" },
  { name = "a tolerance with a fraction", input = order { amount = 1025 }, params = { tolerance_pct = "2.5" },
    expect = APPROVE },
  { name = "above a tolerance with a fraction", input = order { amount = 1025.01 }, params = { tolerance_pct = "2.5" },
    expect = reject "exceeds_request" },
  { name = "a larger buyer's limit", input = of(3000), params = { buyer_limit = "3000" }, expect = APPROVE },
  { name = "a buyer's limit of nothing", input = of(0.01), params = { buyer_limit = "0" },
    expect = route({ "over_limit" }, "department_head") },
  { name = "a department head's limit as a param", input = of(6000), params = { department_head_limit = "6000" },
    expect = route({ "over_limit" }, "department_head") },
  { name = "a manager's limit as a param", input = of(60000), params = { manager_limit = "60000" },
    expect = route({ "over_limit" }, "manager") },
  { name = "a director's limit as a param", input = of(600000), params = { director_limit = "600000" },
    expect = route({ "over_limit" }, "director") },
  { name = "a CFO's limit as a param", input = of(3000000), params = { cfo_limit = "3000000" },
    expect = route({ "over_limit" }, "cfo") },

  -- Inputs that are none.
  invalid("no id", without "id", "/id"),
  invalid("an empty id", order { id = "" }, "/id"),
  invalid("no amount", without "amount", "/amount"),
  invalid("a negative amount", order { amount = -1 }, "/amount"),
  invalid("a demand of another kind", order { demand_type = "payment" }, "/demand_type"),
  invalid("no request", without "request", "/request"),
  invalid("a request without its approval", order { request = { id = "PR-1", amount = 1 } }, "/request/approved"),
  invalid("an unknown price source", order { vendor = { id = "V1", approved = true, price_source = "email" } },
    "/vendor/price_source"),
  invalid("a buyer without an id", order { buyer = object {} }, "/buyer/id"),
  invalid("a day that is none", order { date = "2025-13-01" }, "/date"),
  invalid("the first of several", order { amount = "much", demand_type = 3, date = "today" }, "/amount"),
}

-- The edges of the declaration.
local good = { input = order {}, expect = { outcome = "approve", reasons = { "within_limit" } } }
for _, path in ipairs { "id", "request.id", "buyer.id", "vendor.id", "requester.id" } do
  edges.text(cases, good, path, 1, 64)
end
edges.takes(cases, good, "amount", 0)
edges.refuses(cases, good, "amount", -0.01)
edges.takes(cases, good, "request.amount", 0, { outcome = "reject", reasons = { "exceeds_request" } })
edges.refuses(cases, good, "request.amount", -0.01)
edges.param(cases, good, "tolerance_pct", 0, -0.01)
edges.param(cases, good, "buyer_limit", 0, -0.01, { outcome = "route", reasons = { "over_limit" } })

return test "approval.purchase_order" (cases)
