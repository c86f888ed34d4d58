local tx = {
  id = "TX-1", date = "2025-03-10", category = "expense", amount = "840.00",
  requester = { id = "U7", level = 1 }, vendor = { id = "V2", approved = true },
  urgent = false, sole_source = false, budget = "12000.00",
  probability = "0.020", exposure = "4400.00",
  years = 9, equity = "900000.00", debt = "310000.00", profit = "150000.00", overdue_days = 0,
}

return test "benchmark.approve" {
  { name = "anything", input = tx, expect = { outcome = "approve", reasons = { "approved" } } },
  { name = "nothing", input = {}, error = { code = "invalid_input", path = "/id" } },
}
