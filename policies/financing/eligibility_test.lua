local edges = require "lib.edges"

-- An applicant that meets every condition; `changes` replaces its fields.
local function applicant(changes)
  local company = {
    legal_person = true, annual_inspection_passed = true, operates_lawfully = true, scope_complies_with_policy = true,
    can_repay = true, counter_guarantee_available = true,
    net_assets = 4000000, total_assets = 10000000, total_liabilities = 6000000,
  }
  for name, value in pairs(changes) do
    company[name] = value
  end
  return company
end

local function asks(requested, changes)
  return { id = "F", applicant = applicant(changes or {}), requested = requested }
end

local function without(name)
  local tx = asks(1)
  tx.applicant[name] = nil
  return tx
end

local function invalid(name, input, path)
  return { name = name, input = input, error = { code = "invalid_input", path = path } }
end

local ELIGIBLE = { outcome = "eligible", reasons = { "all_conditions_met" } }

local function ineligible(...)
  return { outcome = "ineligible", reasons = { ... } }
end

local function lacks(field, code)
  return { name = "without " .. field, input = asks(1, { [field] = false }), expect = ineligible(code) }
end

local cases = {
  -- The rule's own examples.
  { name = "all conditions are met",
    input = { id = "F-1",
              applicant = { legal_person = true, annual_inspection_passed = true, operates_lawfully = true,
                            scope_complies_with_policy = true, can_repay = true, counter_guarantee_available = true,
                            net_assets = 3700450.33, total_assets = 9100000, total_liabilities = 5400000 },
              requested = 1600000 },
    expect = { outcome = "eligible", reasons = { "all_conditions_met" }, debt_ratio = 0.5934, max_amount = 1850225.16 } },
  { name = "over-indebted, and no inspection",
    input = { id = "F-2",
              applicant = { legal_person = true, annual_inspection_passed = false, operates_lawfully = true,
                            scope_complies_with_policy = true, can_repay = true, counter_guarantee_available = true,
                            net_assets = -12000, total_assets = 640000, total_liabilities = 652000 },
              requested = 50000 },
    expect = { outcome = "ineligible", reasons = { "inspection_missing", "over_net_asset_share", "debt_ratio" },
               debt_ratio = 1.0188, max_amount = 0.00 } },

  -- Conditions 1 to 3.
  lacks("legal_person", "not_legal_person"),
  lacks("annual_inspection_passed", "inspection_missing"),
  lacks("operates_lawfully", "unlawful"),
  lacks("scope_complies_with_policy", "scope_violation"),
  lacks("can_repay", "cannot_repay"),
  lacks("counter_guarantee_available", "no_counter_guarantee"),
  { name = "nothing is met, in the order of the conditions",
    input = asks(1, { legal_person = false, annual_inspection_passed = false, operates_lawfully = false,
                      scope_complies_with_policy = false, can_repay = false, counter_guarantee_available = false,
                      net_assets = 0, total_assets = 0, total_liabilities = 0 }),
    expect = { outcome = "ineligible", max_amount = 0,
               reasons = { "not_legal_person", "inspection_missing", "unlawful", "scope_violation", "cannot_repay",
                           "no_counter_guarantee", "over_net_asset_share", "debt_ratio" } } },

  -- Condition 4: half of the net assets.
  { name = "nothing is asked for", input = asks(0), expect = ELIGIBLE },
  { name = "a cent below half", input = asks(1999999.99), expect = ELIGIBLE },
  { name = "exactly half", input = asks(2000000), expect = ELIGIBLE },
  { name = "a cent above half", input = asks(2000000.01), expect = ineligible("over_net_asset_share") },
  { name = "half is not rounded before it is compared", input = asks(0.005, { net_assets = 0.01 }),
    expect = { outcome = "eligible", max_amount = 0 } },
  { name = "above half by less than a cent", input = asks(0.0051, { net_assets = 0.01 }),
    expect = ineligible("over_net_asset_share") },
  { name = "the most is rounded down", input = asks(1, { net_assets = 99.99 }),
    expect = { outcome = "eligible", max_amount = 49.99 } },
  { name = "a cent of net assets below none", input = asks(0, { net_assets = -0.01 }),
    expect = { outcome = "ineligible", reasons = { "over_net_asset_share" }, max_amount = 0 } },
  { name = "no net assets", input = asks(0, { net_assets = 0 }),
    expect = { outcome = "ineligible", reasons = { "over_net_asset_share" }, max_amount = 0 } },
  { name = "a cent of net assets", input = asks(0, { net_assets = 0.01 }), expect = ELIGIBLE },

  -- Condition 5: seven tenths of the assets.
  { name = "a cent below 70%", input = asks(1, { total_liabilities = 6999999.99 }),
    expect = { outcome = "eligible", debt_ratio = 0.7 } },
  { name = "exactly 70%", input = asks(1, { total_liabilities = 7000000 }),
    expect = { outcome = "eligible", debt_ratio = 0.7 } },
  { name = "a cent above 70%: the ratio is compared exactly, then rounded",
    input = asks(1, { total_liabilities = 7000000.01 }),
    expect = { outcome = "ineligible", reasons = { "debt_ratio" }, debt_ratio = 0.7 } },
  { name = "no liabilities", input = asks(1, { total_liabilities = 0 }),
    expect = { outcome = "eligible", debt_ratio = 0 } },
  { name = "a ratio's tie goes up", input = asks(1, { total_assets = 20000, total_liabilities = 1 }),
    expect = { outcome = "eligible", debt_ratio = 0.0001 } },
  { name = "no assets", input = asks(1, { total_assets = 0, total_liabilities = 0 }),
    expect = { outcome = "ineligible", reasons = { "debt_ratio" } } },
  { name = "liabilities without assets", input = asks(1, { total_assets = 0 }),
    expect = { outcome = "ineligible", reasons = { "debt_ratio" } } },

  -- Params.
  { name = "a smaller share", input = asks(400000.01), params = { net_asset_share = "0.1" },
    expect = { outcome = "ineligible", reasons = { "over_net_asset_share" }, max_amount = 400000 } },
  { name = "at a smaller share", input = asks(400000), params = { net_asset_share = "0.1" }, expect = ELIGIBLE },
  { name = "at a larger ratio", input = asks(1, { total_liabilities = 8000000 }), params = { max_debt_ratio = 0.8 },
    expect = ELIGIBLE },
  { name = "above a larger ratio", input = asks(1, { total_liabilities = 8000000.01 }),
    params = { max_debt_ratio = 0.8 },
    expect = ineligible("debt_ratio") },

  -- Inputs that are none.
  invalid("no id", { applicant = applicant {}, requested = 1 }, "/id"),
  invalid("no applicant", { id = "F", requested = 1 }, "/applicant"),
  invalid("no amount", { id = "F", applicant = applicant {} }, "/requested"),
  invalid("a negative amount", asks(-1), "/requested"),
  invalid("a condition that is not told", without "can_repay", "/applicant/can_repay"),
  invalid("no net assets told", without "net_assets", "/applicant/net_assets"),
  invalid("a condition is a boolean", asks(1, { operates_lawfully = "true" }), "/applicant/operates_lawfully"),
  invalid("negative assets", asks(1, { total_assets = -1 }), "/applicant/total_assets"),
  invalid("negative liabilities", asks(1, { total_liabilities = -1 }), "/applicant/total_liabilities"),
}

