-- ⌈n / 10⌉
local function tenth(n)
  return (n + 9) // 10
end

-- The part of the total, or nothing where that is 0.
local function share_of(part, total)
  if total == 0 then
    return nil
  end
  return decimal.div(part, total, { places = 4, rounding = "half_up" })
end

-- One portfolio: the rows of one process.
---@param rows table
---@param params table
local function decide_group(rows, params)
  -- R = pr × E of each row, exactly.
  local losses = {}
  local total = 0
  local largest = 1
  for i = 1, #rows do
    losses[i] = rows[i].probability * rows[i].loss
    total = total + losses[i]
    if losses[i] > losses[largest] then
      largest = i
    end
  end

  local ranked = {}
  for i = 1, #losses do
    ranked[i] = losses[i]
  end
  table.sort(ranked, function(a, b) return a > b end)
  local top = 0
  for i = 1, tenth(#ranked) do
    top = top + ranked[i]
  end

  local rounded_total = decimal.round(total, 2, "half_even")
  local largest_share = share_of(losses[largest], total)
  local top_decile_share = share_of(top, total)
  local limit = params.max_share * total

  local decisions = {}
  for i = 1, #rows do
    local concentrated = losses[i] > limit
    decisions[i] = {
      outcome = concentrated and "flag" or "clear",
      reasons = { concentrated and "concentration" or "no_concentration" },
      total = rounded_total,
      expected_loss = decimal.round(losses[i], 2, "half_even"),
      share = share_of(losses[i], total),
      largest = rows[largest].id,
      largest_share = largest_share,
      top_decile_share = top_decile_share,
    }
  end
  return decisions
end

return policy {
  summary  = "Whether the expected losses of one process stand in a single risk.",
  source   = "R=pr(E)R代表风险,E代表潜在的损失,pr代表由于管理失当而导致损失的可能性 (R is the risk, E the potential loss, "
          .. "pr the probability of a loss through failed management), summed over the risks of a process.",
  outcomes = { "flag", "clear" },

  input = record {
    id          = text { min = 1, max = 64 },
    process     = text { min = 1, max = 64 },
    loss        = money { min = "0.00" },
    probability = number { min = 0, max = 1 },
  },

  params = {
    max_share = number { default = 0.4, min = 0,
      summary = "The largest part of the process's expected loss that one risk may have." },
  },

  reasons = {
    concentration    = { en = "More than the largest part of the process's expected loss that one risk may have.",
                         zh = "该风险的预期损失占流程总额的比重超过上限。" },
    no_concentration = { en = "Within the part of the process's expected loss that one risk may have.",
                         zh = "该风险的预期损失占流程总额的比重在上限以内。" },
  },

  group        = { by = { "process" } },
  decide_group = decide_group,
}
