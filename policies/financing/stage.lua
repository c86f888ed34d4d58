local blank = require("lib.text").blank
local set = require "lib.set"

-- (1)企业申请 (2)融资受理 (3)项目初审 (4)项目评审 (5)签订合同 (6)抵押登记 (7)发放贷款 (8)融后管理, 追偿, (9)融资终结
local STAGES = {
  "application", "acceptance", "first_review", "review", "contract", "registration", "disbursement",
  "post_monitoring", "recourse", "closure",
}
local FIRST_SEVEN = 7

-- How many of STAGES come before each: the last three need the first seven, not each other.
local BEFORE = {}
for i, stage in ipairs(STAGES) do
  BEFORE[stage] = math.min(i - 1, FIRST_SEVEN)
end

local FORMS = {
  application     = { "entrusted_financing_form", "application_materials" },
  acceptance      = { "acceptance_register" },
  first_review    = { "site_visit", "investigation_report", "project_processing_form" },
  review          = {},
  contract        = { "consent_letter", "loan_contract", "counter_guarantee_contract", "contract_review_form",
                      "contract_register" },
  registration    = { "registration_materials", "other_rights_certificate" },
  disbursement    = { "loan_contact_form", "iou_copy" },
  post_monitoring = { "inspection_form", "post_report", "maturity_notice" },
  recourse        = { "recourse_plan" },
  closure         = { "repayment_receipt", "deregistration", "originals_returned", "release_confirmation" },
}

local SIGNATURES = {
  review   = { "business_dept", "general_office" },
  contract = { "business_dept", "general_office", "lawyer", "general_manager" },
}

-- Appends what is needed and not among the members; says whether there was any.
local function append_absent(missing, needed, members)
  local before = #missing
  for i = 1, #needed do
    if not members[needed[i]] then
      missing[#missing + 1] = needed[i]
    end
  end
  return #missing > before
end

local function append_stages(missing, stage, completed)
  local before = #missing
  for i = 1, BEFORE[stage] do
    if not completed[STAGES[i]] then
      missing[#missing + 1] = STAGES[i]
    end
  end
  if stage == "closure" and not (completed.post_monitoring or completed.recourse) then
    missing[#missing + 1] = "post_monitoring"
  end
  return #missing > before
end

-- All that apply; `missing` has them in the same order.
---@param tx table
local function decide(tx)
  local stage = tx.stage
  local overdue = (tx.overdue_days or 0) > 0
  local missing, reasons = {}, {}

  if append_stages(missing, stage, set.of(tx.completed)) then
    reasons[#reasons + 1] = "missing_stage"
  end

  -- 他项权力证书或抵(质)押登记表: either will do. 展期(逾期)报告 only where the loan is overdue.
  local forms = set.of(tx.forms)
  if forms.pledge_registration_form then
    forms.other_rights_certificate = true
  end
  local lacks_form = append_absent(missing, FORMS[stage], forms)
  if stage == "post_monitoring" and overdue and not forms.overdue_report then
    missing[#missing + 1] = "overdue_report"
    lacks_form = true
  end
  if lacks_form then
    reasons[#reasons + 1] = "missing_form"
  end

  local signatures = SIGNATURES[stage]
  if signatures and append_absent(missing, signatures, set.of(tx.signatures)) then
    reasons[#reasons + 1] = "missing_signature"
  end

  -- 确定第一调查人、第二调查人: two persons.
  if stage == "first_review" then
    local first, second = tx.first_investigator, tx.second_investigator
    local no_first, no_second = blank(first), blank(second)
    if no_first then
      missing[#missing + 1] = "first_investigator"
    end
    if no_second then
      missing[#missing + 1] = "second_investigator"
    end
    if no_first or no_second then
      reasons[#reasons + 1] = "missing_investigator"
    elseif first == second then
      reasons[#reasons + 1] = "same_investigator"
    end
  end

  if stage == "recourse" and not overdue then
    reasons[#reasons + 1] = "not_overdue"
  end

  local outcome = "hold"
  if #reasons == 0 then
    outcome = "proceed"
    reasons[1] = "stage_ready"
  end
  return { outcome = outcome, reasons = reasons, missing = missing }
end

return policy {
  summary  = "May a financing enter its next stage: are the stages before it, its forms and its signatures there?",
  source   = "第一条 融资业务程序 (article 1, the procedure of financing): (1)企业申请 (2)融资受理 (3)项目初审 (4)项目评审 (5)签订合同 "
          .. "(6)抵押登记 (7)发放贷款 (8)融后管理 (9)融资终结 (application, acceptance, first review, review, contract, "
          .. "registration, disbursement, monitoring, closure), 追偿 (recourse), each with its forms; "
          .. "确定第一调查人、第二调查人 (two investigators); 业务部(资信评估)- 综合部(项目评审) (business department and general office "
          .. "review the project); 审核空白合同文本(业务部、综合部、律师、总经理) (they, the lawyer and the general manager review the "
          .. "contract); 他项权力证书或抵(质)押登记表 (certificate of other rights, or registration form); "
          .. "融资项目展期(逾期)报告 (report on an overdue loan).",
  outcomes = { "proceed", "hold" },

  input = record {
    id                  = text { min = 1, max = 64 },
    stage               = enum(STAGES),                     -- the one to enter
    completed           = list { of = enum(STAGES) },
    forms               = list { of = text {} },
    first_investigator  = optional(text {}),
    second_investigator = optional(text {}),
    signatures          = list { of = text {} },
    overdue_days        = optional(integer { min = 0 }),    -- absent: 0
  },

  reasons = {
    missing_stage        = { en = "A stage before this one is not completed.",
                             zh = "前置步骤尚未完成。" },
    missing_form         = { en = "A form of this stage is missing.",
                             zh = "缺少本步骤所需的表单或资料。" },
    missing_signature    = { en = "A signature of this stage is missing.",
                             zh = "缺少本步骤所需的签字。" },
    missing_investigator = { en = "The first or the second investigator is not named.",
                             zh = "未确定第一调查人或第二调查人。" },
    same_investigator    = { en = "The first and the second investigator are one person.",
                             zh = "第一调查人与第二调查人为同一人。" },
    not_overdue          = { en = "There is no recourse against a loan that is not overdue.",
                             zh = "融资未逾期,不进入追偿。" },
    stage_ready          = { en = "The stage can begin.",
                             zh = "可以进入本步骤。" },
  },

  decide = decide,
}
