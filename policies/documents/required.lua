local set = require "lib.set"

local THREE_COPIES = { "finance", "receiving", "stub" }     -- 三联: 财务联、收货联和存根联
local NONE = {}

-- business → its papers, in order, each with the copies and the signatures that it needs.
local PAPERS = {
  purchase               = {
    { type = "delivery_note", copies = { "driver", "receiver" }, signatures = { "warehouse_keeper" } },
    { type = "goods_receipt", copies = THREE_COPIES, signatures = { "warehouse_keeper", "finance" } },
    { type = "payment_slip", copies = NONE, signatures = NONE },
  },
  material_issue         = {
    { type = "issue_slip", copies = THREE_COPIES, signatures = { "requester", "warehouse_keeper" } },
  },
  finished_goods_receipt = {
    { type = "goods_receipt", copies = THREE_COPIES, signatures = { "warehouse_keeper" } },
  },
  customer_pickup        = {
    { type = "sales_list", copies = NONE, signatures = NONE },
    { type = "invoice", copies = NONE, signatures = NONE },
  },
  customer_return        = {
    { type = "return_list", copies = NONE, signatures = { "warehouse_keeper", "finance" } },
  },
  orchard_pickup         = {
    { type = "sales_list", copies = NONE, signatures = NONE },
    { type = "delivery_note", copies = NONE, signatures = NONE },
  },
  stock_reconciliation   = {
    { type = "stock_statement", copies = NONE, signatures = { "warehouse_keeper", "finance" } },
  },
  fund_reconciliation    = {
    { type = "fund_statement", copies = NONE, signatures = { "customer", "finance" } },
  },
}

-- Appends `type/name` for each name that is needed and not among the members.
local function append_absent(missing, type, needed, members)
  for i = 1, #needed do
    if not members[needed[i]] then
      missing[#missing + 1] = type .. "/" .. needed[i]
    end
  end
end

-- All that apply.
---@param tx table
local function decide(tx)
  local papers = PAPERS[tx.business]

  -- What there is of each type: its entries count together.
  local copies, signatures = {}, {}
  for i = 1, #papers do
    copies[papers[i].type] = false
  end
  local documents = tx.documents
  for i = 1, #documents do
    local document = documents[i]
    local type = document.type
    if copies[type] == false then
      copies[type], signatures[type] = {}, {}
    end
    if copies[type] then
      set.add(copies[type], document.copies)
      set.add(signatures[type], document.signed_by)
    end
  end

  local missing_documents, missing_copies, missing_signatures = {}, {}, {}
  for i = 1, #papers do
    local paper = papers[i]
    local type = paper.type
    if copies[type] then
      append_absent(missing_copies, type, paper.copies, copies[type])
      append_absent(missing_signatures, type, paper.signatures, signatures[type])
    else
      missing_documents[#missing_documents + 1] = type
    end
  end

  local reasons = {}
  if #missing_documents > 0 then
    reasons[#reasons + 1] = "missing_document"
  end
  if #missing_copies > 0 then
    reasons[#reasons + 1] = "missing_copy"
  end
  if #missing_signatures > 0 then
    reasons[#reasons + 1] = "missing_signature"
  end

  local outcome = "incomplete"
  if #reasons == 0 then
    outcome = "complete"
    reasons[1] = "all_documents_present"
  end
  return { outcome = outcome, reasons = reasons, missing_documents = missing_documents, missing_copies = missing_copies,
           missing_signatures = missing_signatures }
end

return policy {
  summary  = "Are the papers of a business there, with all their copies and signatures?",
  source   = "涉及的单据 (the papers concerned): 送货清单、生产资料入库单、生产资料出库单、发票、销售清单、退货清单、库存对帐单;客户资金对帐单 "
          .. "(delivery note, goods receipt, issue slip, invoice, sales list, return list, statements of stock and of funds); "
          .. "这三联为:财务联、收货联和存根联 (three copies: finance, receiving, stub); 送货清单有两联:司机联和收货人联 (the delivery "
          .. "note has two: driver and receiver); 在送货清单上签字 (the warehouse keeper signs the delivery note); "
          .. "财务人员在入库单上签字确认 (finance signs the goods receipt); 领用人验收后签字 (who receives the material signs).",
  outcomes = { "complete", "incomplete" },

  input = record {
    id        = text { min = 1, max = 64 },
    business  = enum {
      "purchase", "material_issue", "finished_goods_receipt", "customer_pickup", "customer_return", "orchard_pickup",
      "stock_reconciliation", "fund_reconciliation",
    },
    documents = list { of = record {
      type      = text {},
      copies    = list { of = text {} },
      signed_by = list { of = text {} },
    } },
  },

  reasons = {
    missing_document      = { en = "A paper of this business is missing.",
                              zh = "缺少该业务所需的单据。" },
    missing_copy          = { en = "A copy of a paper is missing.",
                              zh = "单据联次不全。" },
    missing_signature     = { en = "A signature on a paper is missing.",
                              zh = "单据缺少签字。" },
    all_documents_present = { en = "All papers are there, with their copies and signatures.",
                              zh = "单据齐全。" },
  },

  decide = decide,
}
