-- Reads what benchmark.natural reads and approves: what remains is JSON in, one call, JSON out.
local function decide()
  return { outcome = "approve", reasons = { "approved" } }
end

return policy {
  summary = "Approves everything: the bound for JSON in, one call and JSON out.",
  source = "benchmarks/README.md",
  outcomes = { "approve" },

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

  params = {},

  reasons = {
    approved = { en = "Everything is approved.", zh = "一律批准。" },
  },

  decide = decide,
}
