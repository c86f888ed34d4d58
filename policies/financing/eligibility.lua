local RATIO = { places = 4, rounding = "half_up" }

-- All that apply, in the order of the five conditions.
---@param tx table
---@param params table
local function decide(tx, params)
  local applicant = tx.applicant
  local reasons = {}

  -- (1) 具备企业法人资格并已通过年检
  if not applicant.legal_person then
    reasons[#reasons + 1] = "not_legal_person"
  end
  if not applicant.annual_inspection_passed then
    reasons[#reasons + 1] = "inspection_missing"
  end

  -- (2) 依法经营,经营范围符合国家政策
  if not applicant.operates_lawfully then
    reasons[#reasons + 1] = "unlawful"
  end
  if not applicant.scope_complies_with_policy then
    reasons[#reasons + 1] = "scope_violation"
  end

  -- (3) 基本具有偿还借款的能力,并能提供反融资措施
  if not applicant.can_repay then
    reasons[#reasons + 1] = "cannot_repay"
  end
  if not applicant.counter_guarantee_available then
    reasons[#reasons + 1] = "no_counter_guarantee"
  end

  -- (4) 申请融资金额不超过该企业有效净资产的50%: nothing can be lent against no net assets, not even nothing.
  local net_assets = applicant.net_assets
  local max_amount = 0
  if net_assets > 0 then
    max_amount = net_assets * params.net_asset_share
  end
  if net_assets <= 0 or tx.requested > max_amount then
    reasons[#reasons + 1] = "over_net_asset_share"
  end

  -- (5) 该企业资产负债率不超过70%: compared as a product, so that no quotient is rounded.
  local assets, liabilities = applicant.total_assets, applicant.total_liabilities
  local debt_ratio
  if assets > 0 then
    debt_ratio = decimal.div(liabilities, assets, RATIO)
  end
  if assets == 0 or liabilities > assets * params.max_debt_ratio then
    reasons[#reasons + 1] = "debt_ratio"
  end

  local outcome = "ineligible"
  if #reasons == 0 then
    outcome = "eligible"
    reasons[1] = "all_conditions_met"
  end
  return { outcome = outcome, reasons = reasons, debt_ratio = debt_ratio,
           max_amount = decimal.round(max_amount, 2, "down") }
end

return policy {
  summary  = "Does an applicant meet the five conditions for financing?",
  source   = "第三条 融资受理条件 (article 3, conditions for accepting a financing application): (1)具备企业法人资格并已通过年检 "
          .. "(a legal person that passed the annual inspection); (2)依法经营,经营范围符合国家政策 (operates lawfully, within "
          .. "state policy); (3)基本具有偿还借款的能力,并能提供反融资措施 (can repay, and can give a counter-guarantee); "
          .. "(4)申请融资金额不超过该企业有效净资产的50% (the amount is at most 50% of the effective net assets); "
          .. "(5)该企业资产负债率不超过70% (liabilities are at most 70% of assets).",
  outcomes = { "eligible", "ineligible" },

  input = record {
    id        = text { min = 1, max = 64 },
    applicant = record {
      legal_person                = boolean {},
      annual_inspection_passed    = boolean {},
      operates_lawfully           = boolean {},
      scope_complies_with_policy  = boolean {},
      can_repay                   = boolean {},
      counter_guarantee_available = boolean {},
      net_assets                  = money {},               -- may be negative
      total_assets                = money { min = "0.00" },
      total_liabilities           = money { min = "0.00" },
    },
    requested = money { min = "0.00" },
  },

  params = {
    net_asset_share = number { default = 0.5, min = 0,
      summary = "The most that may be financed, as a share of the effective net assets." },
    max_debt_ratio  = number { default = 0.7, min = 0,
      summary = "The most that liabilities may be, as a share of total assets." },
  },

  reasons = {
    not_legal_person     = { en = "The applicant is not a legal person.",
                             zh = "不具备企业法人资格。" },
    inspection_missing   = { en = "The annual inspection has not been passed.",
                             zh = "未通过年检。" },
    unlawful             = { en = "The applicant does not operate lawfully.",
                             zh = "未依法经营。" },
    scope_violation      = { en = "The scope of business does not comply with state policy.",
                             zh = "经营范围不符合国家政策。" },
    cannot_repay         = { en = "The applicant is not able to repay the loan.",
                             zh = "不具有偿还借款的能力。" },
    no_counter_guarantee = { en = "The applicant cannot provide a counter-guarantee.",
                             zh = "不能提供反融资措施。" },
    over_net_asset_share = { en = "The amount exceeds the permitted share of effective net assets.",
                             zh = "申请融资金额超过有效净资产的规定比例。" },
    debt_ratio           = { en = "The debt ratio exceeds the permitted maximum.",
                             zh = "资产负债率超过规定上限。" },
    all_conditions_met   = { en = "All five conditions are met.",
                             zh = "符合全部融资受理条件。" },
  },

  decide = decide,
}
