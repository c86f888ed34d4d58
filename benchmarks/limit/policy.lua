-- The natural benchmark's decision as a good Lua host would hold it: plain Lua on doubles, no module but this one.
-- natural/policies/benchmark/natural.lua is the same decision for Remit.

local LIMITS = {
  { expense = 1000,   fixed_asset = 500,    construction = 500 },
  { expense = 5000,   fixed_asset = 2000,   construction = 2000 },
  { expense = 20000,  fixed_asset = 10000,  construction = 10000 },
  { expense = 50000,  fixed_asset = 20000,  construction = 20000 },
  { expense = 500000, fixed_asset = 200000, construction = 200000 },
  { expense = 2000000, fixed_asset = 2000000, construction = 1000000 },
}

local PARAMS = {
  period_start = "2025-01-01",
  manager_from = 5000.00,
  director_from = 50000.00,
  cfo_from = 500000.00,
  board_from = 2000000.00,
  risk_medium = 1000.00,
  risk_high = 10000.00,
  risk_critical = 100000.00,
  leverage_max = 0.7,
  coverage_min = 3.5,
  years_min = 3,
  overdue_days_max = 30,
}

local function decide(tx, params)
  local amount, category = tx.amount, tx.category
  local requester, vendor = tx.requester, tx.vendor

  -- Who must approve: by bands above the requester's own limit, then the extras.
  local limit = LIMITS[requester.level][category]
  local route, steps = {}, 0
  if amount > limit then
    steps = 1
    route[1] = "department_head"
    if amount > params.manager_from then
      steps = steps + 1
      route[steps] = "manager"
    end
    if amount > params.director_from then
      steps = steps + 1
      route[steps] = "director"
    end
    if amount > params.cfo_from then
      steps = steps + 1
      route[steps] = "cfo"
    end
    if amount > params.board_from then
      steps = steps + 1
      route[steps] = "board"
    end
  end
  if not vendor.approved or tx.sole_source then
    steps = steps + 1
    route[steps] = "buyer"
  end
  if amount > tx.budget then
    steps = steps + 1
    route[steps] = "finance"
  end
  if category == "construction" and not tx.urgent then
    steps = steps + 1
    route[steps] = "cost_accounting"
  end

  -- What is at risk: probability times exposure.
  local expected = tx.probability * tx.exposure
  local band
  if expected < params.risk_medium then
    band = "low"
  elseif expected < params.risk_high then
    band = "medium"
  elseif expected < params.risk_critical then
    band = "high"
  else
    band = "critical"
  end

  -- Whether the vendor may be financed: every condition that fails is named.
  local failed, failures = {}, 0
  if tx.years < params.years_min then
    failures = failures + 1
    failed[failures] = "years"
  end
  local debt = tx.debt
  if debt > tx.equity * params.leverage_max then
    failures = failures + 1
    failed[failures] = "leverage"
  end
  if tx.profit * params.coverage_min < debt then
    failures = failures + 1
    failed[failures] = "coverage"
  end
  if tx.overdue_days > params.overdue_days_max then
    failures = failures + 1
    failed[failures] = "overdue"
  end
  if band == "critical" then
    failures = failures + 1
    failed[failures] = "risk"
  end

  local outcome
  if requester.id == vendor.id or tx.date < params.period_start then
    outcome = "reject"
  elseif steps > 0 then
    outcome = "route"
  else
    outcome = "approve"
  end
  return { id = tx.id, outcome = outcome, route = route, risk = expected, band = band, eligible = failures == 0,
           failed = failed }
end

local function approve(tx)
  return { id = tx.id, outcome = "approve" }
end

return { params = PARAMS, decide = decide, approve = approve }
