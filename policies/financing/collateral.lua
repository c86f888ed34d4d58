local AUTHORISATION = "legal_representative_authorisation"

-- The papers in the order of the article; `when` says of which pledges one is required, all where it is absent.
local PAPERS = {
  { type = "asset_list" },                                  -- 1、抵押物、质物清单
  { type = "title_certificate" },                           -- 2、权力凭证
  { type = "valuation" },                                   -- 3、评估资料
  { type = "insurance_policy" },                            -- 4、保险单
  { type = "board_resolution",                              -- 5、董事会同意抵押、质押的决议
    when = function(tx) return tx.has_board end },
  { type = "co_owner_statement",                            -- 6、共有的: 全体共有人同意抵押的声明
    when = function(tx) return tx.co_owned end },
  { type = "customs_consent",                               -- 7、海关监管的: 海关同意的证明
    when = function(tx) return tx.customs_supervised end },
  { type = "authority_consent",                             -- 8、国有企业(单位): 主管部门
    when = function(tx) return tx.state_owned or tx.company_type == "state_owned" end },
  { type = "state_assets_consent",                          --    及国有资产管理部门同意的证明
    when = function(tx) return tx.state_owned or tx.company_type == "state_owned" end },
  { type = AUTHORISATION,                                   -- 9、法人代表授权委托需法人代表亲笔签字授权
    when = function(tx) return tx.proxy_signs end },
}

-- All that apply. One paper without a seal, or not seen in the original, is enough for its type.
---@param tx table
local function decide(tx)
  local present, unstamped, unseen = {}, {}, {}
  local documents = tx.documents
  for i = 1, #documents do
    local document = documents[i]
    local type = document.type
    -- An authorisation that the legal representative has not signed is no paper at all.
    if type ~= AUTHORISATION or document.signed_by_legal_representative then
      present[type] = true
      if not document.copy_stamped then
        unstamped[type] = true
      end
      if not document.original_seen then
        unseen[type] = true
      end
    end
  end

  local missing, not_stamped, original_not_seen = {}, {}, {}
  for i = 1, #PAPERS do
    local paper = PAPERS[i]
    local type = paper.type
    if not paper.when or paper.when(tx) then
      if not present[type] then
        missing[#missing + 1] = type
      end
      if unstamped[type] then
        not_stamped[#not_stamped + 1] = type
      end
      if unseen[type] then
        original_not_seen[#original_not_seen + 1] = type
      end
    end
  end

  local reasons = {}
  if #missing > 0 then
    reasons[#reasons + 1] = "missing"
  end
  if #not_stamped > 0 then
    reasons[#reasons + 1] = "not_stamped"
  end
  if #original_not_seen > 0 then
    reasons[#reasons + 1] = "original_not_seen"
  end

  local outcome = "incomplete"
  if #reasons == 0 then
    outcome = "complete"
    reasons[1] = "all_documents_present"
  end
  return { outcome = outcome, reasons = reasons, missing = missing, not_stamped = not_stamped,
           original_not_seen = original_not_seen }
end

return policy {
  summary  = "Are the papers of a mortgage or pledge all there, stamped, and seen in the original?",
  source   = "第二条 反融资担保方式为抵押或质押,应提供的材料 (article 2, the material to be provided for a mortgage or pledge), "
          .. "1 to 9: 清单 (list of assets); 权力凭证 (title); 评估资料 (valuation); 保险单 (insurance policy); "
          .. "董事会同意抵押、质押的决议 (resolution of the board); 全体共有人同意抵押的声明 (statement of all co-owners); "
          .. "海关同意抵押或质押的证明 (consent of the customs); 主管部门及国有资产管理部门同意抵押或质押的证明 (consent of the "
          .. "authority in charge and of the administration of state assets); 应提供原件备验 (originals are to be shown); "
          .. "复印件要加盖公章 (copies are to be sealed); 法人代表授权委托需法人代表亲笔签字授权 (an authorisation must be signed by "
          .. "the legal representative's own hand).",
  outcomes = { "complete", "incomplete" },

  input = record {
    id                 = text { min = 1, max = 64 },
    kind               = enum { "mortgage", "pledge" },     -- the same papers for both
    company_type       = enum { "private", "state_owned", "foreign", "joint_stock" },
    has_board          = boolean {},
    proxy_signs        = boolean {},                        -- someone signs for the legal representative
    co_owned           = boolean {},
    customs_supervised = boolean {},
    state_owned        = boolean {},
    documents          = list { of = record {
      type                           = text {},
      original_seen                  = boolean {},
      copy_stamped                   = boolean {},
      signed_by_legal_representative = optional(boolean {}),
    } },
  },

  reasons = {
    missing               = { en = "A required paper is missing.",
                              zh = "缺少应提供的材料。" },
    not_stamped           = { en = "A copy does not bear the official seal.",
                              zh = "复印件未加盖公章。" },
    original_not_seen     = { en = "An original was not shown.",
                              zh = "未提供原件备验。" },
    all_documents_present = { en = "All required papers are there, stamped and seen in the original.",
                              zh = "应提供的材料齐全。" },
  },

  decide = decide,
}