-- The edges of the declaration.
local good = { input = asks(1), expect = ELIGIBLE }
edges.text(cases, good, "id", 1, 64)
edges.refuses(cases, good, "applicant.total_assets", -0.01)
edges.takes(cases, good, "applicant.total_liabilities", 0, { outcome = "eligible", debt_ratio = 0 })
edges.refuses(cases, good, "applicant.total_liabilities", -0.01)
edges.takes(cases, good, "requested", 0)
edges.refuses(cases, good, "requested", -0.01)
edges.param(cases, good, "net_asset_share", 0, -0.01, ineligible "over_net_asset_share")
edges.param(cases, good, "max_debt_ratio", 0, -0.01, ineligible "debt_ratio")

-- Less than one of either.
cases[#cases + 1] = { name = "net assets of less than nothing lend nothing, however little", input = asks(0, { net_assets = -0.5 }),
                      expect = { outcome = "ineligible", max_amount = 0 } }
cases[#cases + 1] = { name = "a debt ratio of assets of one", input = asks(1, { total_assets = 1, total_liabilities = 0.5 }),
                      expect = { outcome = "eligible", debt_ratio = 0.5 } }
cases[#cases + 1] = { name = "no debt ratio without assets", input = asks(1, { total_assets = 0, total_liabilities = 0 }),
                      expect = { outcome = "ineligible", debt_ratio = absent } }

return test "financing.eligibility" (cases)
