-- One transaction that passes every condition, with the fields named in `changes` replaced.
local function transaction(changes)
  local tx = {
    id = "TX-1", date = "2025-03-10", category = "expense", amount = "840.00",
    requester = { id = "U7", level = 1 }, vendor = { id = "V2", approved = true },
    urgent = false, sole_source = false, budget = "12000.00",
    probability = "0.020", exposure = "4400.00",
    years = 9, equity = "900000.00", debt = "310000.00", profit = "150000.00", overdue_days = 0,
  }
  for key, value in pairs(changes) do
    tx[key] = value
  end
  return tx
end

return test "benchmark.natural" {
  { name = "a small order within the limit", input = transaction {},
    expect = { outcome = "approve", reasons = { "within_limit" }, route = {}, risk = 88, band = "low", eligible = true, failed = {} } },
  { name = "at the limit", input = transaction { amount = "1000.00" }, expect = { outcome = "approve" } },
  { name = "a cent above the limit", input = transaction { amount = "1000.01" },
    expect = { outcome = "route", reasons = { "approval_required" }, route = { "department_head" } } },
  { name = "through every band", input = transaction { amount = "2000000.01", budget = "9000000" },
    expect = { route = { "department_head", "manager", "director", "cfo", "board" } } },
  { name = "every extra", input = transaction {
      amount = "500.00", category = "construction", sole_source = true, budget = "499.99",
    }, expect = { outcome = "route", route = { "buyer", "finance", "cost_accounting" } } },
  { name = "an unapproved vendor", input = transaction { vendor = { id = "V2", approved = false } },
    expect = { outcome = "route", route = { "buyer" } } },
  { name = "urgent construction needs no cost accounting", input = transaction { amount = 500, category = "construction", urgent = true },
    expect = { outcome = "approve", route = {} } },
  { name = "risk exactly at a band", input = transaction { probability = "0.016", exposure = "62500.00" },
    expect = { risk = 1000, band = "medium" } },
  { name = "risk just below a band", input = transaction { probability = "0.1", exposure = "99999.99" },
    expect = { risk = 9999.999, band = "medium" } },
  { name = "a critical risk is not financed", input = transaction { probability = "1", exposure = "100000" },
    expect = { band = "critical", eligible = false, failed = { "risk" } } },
  { name = "debt exactly at the leverage", input = transaction { equity = "1000000.10", debt = "700000.07", profit = "400000.00" },
    expect = { eligible = true, failed = {} } },
  { name = "debt a cent above the leverage", input = transaction { equity = "1000000.10", debt = "700000.08", profit = "400000.00" },
    expect = { eligible = false, failed = { "leverage" } } },
  { name = "every condition fails", input = transaction {
      years = 2, debt = "800000.00", profit = "100.00", overdue_days = 31, probability = "1", exposure = "100000",
    }, expect = { failed = { "years", "leverage", "coverage", "overdue", "risk" } } },
  { name = "the requester is the vendor", input = transaction { vendor = { id = "U7", approved = true } },
    expect = { outcome = "reject", reasons = { "self_dealing" } } },
  { name = "the last closed day", input = transaction { date = "2024-12-31" },
    expect = { outcome = "reject", reasons = { "period_closed" } } },
  { name = "a higher limit for the manager", input = transaction { amount = "6000.00" }, params = { manager_from = "6000.00" },
    expect = { route = { "department_head" } } },
  { name = "an unknown category", input = transaction { category = "travel" },
    error = { code = "invalid_input", path = "/category" } },
  { name = "a level out of range", input = transaction { requester = { id = "U7", level = 7 } },
    error = { code = "invalid_input", path = "/requester/level" } },
}
