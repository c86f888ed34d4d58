local authority = require "lib.authority"
local fx = require "plugin.fx"

-- First that applies.
---@param tx table
---@param params table
local function decide(tx, params)
  local approver = tx.approver
  if not approver.active then
    return { outcome = "reject", reasons = { "approver_inactive" } }
  end

  local requester_id = tx.requester.id
  if approver.id == requester_id then
    return { outcome = "reject", reasons = { "self_approval" } }
  end

  -- A delegation to somebody else is none.
  local day = tx.at_date
  local delegation = tx.delegation
  if delegation and delegation.to_id ~= approver.id then
    delegation = nil
  end
  if delegation then
    if day < delegation.from_date or day > delegation.to_date then
      return { outcome = "reject", reasons = { "delegation_expired" } }
    end
    if delegation.from_id == requester_id then
      return { outcome = "reject", reasons = { "self_approval" } }
    end
  end

  local amount_cny = tx.amount
  local currency = tx.currency
  if currency and currency ~= "CNY" then
    local rate = fx.rate(currency, day)
    if not rate then
      return { outcome = "reject", reasons = { "no_rate" } }
    end
    amount_cny = decimal.round(amount_cny * rate, 2, "half_up")
  end

  -- The larger of the approver's own limit and the lent one; nil is no limit, the largest there is.
  local category = tx.category
  local acting = approver.role
  local limit = authority.limit(acting, category, day, params)
  if limit and delegation then
    local lent = authority.limit(delegation.from_role, category, day, params)
    local most = delegation.limit
    if most and (not lent or most < lent) then
      lent = most
    end
    if not lent or lent > limit then
      limit, acting = lent, delegation.from_role
    end
  end

  if limit and amount_cny > limit then
    local role = authority.lowest_covering(amount_cny, category, day, params)
    return { outcome = "route", reasons = { "over_limit" }, amount_cny = amount_cny, limit = limit,
             route = authority.ROUTE[role] }
  end

  local period_limit = tx.period_limit
  if period_limit and (tx.spent_in_period or 0) + amount_cny > period_limit then
    return { outcome = "route", reasons = { "period_limit" }, amount_cny = amount_cny, limit = limit,
             route = authority.ROUTE[authority.ABOVE[acting]] }
  end

  return { outcome = "approve", reasons = { "within_limit" }, amount_cny = amount_cny, limit = limit }
end

return policy {
  summary  = "Is this person allowed to sign this amount?",
  source   = "必须制定非库存采购需求及采购订单的审批政策 (approval policies must be laid down for non-inventory "
          .. "purchasing needs and purchase orders); 执行的授权充分、有效 (the authority to act is sufficient and valid).",
  outcomes = { "approve", "route", "reject" },

  input = record {
    id              = optional(text { min = 1, max = 64 }),
    amount          = money { min = "0.00" },
    currency        = optional(text {}),                    -- of `amount` alone; absent: CNY, as all other money is
    category        = enum { "expense", "fixed_asset", "construction", "payment", "financing" },
    approver        = record {
      id     = text { min = 1, max = 64 },
      role   = enum { "department_head", "manager", "director", "cfo", "board" },
      active = boolean {},
    },
    requester       = record { id = text { min = 1, max = 64 } },
    at_date         = date {},
    delegation      = optional(record {
      from_role = enum { "department_head", "manager", "director", "cfo", "board" },
      from_id   = text { min = 1, max = 64 },
      to_id     = text { min = 1, max = 64 },
      from_date = date {},
      to_date   = date {},
      limit     = optional(money { min = "0.00" }),
    }),
    spent_in_period = optional(money { min = "0.00" }),     -- absent: 0
    period_limit    = optional(money { min = "0.00" }),
  },

  params = {
    department_head_limit = authority.params.department_head_limit,
    manager_limit         = authority.params.manager_limit,
    director_limit        = authority.params.director_limit,
    cfo_limit             = authority.params.cfo_limit,
  },

  reasons = {
    approver_inactive  = { en = "The approver is not active.",
                           zh = "审批人未启用。" },
    self_approval      = { en = "The requester may not approve, nor lend the authority to approve, their own request.",
                           zh = "申请人不得审批本人的申请,也不得为此授权他人审批。" },
    delegation_expired = { en = "The delegation does not hold on this date.",
                           zh = "授权在该日期无效。" },
    no_rate            = { en = "No exchange rate for this currency on this date.",
                           zh = "该日期没有该币种的汇率。" },
    over_limit         = { en = "Above the authority limit.",
                           zh = "超过授权额度。" },
    period_limit       = { en = "Together with what was spent, above the limit of the period.",
                           zh = "连同本期已用金额,超过本期限额。" },
    within_limit       = { en = "Within the authority limit.",
                           zh = "在授权额度内。" },
  },

  decide = decide,
}
