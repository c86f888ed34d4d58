-- First that applies.
---@param tx table
---@param params table
local function decide(tx, params)
  local difference = tx.actual + (tx.in_transit or 0) - tx.book

  local side
  if difference > 0 then
    side = "surplus"
  elseif difference < 0 then
    side = "shortage"
  end

  local off_by = decimal.abs(difference)
  if off_by <= params.tolerance then
    return { outcome = "matched", reasons = { "within_tolerance" }, difference = difference, side = side }
  end
  if off_by <= params.adjust_limit then
    return { outcome = "adjust", reasons = { "adjustable_difference" }, difference = difference, side = side }
  end
  return { outcome = "escalate", reasons = { "large_difference" }, difference = difference, side = side }
end

return policy {
  summary  = "Do the books agree with what was counted or confirmed, and if not, may they be adjusted?",
  source   = "库存对帐、客户资金对帐 (reconciliation of stock, reconciliation of customers' funds); 涉及的单据主要有: … 库存对帐单;"
          .. "客户资金对帐单 (the papers are: … the stock statement; the customer's fund statement).",
  outcomes = { "matched", "adjust", "escalate" },

  input = record {
    id         = text { min = 1, max = 64 },
    kind       = enum { "stock", "fund" },                  -- the same limits for both
    book       = number {},
    actual     = number {},
    in_transit = optional(number {}),                       -- absent: 0
  },

  params = {
    tolerance    = number { default = 0.01, min = 0,
      summary = "Up to here, surplus or shortage, the statement agrees." },
    adjust_limit = number { default = "100.00", min = 0,
      summary = "Up to here, surplus or shortage, the books are adjusted; beyond it somebody looks into it." },
  },

  reasons = {
    within_tolerance      = { en = "Book and actual agree within the tolerance.",
                              zh = "帐实相符,差异在允许范围内。" },
    adjustable_difference = { en = "The difference is small enough to be adjusted.",
                              zh = "差异在可调整限额内。" },
    large_difference      = { en = "The difference is larger than may be adjusted.",
                              zh = "差异超过可调整限额。" },
  },

  decide = decide,
}
