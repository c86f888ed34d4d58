local blank = require("lib.text").blank
local set = require "lib.set"

-- The papers that a payment rests on, in the order of the rule, each with the signatures it must carry.
local GOODS_RECEIPT_FINANCE  = { name = "goods_receipt/finance", signatures = { "warehouse_keeper", "finance" } }
local GOODS_RECEIPT_STUB     = { name = "goods_receipt/stub", signatures = {} }
local DELIVERY_NOTE_RECEIVER = { name = "delivery_note/receiver", signatures = { "warehouse_keeper" } }
local DELIVERY_NOTE_DRIVER   = { name = "delivery_note/driver", signatures = {} }

local PAPERS = {
  goods_receipt = { finance = GOODS_RECEIPT_FINANCE, stub = GOODS_RECEIPT_STUB },
  delivery_note = { receiver = DELIVERY_NOTE_RECEIVER, driver = DELIVERY_NOTE_DRIVER },
}
local NEEDED = {
  goods   = { GOODS_RECEIPT_FINANCE, DELIVERY_NOTE_RECEIVER },
  freight = { GOODS_RECEIPT_FINANCE, GOODS_RECEIPT_STUB, DELIVERY_NOTE_RECEIVER, DELIVERY_NOTE_DRIVER },
}

local STAMPS = { cash = "cash_paid", bank_transfer = "bank_paid", month_end_account = "on_account" }
local CASH_ROUTE = { { role = "finance" }, { role = "manager" } }

local function carries(signed_by, signatures)
  local signed = set.of(signed_by)
  for i = 1, #signatures do
    if not signed[signatures[i]] then
      return false
    end
  end
  return true
end

-- The needed papers of which no single entry has the type, the copy and all signatures.
local function missing_papers(kind, documents)
  local present = {}
  for i = 1, #documents do
    local document = documents[i]
    local copies = PAPERS[document.type]
    local paper = copies and copies[document.copy]
    if paper and carries(document.signed_by, paper.signatures) then
      present[paper.name] = true
    end
  end

  local missing = {}
  local needed = NEEDED[kind]
  for i = 1, #needed do
    local name = needed[i].name
    if not present[name] then
      missing[#missing + 1] = name
    end
  end
  return missing
end

-- First that applies.
---@param tx table
---@param params table
local function decide(tx, params)
  local missing = missing_papers(tx.kind, tx.documents)
  if #missing > 0 then
    return { outcome = "reject", reasons = { "missing_document" }, missing = missing }
  end

  local slip = tx.payment_slip
  if not slip.approved or blank(slip.approver) then
    return { outcome = "hold", reasons = { "not_approved" }, missing = missing }
  end
  if slip.approver == tx.requester.id then
    return { outcome = "reject", reasons = { "self_approval" }, missing = missing }
  end

  local amount, method = tx.amount, tx.method
  if amount > tx.receipt_amount then
    return { outcome = "reject", reasons = { "exceeds_receipt" }, missing = missing }
  end
  if method == "cash" and amount > params.cash_ceiling then
    return { outcome = "route", reasons = { "cash_ceiling" }, missing = missing, route = CASH_ROUTE }
  end
  return { outcome = "approve", reasons = { "documents_in_order" }, missing = missing, stamp = STAMPS[method] }
end

return policy {
  summary  = "May a payment for goods or freight be made, and with which stamp?",
  source   = "财务以仓库返回的送货单和仓管员开的入库单为依据填写资金给付单, E批后付款并做帐 (finance writes the payment slip by the "
          .. "delivery note and the goods receipt; it is paid once approved); 将入库单财务联和送货清单收货人联留存 (finance keeps "
          .. "its copy of the goods receipt and the receiver's copy of the delivery note); "
          .. "送货司机持入库单两联和送货清单两联到财务结算运费 (for freight, the driver brings two copies of each); "
          .. "现金付款盖现金付讫章、银行转账盖银行付讫章、月末挂账盖挂账章 (the stamps: paid in cash, paid by bank, on account).",
  outcomes = { "approve", "route", "hold", "reject" },

  input = record {
    id             = text { min = 1, max = 64 },
    amount         = money { min = "0.00" },
    method         = enum { "cash", "bank_transfer", "month_end_account" },
    kind           = enum { "goods", "freight" },
    payment_slip   = record {
      approved = boolean {},
      approver = optional(text {}),
    },
    requester      = record { id = text { min = 1, max = 64 } },
    documents      = list { of = record {                   -- one entry a copy
      type      = text {},
      copy      = text {},
      signed_by = list { of = text {} },
    } },
    receipt_amount = money { min = "0.00" },                -- what the receipt supports for this kind of payment
  },

  params = {
    cash_ceiling = money { default = "1000.00", min = "0.00",
      summary = "Up to here a payment is made in cash without further approval." },
  },

  reasons = {
    missing_document   = { en = "A needed copy is missing, or lacks a signature.",
                           zh = "缺少所需单据联次或签字。" },
    not_approved       = { en = "The payment slip is not approved.",
                           zh = "资金给付单未经审批。" },
    self_approval      = { en = "The payment slip was approved by the requester.",
                           zh = "资金给付单由申请人本人审批。" },
    exceeds_receipt    = { en = "Above what the goods receipt supports.",
                           zh = "超过入库单所支持的金额。" },
    cash_ceiling       = { en = "Above the ceiling for payments in cash.",
                           zh = "超过现金付款限额。" },
    documents_in_order = { en = "The papers are in order.",
                           zh = "单据齐全,可以付款。" },
  },

  decide = decide,
}
