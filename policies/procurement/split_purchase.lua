-- The param that holds each category's limit.
local LIMITS = {
  expense      = "expense_limit",
  fixed_asset  = "fixed_asset_limit",
  construction = "construction_limit",
}

local CLEAR = { outcome = "clear", reasons = { "no_split" } }

-- The rows that can be part of a split, each with its place among all rows.
local function candidates(rows, limit)
  local found = {}
  for i = 1, #rows do
    if rows[i].amount <= limit then
      found[#found + 1] = { place = i, row = rows[i] }
    end
  end
  return found
end

-- The windows of days that are a split, as first and last candidate with the sum between. A window starts on each candidate's day.
local function splits(found, limit, params)
  local list = {}
  local sum, last = 0, 0
  for first = 1, #found do
    local start = found[first].row.date
    while last < #found and date.days_between(start, found[last + 1].row.date) < params.window_days do
      last = last + 1
      sum = sum + found[last].row.amount
    end
    local is_new_day = first == 1 or found[first - 1].row.date ~= start
    if is_new_day and last - first + 1 >= params.min_rows and sum > limit then
      list[#list + 1] = { first = first, last = last, sum = sum }
    end
    sum = sum - found[first].row.amount
  end
  return list
end

local function flag(found, split, limit)
  local ids = {}
  for i = split.first, split.last do
    ids[#ids + 1] = found[i].row.id
  end
  return { outcome = "flag", reasons = { "split_purchase" }, group_total = split.sum, limit = limit, rows = ids }
end

-- The purchases of one requester from one vendor in one category, by date.
---@param rows table
---@param params table
local function decide_group(rows, params)
  local limit = params[LIMITS[rows[1].category]]
  local found = candidates(rows, limit)

  -- A row goes to the split with the largest sum that holds it, of equal ones to the earliest: the sort keeps their order.
  local list = splits(found, limit, params)
  table.sort(list, function(a, b) return a.sum > b.sum end)

  local decisions = {}
  for i = 1, #rows do
    decisions[i] = CLEAR
  end
  for i = 1, #list do
    local decision
    for k = list[i].first, list[i].last do
      local place = found[k].place
      if decisions[place] == CLEAR then
        decision = decision or flag(found, list[i], limit)
        decisions[place] = decision
      end
    end
  end
  return decisions
end

return policy {
  summary  = "Whether purchases that are each within the limit are one purchase above it.",
  source   = "授权 / 审批政策 (authority and approval policy): a purchase above the limit is approved higher up; "
          .. "审核需求 (review of the need), 采购订单审核 (review of purchase orders).",
  outcomes = { "flag", "clear" },

  input = record {
    id        = text { min = 1, max = 64 },
    requester = record { id = text { min = 1, max = 64 } },
    vendor    = record { id = text { min = 1, max = 64 } },
    category  = enum { "expense", "fixed_asset", "construction" },
    amount    = money { min = "0.00" },
    date      = date {},
  },

  params = {
    window_days        = integer { default = 7, min = 1,
      summary = "Purchases within so many days may be one: 7 are a Monday to its Sunday." },
    min_rows           = integer { default = 2, min = 1,
      summary = "So many purchases at least make a split." },
    expense_limit      = money { default = "50000.00", min = "0.00",
      summary = "The limit that a split of expenses evades." },
    fixed_asset_limit  = money { default = "20000.00", min = "0.00",
      summary = "The limit that a split of fixed assets evades." },
    construction_limit = money { default = "20000.00", min = "0.00",
      summary = "The limit that a split of construction work evades." },
  },

  reasons = {
    split_purchase = { en = "With other purchases from this vendor within a few days it is above the limit.",
                       zh = "与数日内向同一供应商的其他采购合计超过限额,疑似拆分采购。" },
    no_split       = { en = "No part of a split purchase.",
                       zh = "不属于拆分采购。" },
  },

  group        = { by = { "requester.id", "vendor.id", "category" }, order = "date" },
  decide_group = decide_group,
}
