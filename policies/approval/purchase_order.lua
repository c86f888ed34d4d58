local authority = require "lib.authority"

local BUYER = { { role = "buyer" } }

-- First that applies, then all of the last three.
---@param tx table
---@param params table
---@param context table
local function decide(tx, params, context)
  local request = tx.request
  if not request.approved then
    return { outcome = "reject", reasons = { "request_not_approved" }, next = "amend" }
  end

  -- amount > request × (1 + pct / 100), without the division; the tolerance only widens what the request allows.
  local amount = tx.amount
  if amount > request.amount and amount * 100 > request.amount * (100 + params.tolerance_pct) then
    return { outcome = "reject", reasons = { "exceeds_request" }, next = "amend" }
  end

  local vendor = tx.vendor
  if vendor.price_source == "none" then
    return { outcome = "hold", reasons = { "no_price_source" }, route = BUYER }
  end

  local new_vendor = not vendor.approved
  local same_person = tx.buyer.id == tx.requester.id
  local over_limit = amount > params.buyer_limit
  if not (new_vendor or same_person or over_limit) then
    return { outcome = "approve", reasons = { "within_limit" }, next = "print_and_send" }
  end

  local reasons = {}
  local covering
  if new_vendor then
    reasons[#reasons + 1] = "vendor_not_approved"
  end
  if same_person then
    reasons[#reasons + 1] = "segregation_of_duties"
  end
  if over_limit then
    reasons[#reasons + 1] = "over_limit"
    covering = authority.lowest_covering(amount, tx.demand_type, tx.date or date.from_timestamp(context.at), params)
  end

  local route = {}
  for i = 1, #authority.ROLES do
    local role = authority.ROLES[i]
    if role == covering or (role == "manager" and new_vendor) or (role == "director" and same_person) then
      route[#route + 1] = authority.STEP[role]
    end
  end
  return { outcome = "route", reasons = reasons, route = route }
end

return policy {
  summary  = "Who must approve a purchase order before it is sent.",
  source   = "非库存物料采购流程 (non-inventory purchasing), 9.采购订单审核 (review of the purchase order): "
          .. "未通过 → 10.修改采购订单 (not passed: amend the order), 通过 → 11.打印采购订单 12.发送采购订单给供应商 "
          .. "(passed: print it, send it to the vendor); 7.货源(价格)确定 (the source and its price are settled first).",
  outcomes = { "approve", "route", "hold", "reject" },

  input = record {
    id          = text { min = 1, max = 64 },
    amount      = money { min = "0.00" },
    demand_type = enum { "expense", "fixed_asset", "construction" },
    request     = record {
      id       = text { min = 1, max = 64 },
      amount   = money { min = "0.00" },
      approved = boolean {},
    },
    buyer       = record { id = text { min = 1, max = 64 } },
    vendor      = record {
      id           = text { min = 1, max = 64 },
      approved     = boolean {},
      price_source = enum { "contract", "quotation", "none" },
    },
    requester   = record { id = text { min = 1, max = 64 } },
    date        = optional(date {}),                        -- absent: the UTC day of the decision
  },

  params = {
    tolerance_pct         = number { default = 5, min = 0,
      summary = "How far, in per cent, an order may exceed its approved request." },
    buyer_limit           = money { default = "2000.00", min = "0.00",
      summary = "Up to here, CNY, the buyer places an order without further approval." },
    department_head_limit = authority.params.department_head_limit,
    manager_limit         = authority.params.manager_limit,
    director_limit        = authority.params.director_limit,
    cfo_limit             = authority.params.cfo_limit,
  },

  reasons = {
    request_not_approved  = { en = "The purchase request behind the order is not approved.",
                              zh = "对应的请购单未通过审核。" },
    exceeds_request       = { en = "Above the approved request by more than the tolerance.",
                              zh = "超出已审核请购金额的允许幅度。" },
    no_price_source       = { en = "Source and price are not settled.",
                              zh = "货源(价格)未确定。" },
    vendor_not_approved   = { en = "The vendor is not approved.",
                              zh = "供应商未经审核。" },
    segregation_of_duties = { en = "The buyer and the requester are one person.",
                              zh = "采购员与申请人为同一人。" },
    over_limit            = { en = "Above the buyer's limit.",
                              zh = "超过采购员限额。" },
    within_limit          = { en = "Within the buyer's limit.",
                              zh = "在采购员限额内。" },
  },

  decide = decide,
}
