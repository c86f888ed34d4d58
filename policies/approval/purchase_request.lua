local authority = require "lib.authority"
local blank = require("lib.text").blank

local ASSET_ACCOUNTING = { { role = "asset_accounting" } }
local COST_ACCOUNTING = { { role = "cost_accounting" } }

-- First that applies; what is left is always for approval, and there all that applies is cited.
---@param tx table
---@param params table
---@param context table
local function decide(tx, params, context)
  if tx.in_stock_item then
    return { outcome = "reject", reasons = { "stock_item" } }
  end
  if blank(tx.justification) then
    return { outcome = "reject", reasons = { "no_justification" } }
  end

  local demand_type = tx.demand_type
  if demand_type == "fixed_asset" and blank(tx.asset_number) then
    return { outcome = "hold", reasons = { "needs_asset_number" }, route = ASSET_ACCOUNTING }
  end
  if demand_type == "construction" and blank(tx.internal_order) then
    return { outcome = "hold", reasons = { "needs_internal_order" }, route = COST_ACCOUNTING }
  end

  local amount = tx.amount
  local over_budget = amount > tx.budget_remaining
  local own_department = tx.requester.id == tx.department_head
  local reasons = {}
  if over_budget then
    reasons[#reasons + 1] = "over_budget"
  end
  if own_department then
    reasons[#reasons + 1] = "self_approval"
  end
  reasons[#reasons + 1] = "approval_required"

  -- From the department head up to the role that covers; beyond it the CFO; the manager in the department head's place.
  local covering = authority.lowest_covering(amount, demand_type, tx.date or date.from_timestamp(context.at), params)
  local route = {}
  local covered = false
  for i = 1, #authority.ROLES do
    local role = authority.ROLES[i]
    local needed = not covered
    if role == "department_head" then
      needed = not own_department
    elseif role == "manager" then
      needed = needed or own_department
    elseif role == "cfo" then
      needed = needed or over_budget
    end
    if needed then
      route[#route + 1] = authority.STEP[role]
    end
    covered = covered or role == covering
  end
  return { outcome = "route", reasons = reasons, route = route }
end

return policy {
  summary  = "Who must approve a purchase request, and what it lacks before anybody can.",
  source   = "非库存物料采购流程 (non-inventory purchasing), 1.填写请购单 (fill in the purchase request) → 2.审核需求 (review the "
          .. "need): 申请部门领导及其他相关领导(根据公司审批政策)审核请购单 (the head of the requesting department and other "
          .. "leaders concerned review it, by the company's approval policy); 非库存采购 (for non-inventory purchases only); "
          .. "固定资产采购时,财务部门资产会计需要创建固定资产编号作为采购的必需信息 (for a fixed asset, asset accounting creates "
          .. "the asset number first); 在建工程采购时,财务部门需要提供在建工程对应的内部订单号作为采购的必需信息 (for construction, "
          .. "finance provides the internal order number).",
  outcomes = { "route", "hold", "reject" },

  input = record {
    id               = text { min = 1, max = 64 },
    amount           = money { min = "0.00" },              -- CNY
    demand_type      = enum { "expense", "fixed_asset", "construction" },
    requester        = record {
      id         = text { min = 1, max = 64 },
      department = text {},
    },
    department_head  = text { min = 1, max = 64 },
    in_stock_item    = boolean {},
    budget_remaining = money {},                            -- may be negative
    justification    = text {},
    asset_number     = optional(text {}),
    internal_order   = optional(text {}),
    date             = optional(date {}),                   -- absent: the UTC day of the decision
  },

  params = {
    department_head_limit = authority.params.department_head_limit,
    manager_limit         = authority.params.manager_limit,
    director_limit        = authority.params.director_limit,
    cfo_limit             = authority.params.cfo_limit,
  },

  reasons = {
    stock_item           = { en = "The item is held in stock; this process is for non-inventory purchases only.",
                             zh = "属于库存物料,不适用非库存采购流程。" },
    no_justification     = { en = "The request does not say why the purchase is needed.",
                             zh = "请购单未说明采购理由。" },
    needs_asset_number   = { en = "A fixed asset needs its number from asset accounting first.",
                             zh = "固定资产采购须先由资产会计创建固定资产编号。" },
    needs_internal_order = { en = "Construction needs its internal order number from cost accounting first.",
                             zh = "在建工程采购须先由成本会计提供内部订单号。" },
    over_budget          = { en = "Above what is left of the budget.",
                             zh = "超出剩余预算。" },
    self_approval        = { en = "The requester heads the department and may not approve their own request.",
                             zh = "申请人即部门领导,不得审核本人的请购单。" },
    approval_required    = { en = "A purchase request needs approval.",
                             zh = "请购单须经领导审核。" },
  },

  decide = decide,
}
