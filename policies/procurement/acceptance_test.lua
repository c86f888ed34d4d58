local edges = require "lib.edges"

-- Goods that everybody accepted; `changes` replaces fields.
local function delivery(changes)
  local tx = {
    id = "G", demand_type = "expense", order_confirmed = true, passed = true, accepted_by = { "warehouse_keeper" },
  }
  for name, value in pairs(changes) do
    tx[name] = value
  end
  return tx
end

local function asset(...)
  return delivery { demand_type = "fixed_asset", accepted_by = { ... } }
end

local function without(name)
  local tx = delivery {}
  tx[name] = nil
  return tx
end

local function invalid(name, input, path)
  return { name = name, input = input, error = { code = "invalid_input", path = path } }
end

local function not_accepted(...)
  local steps = {}
  for i, role in ipairs { ... } do
    steps[i] = { role = role }
  end
  return { outcome = "hold", reasons = { "not_accepted" }, route = steps }
end

local NOT_CONFIRMED = { outcome = "hold", reasons = { "order_not_confirmed" }, route = { { role = "buyer" } } }
local FAILED = { outcome = "reject", reasons = { "acceptance_failed" } }
local ACCEPT = { outcome = "accept", reasons = { "accepted" }, next = { "goods_receipt", "invoice_verification" } }
local ACCEPT_ASSET = { outcome = "accept", reasons = { "accepted" },
                       next = { "goods_receipt", "invoice_verification", "asset_accounting" } }

local cases = {
  -- The rule's own examples.
  { name = "a fixed asset",
    input = { id = "G-1", demand_type = "fixed_asset", order_confirmed = true, passed = true,
              accepted_by = { "acceptance_group", "requester" } },
    expect = ACCEPT_ASSET },
  { name = "construction without its acceptance group",
    input = { id = "G-2", demand_type = "construction", order_confirmed = true, passed = true,
              accepted_by = { "warehouse_keeper", "requester" } },
    expect = not_accepted "acceptance_group" },

  -- Who must accept.
  { name = "goods", input = delivery {}, expect = ACCEPT },
  { name = "goods that nobody accepted", input = delivery { accepted_by = {} },
    expect = not_accepted "warehouse_keeper" },
  { name = "goods that others accepted", input = delivery { accepted_by = { "requester", "acceptance_group" } },
    expect = not_accepted "warehouse_keeper" },
  { name = "a fixed asset that nobody accepted", input = asset(),
    expect = not_accepted("requester", "acceptance_group") },
  { name = "a fixed asset that only its requester accepted", input = asset "requester",
    expect = not_accepted "acceptance_group" },
  { name = "a fixed asset that only the group accepted", input = asset "acceptance_group",
    expect = not_accepted "requester" },
  { name = "a fixed asset that the warehouse accepted", input = asset "warehouse_keeper",
    expect = not_accepted("requester", "acceptance_group") },
  { name = "construction",
    input = delivery { demand_type = "construction", accepted_by = { "requester", "acceptance_group" } }, expect = ACCEPT },
  { name = "one name twice is one", input = asset("requester", "requester"), expect = not_accepted "acceptance_group" },
  { name = "names twice, and unknown ones", input = asset("", "x", "requester", "acceptance_group", "requester", "验收组"),
    expect = ACCEPT_ASSET },
  { name = "names are equal when their characters are",
    input = asset("Requester", "requester ", " acceptance_group", "acceptance_group\n"),
    expect = not_accepted("requester", "acceptance_group") },

  -- Inputs that are none.
  invalid("no id", without "id", "/id"),
  invalid("an empty id", delivery { id = "" }, "/id"),
  invalid("no demand type", without "demand_type", "/demand_type"),
  invalid("a demand of another kind", delivery { demand_type = "stock" }, "/demand_type"),
  invalid("nobody says whether the order is confirmed", without "order_confirmed", "/order_confirmed"),
  invalid("confirmed is a boolean", delivery { order_confirmed = "true" }, "/order_confirmed"),
  invalid("nobody says whether it passed", without "passed", "/passed"),
  invalid("passed is a boolean", delivery { passed = 1 }, "/passed"),
  invalid("no list of acceptances", without "accepted_by", "/accepted_by"),
  invalid("acceptances are a list", delivery { accepted_by = "warehouse_keeper" }, "/accepted_by"),
  invalid("acceptances are texts", delivery { accepted_by = { "warehouse_keeper", 5 } }, "/accepted_by/1"),
  invalid("the first of several", { id = "G", demand_type = "none", passed = 0, accepted_by = {} }, "/demand_type"),
}

-- First that applies: every demand, with everybody's acceptance and with nobody's.
local EVERYBODY = { "warehouse_keeper", "requester", "acceptance_group" }
local ABSENT = {
  expense = not_accepted "warehouse_keeper",
  fixed_asset = not_accepted("requester", "acceptance_group"),
  construction = not_accepted("requester", "acceptance_group"),
}

for _, demand in ipairs { "expense", "fixed_asset", "construction" } do
  for _, passed in ipairs { true, false } do
    for _, by in ipairs { EVERYBODY, {} } do
      local label = demand .. (passed and ", passed, " or ", failed, ") .. #by .. " acceptances"
      cases[#cases + 1] = { name = "not confirmed: " .. label,
        input = delivery { demand_type = demand, order_confirmed = false, passed = passed, accepted_by = by },
        expect = NOT_CONFIRMED }

      local expected = FAILED
      if passed and #by == 0 then
        expected = ABSENT[demand]
      elseif passed then
        expected = demand == "fixed_asset" and ACCEPT_ASSET or ACCEPT
      end
      cases[#cases + 1] = { name = "confirmed: " .. label,
        input = delivery { demand_type = demand, passed = passed, accepted_by = by }, expect = expected }
    end
  end
end

-- The edges of the declaration.
edges.text(cases, { input = delivery {}, expect = { outcome = "accept" } }, "id", 1, 64)

return test "procurement.acceptance" (cases)
