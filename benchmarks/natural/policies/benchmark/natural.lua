local LIMITS = {
  { expense = 1000,   fixed_asset = 500,    construction = 500 },
  { expense = 5000,   fixed_asset = 2000,   construction = 2000 },
  { expense = 20000,  fixed_asset = 10000,  construction = 10000 },
  { expense = 50000,  fixed_asset = 20000,  construction = 20000 },
  { expense = 500000, fixed_asset = 200000, construction = 200000 },
  { expense = 2000000, fixed_asset = 2000000, construction = 1000000 },
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

  -- The first that applies.
  local outcome, reason
  if requester.id == vendor.id then
    outcome, reason = "reject", "self_dealing"
  elseif tx.date < params.period_start then
    outcome, reason = "reject", "period_closed"
  elseif steps > 0 then
    outcome, reason = "route", "approval_required"
  else
    outcome, reason = "approve", "within_limit"
  end
  return { outcome = outcome, reasons = { reason }, route = route, risk = expected, band = band, eligible = failures == 0,
           failed = failed }
end

return policy {
  summary = "Who must approve, at what risk, and whether the vendor may be financed: the benchmark's decision.",
  source = "benchmarks/README.md",
  outcomes = { "approve", "route", "reject" },

  input = record {
    id = text { max = 64 },
    date = date {},
    category = enum { "expense", "fixed_asset", "construction" },
    amount = money { min = "0.00" },
    requester = record { id = text { max = 64 }, level = integer { min = 1, max = 6 } },
    vendor = record { id = text { max = 64 }, approved = boolean {} },
    urgent = boolean {},
    sole_source = boolean {},
    budget = money {},
    probability = number { min = 0, max = 1 },
    exposure = money { min = "0.00" },
    years = integer { min = 0 },
    equity = money {},
    debt = money { min = "0.00" },
    profit = money {},
    overdue_days = integer { min = 0 },
  },

  params = {
    period_start = date { default = "2025-01-01", summary = "Days before it are closed." },
    manager_from = money { default = "5000.00", summary = "Above it the manager signs too." },
    director_from = money { default = "50000.00", summary = "Above it the director signs too." },
    cfo_from = money { default = "500000.00", summary = "Above it the CFO signs too." },
    board_from = money { default = "2000000.00", summary = "Above it the board signs too." },
    risk_medium = money { default = "1000.00", summary = "Expected loss from which the band is medium." },
    risk_high = money { default = "10000.00", summary = "Expected loss from which the band is high." },
    risk_critical = money { default = "100000.00", summary = "Expected loss from which the band is critical." },
    leverage_max = number { default = "0.7", summary = "Debt may be this part of the equity." },
    coverage_min = number { default = "3.5", summary = "So many years' profit must cover the debt." },
    years_min = integer { default = 3, summary = "Years in business." },
    overdue_days_max = integer { default = 30, summary = "The longest delay of a payment." },
  },

  reasons = {
    self_dealing = { en = "The requester is the vendor.", zh = "申请人即供应商。" },
    period_closed = { en = "The date lies in a closed period.", zh = "日期属于已关闭的期间。" },
    approval_required = { en = "Others must approve.", zh = "须经他人审批。" },
    within_limit = { en = "Within the requester's own limit.", zh = "在申请人授权额度内。" },
  },

  decide = decide,
}
