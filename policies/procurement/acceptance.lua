local set = require "lib.set"

-- Who must accept, in order, by what was ordered.
local NEEDED = {
  expense      = { "warehouse_keeper" },                    -- 16.实物验收
  fixed_asset  = { "requester", "acceptance_group" },       -- 15.固定资产验收组验收
  construction = { "requester", "acceptance_group" },       -- 17.在建工程验收组验收
}

-- What follows, by what was ordered: 18.系统入库, MM发票校验, and for a fixed asset its own accounts.
local NEXT = {
  expense      = { "goods_receipt", "invoice_verification" },
  fixed_asset  = { "goods_receipt", "invoice_verification", "asset_accounting" },
  construction = { "goods_receipt", "invoice_verification" },
}

local BUYER = { { role = "buyer" } }

-- First that applies.
---@param tx table
local function decide(tx)
  if not tx.order_confirmed then
    return { outcome = "hold", reasons = { "order_not_confirmed" }, route = BUYER }
  end

  if not tx.passed then
    return { outcome = "reject", reasons = { "acceptance_failed" } }
  end

  local accepted = set.of(tx.accepted_by)
  local absent = {}
  local needed = NEEDED[tx.demand_type]
  for i = 1, #needed do
    if not accepted[needed[i]] then
      absent[#absent + 1] = { role = needed[i] }
    end
  end
  if #absent > 0 then
    return { outcome = "hold", reasons = { "not_accepted" }, route = absent }
  end

  return { outcome = "accept", reasons = { "accepted" }, next = NEXT[tx.demand_type] }
end

return policy {
  summary  = "Have the goods been accepted by all who must, so that they may be received and their invoice verified?",
  source   = "非库存物料采购流程 (non-inventory purchasing), steps 13 to 18: 13.供应商确认订单 (the vendor confirms the order), "
          .. "14.到货类型判别 (what kind of delivery is it), 15.固定资产验收组验收 16.实物验收 17.在建工程验收组验收 "
          .. "(acceptance of fixed assets, of goods, of construction), 18.系统入库 MM发票校验 (goods receipt, invoice "
          .. "verification); 资产经过使用部门验收后,要纳入固定资产业务核算管理流程进行管理 (once accepted by the department that "
          .. "uses it, an asset goes into the accounts of fixed assets).",
  outcomes = { "accept", "hold", "reject" },

  input = record {
    id              = text { min = 1, max = 64 },
    demand_type     = enum { "expense", "fixed_asset", "construction" },
    order_confirmed = boolean {},                           -- 确认单
    passed          = boolean {},                           -- the inspection
    accepted_by     = list { of = text {} },
  },

  params = {},

  reasons = {
    order_not_confirmed = { en = "The vendor has not confirmed the order.",
                            zh = "供应商未确认订单。" },
    acceptance_failed   = { en = "The inspection was not passed.",
                            zh = "验收未通过。" },
    not_accepted        = { en = "A needed acceptance is absent.",
                            zh = "缺少必需的验收。" },
    accepted            = { en = "Accepted by all who must.",
                            zh = "已由有关各方验收。" },
  },

  decide = decide,
}
