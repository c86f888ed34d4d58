local edges = require "lib.edges"

local function paper(type, copy, ...)
  return { type = type, copy = copy, signed_by = { ... } }
end

local FINANCE_COPY = paper("goods_receipt", "finance", "warehouse_keeper", "finance")
local STUB = paper("goods_receipt", "stub")
local RECEIVER_COPY = paper("delivery_note", "receiver", "warehouse_keeper")
local DRIVER_COPY = paper("delivery_note", "driver")

-- A payment of 640.20 in cash for goods, with all papers, approved by U9 for U2; `changes` replaces top-level fields.
local function payment(changes)
  local tx = {
    id = "PAY-1", amount = 640.20, method = "cash", kind = "goods", payment_slip = { approved = true, approver = "U9" },
    requester = { id = "U2" }, documents = { FINANCE_COPY, RECEIVER_COPY }, receipt_amount = 9000000,
  }
  for name, value in pairs(changes) do
    tx[name] = value
  end
  return tx
end

local function goods(...)
  return payment { documents = { ... } }
end

local function freight(...)
  return payment { kind = "freight", documents = { ... } }
end

local function without(name)
  local tx = payment {}
  tx[name] = nil
  return tx
end

local function invalid(name, input, path)
  return { name = name, input = input, error = { code = "invalid_input", path = path } }
end

local function approve(stamp)
  return { outcome = "approve", reasons = { "documents_in_order" }, missing = {}, stamp = stamp }
end

local PAID = approve "cash_paid"
local HELD = { outcome = "hold", reasons = { "not_approved" }, missing = {} }
local ROUTED = { outcome = "route", reasons = { "cash_ceiling" }, missing = {},
                 route = { { role = "finance" }, { role = "manager" } } }

local function reject(code)
  return { outcome = "reject", reasons = { code }, missing = {} }
end

local function missing(...)
  return { outcome = "reject", reasons = { "missing_document" }, missing = { ... } }
end

local cases = {
  -- The rule's own examples.
  { name = "goods, paid in cash",
    input = { id = "PAY-1", amount = 640.20, method = "cash", kind = "goods",
              payment_slip = { approved = true, approver = "U9" }, requester = { id = "U2" },
              documents = {
                { type = "goods_receipt", copy = "finance", signed_by = { "warehouse_keeper", "finance" } },
                { type = "delivery_note", copy = "receiver", signed_by = { "warehouse_keeper" } },
              },
              receipt_amount = 655 },
    expect = { outcome = "approve", reasons = { "documents_in_order" }, missing = {}, stamp = "cash_paid" } },
  { name = "freight without its papers",
    input = { id = "PAY-2", amount = 300, method = "bank_transfer", kind = "freight", payment_slip = { approved = false },
              requester = { id = "U2" },
              documents = {
                { type = "goods_receipt", copy = "finance", signed_by = { "warehouse_keeper" } },
                { type = "delivery_note", copy = "receiver", signed_by = { "warehouse_keeper" } },
              },
              receipt_amount = 300 },
    expect = { outcome = "reject", reasons = { "missing_document" },
               missing = { "goods_receipt/finance", "goods_receipt/stub", "delivery_note/driver" } } },

  -- The papers.
  { name = "no papers for goods", input = goods(), expect = missing("goods_receipt/finance", "delivery_note/receiver") },
  { name = "no papers for freight", input = freight(),
    expect = missing("goods_receipt/finance", "goods_receipt/stub", "delivery_note/receiver", "delivery_note/driver") },
  { name = "all papers for freight", input = freight(FINANCE_COPY, STUB, RECEIVER_COPY, DRIVER_COPY), expect = PAID },
  { name = "papers in another order", input = freight(DRIVER_COPY, RECEIVER_COPY, STUB, FINANCE_COPY), expect = PAID },
  { name = "the missing stand in the rule's order", input = freight(DRIVER_COPY, STUB),
    expect = missing("goods_receipt/finance", "delivery_note/receiver") },
  { name = "papers that nobody needs",
    input = goods(STUB, paper("invoice", "finance"), FINANCE_COPY, paper("", ""), RECEIVER_COPY, DRIVER_COPY),
    expect = PAID },
  { name = "every paper twice", input = goods(FINANCE_COPY, FINANCE_COPY, RECEIVER_COPY, RECEIVER_COPY), expect = PAID },
  { name = "goods need neither stub nor driver's copy", input = goods(FINANCE_COPY, RECEIVER_COPY), expect = PAID },
  { name = "a copy of another type", input = goods(FINANCE_COPY, paper("goods_receipt", "receiver", "warehouse_keeper")),
    expect = missing "delivery_note/receiver" },
  { name = "types have their case", input = goods(FINANCE_COPY, paper("Delivery_note", "receiver", "warehouse_keeper")),
    expect = missing "delivery_note/receiver" },
  { name = "types have no spaces", input = goods(FINANCE_COPY, paper("delivery_note ", "receiver", "warehouse_keeper")),
    expect = missing "delivery_note/receiver" },
  { name = "a type and copy in one", input = goods(FINANCE_COPY, paper("delivery_note/receiver", "", "warehouse_keeper")),
    expect = missing "delivery_note/receiver" },

  -- Their signatures.
  { name = "the receipt without the keeper",
    input = goods(paper("goods_receipt", "finance", "finance"), RECEIVER_COPY), expect = missing "goods_receipt/finance" },
  { name = "the receipt without finance",
    input = goods(paper("goods_receipt", "finance", "warehouse_keeper"), RECEIVER_COPY),
    expect = missing "goods_receipt/finance" },
  { name = "the receipt without signatures", input = goods(paper("goods_receipt", "finance"), RECEIVER_COPY),
    expect = missing "goods_receipt/finance" },
  { name = "the receipt with more, in another order, twice",
    input = goods(paper("goods_receipt", "finance", "driver", "finance", "finance", "warehouse_keeper"), RECEIVER_COPY),
    expect = PAID },
  { name = "the note without the keeper", input = goods(FINANCE_COPY, paper("delivery_note", "receiver", "finance")),
    expect = missing "delivery_note/receiver" },
  { name = "signatures on two entries do not add up",
    input = goods(paper("goods_receipt", "finance", "warehouse_keeper"), paper("goods_receipt", "finance", "finance"),
                  RECEIVER_COPY),
    expect = missing "goods_receipt/finance" },
  { name = "one entry of two is signed",
    input = goods(paper("goods_receipt", "finance"), FINANCE_COPY, RECEIVER_COPY, paper("delivery_note", "receiver")),
    expect = PAID },
  { name = "signatures on another copy",
    input = freight(paper("goods_receipt", "stub", "warehouse_keeper", "finance"), paper("goods_receipt", "finance"),
                    RECEIVER_COPY, DRIVER_COPY),
    expect = missing "goods_receipt/finance" },

  -- First that applies.
  { name = "a paper comes before the slip",
    input = payment { documents = { FINANCE_COPY }, payment_slip = { approved = false } },
    expect = missing "delivery_note/receiver" },
  { name = "the slip is not approved", input = payment { payment_slip = { approved = false, approver = "U9" } },
    expect = HELD },
  { name = "the slip has no approver", input = payment { payment_slip = { approved = true } }, expect = HELD },
  { name = "not approved comes before self-approval",
    input = payment { payment_slip = { approved = false, approver = "U2" } }, expect = HELD },
  { name = "a blank approver may be the requester's id",
    input = payment { payment_slip = { approved = true, approver = " " }, requester = { id = " " } }, expect = HELD },
  { name = "the requester approved", input = payment { payment_slip = { approved = true, approver = "U2" } },
    expect = reject "self_approval" },
  { name = "identities differ by case", input = payment { payment_slip = { approved = true, approver = "u2" } },
    expect = PAID },
  { name = "identities differ by a space", input = payment { payment_slip = { approved = true, approver = "U2 " } },
    expect = PAID },
  { name = "self-approval comes before the receipt",
    input = payment { payment_slip = { approved = true, approver = "U2" }, receipt_amount = 0 },
    expect = reject "self_approval" },
  { name = "not approved comes before the receipt",
    input = payment { payment_slip = { approved = false }, receipt_amount = 0 }, expect = HELD },
  { name = "a cent below the receipt", input = payment { receipt_amount = 640.21 }, expect = PAID },
  { name = "exactly the receipt", input = payment { receipt_amount = 640.2 }, expect = PAID },
  { name = "a cent above the receipt", input = payment { receipt_amount = 640.19 }, expect = reject "exceeds_receipt" },
  { name = "above the receipt by less than a cent", input = payment { receipt_amount = 640.1999 },
    expect = reject "exceeds_receipt" },
  { name = "nothing for nothing", input = payment { amount = 0, receipt_amount = 0 }, expect = PAID },
  { name = "the receipt comes before the ceiling", input = payment { amount = 5000, receipt_amount = 4999.99 },
    expect = reject "exceeds_receipt" },
  { name = "a cent below the ceiling", input = payment { amount = 999.99 }, expect = PAID },
  { name = "at the ceiling", input = payment { amount = 1000 }, expect = PAID },
  { name = "a cent above the ceiling", input = payment { amount = 1000.01 }, expect = ROUTED },
  { name = "above the ceiling by less than a cent", input = payment { amount = 1000.0001 }, expect = ROUTED },
  { name = "the ceiling holds for freight, too",
    input = payment { amount = 1000.01, kind = "freight", documents = { FINANCE_COPY, STUB, RECEIVER_COPY, DRIVER_COPY } },
    expect = ROUTED },
  { name = "a bank transfer has no ceiling", input = payment { amount = 1000.01, method = "bank_transfer" },
    expect = approve "bank_paid" },
  { name = "an account has no ceiling", input = payment { amount = 1000.01, method = "month_end_account" },
    expect = approve "on_account" },

  -- Params.
  { name = "at a higher ceiling", input = payment { amount = 2500.5 }, params = { cash_ceiling = "2500.50" }, expect = PAID },
  { name = "above a higher ceiling", input = payment { amount = 2500.51 }, params = { cash_ceiling = "2500.50" },
    expect = ROUTED },
  { name = "no cash at all", input = payment { amount = 0.01 }, params = { cash_ceiling = "0" }, expect = ROUTED },

  -- Inputs that are none.
  invalid("no id", without "id", "/id"),
  invalid("an empty id", payment { id = "" }, "/id"),
  invalid("an id of 65 characters", payment { id = ("x"):rep(65) }, "/id"),
  { name = "an id of 64 characters", input = payment { id = ("付"):rep(64) }, expect = PAID },
  invalid("no amount", without "amount", "/amount"),
  invalid("a negative amount", payment { amount = -0.01 }, "/amount"),
  invalid("no method", without "method", "/method"),
  invalid("an unknown method", payment { method = "cheque" }, "/method"),
  invalid("no kind", without "kind", "/kind"),
  invalid("an unknown kind", payment { kind = "services" }, "/kind"),
  invalid("no slip", without "payment_slip", "/payment_slip"),
  invalid("a slip that does not say", payment { payment_slip = { approver = "U9" } }, "/payment_slip/approved"),
  invalid("approved is a boolean", payment { payment_slip = { approved = 1 } }, "/payment_slip/approved"),
  invalid("an approver is a text", payment { payment_slip = { approved = true, approver = 9 } }, "/payment_slip/approver"),
  invalid("no requester", without "requester", "/requester"),
  invalid("a requester without an id", payment { requester = object {} }, "/requester/id"),
  invalid("no documents", without "documents", "/documents"),
  invalid("documents are a list", payment { documents = object {} }, "/documents"),
  invalid("a document is a record", goods("x"), "/documents/0"),
  invalid("a document without a type", goods({ copy = "x", signed_by = {} }), "/documents/0/type"),
  invalid("a document without a copy", goods(FINANCE_COPY, { type = "x", signed_by = {} }), "/documents/1/copy"),
  invalid("a document without signatures", goods(FINANCE_COPY, STUB, { type = "x", copy = "x" }), "/documents/2/signed_by"),
  invalid("a signature is a text", goods { type = "x", copy = "x", signed_by = { "finance", 5 } },
    "/documents/0/signed_by/1"),
  invalid("no receipt amount", without "receipt_amount", "/receipt_amount"),
  invalid("a negative receipt amount", payment { receipt_amount = -1 }, "/receipt_amount"),
  invalid("the first of several", payment { amount = "much", kind = 3, receipt_amount = true }, "/amount"),
}

for i, blank in ipairs { "", " ", "\t", "\r", "\n", "\u{3000}", " \u{3000}\r\n\t" } do
  cases[#cases + 1] = { name = "a blank approver " .. i,
                        input = payment { payment_slip = { approved = true, approver = blank } }, expect = HELD }
end
for i, name in ipairs { ".", " U9", "\u{3000}王芳", "\u{A0}", "\u{200B}" } do
  cases[#cases + 1] = { name = "an approver " .. i, input = payment { payment_slip = { approved = true, approver = name } },
                        expect = PAID }
end

-- Every set of papers, for each kind and method: bit by bit, in the rule's order.
local PAPERS = { FINANCE_COPY, STUB, RECEIVER_COPY, DRIVER_COPY }
local NAMES = { "goods_receipt/finance", "goods_receipt/stub", "delivery_note/receiver", "delivery_note/driver" }
local NEEDED = { goods = { true, false, true, false }, freight = { true, true, true, true } }
local STAMPS = { cash = "cash_paid", bank_transfer = "bank_paid", month_end_account = "on_account" }

for kind, needed in pairs(NEEDED) do
  for method, stamp in pairs(STAMPS) do
    for set = 0, 15 do
      local documents, lacking = {}, {}
      for i = 1, 4 do
        if set >> (i - 1) & 1 == 1 then
          documents[#documents + 1] = PAPERS[i]
        elseif needed[i] then
          lacking[#lacking + 1] = NAMES[i]
        end
      end
      cases[#cases + 1] = {
        name = kind .. ", " .. method .. ", papers " .. set,
        input = payment { kind = kind, method = method, documents = documents },
        expect = #lacking == 0 and approve(stamp) or missing(table.unpack(lacking)),
      }
    end
  end
end

-- The edges of the declaration.
local good = { input = payment {}, expect = { outcome = "approve", reasons = { "documents_in_order" } } }
edges.text(cases, good, "id", 1, 64)
edges.text(cases, good, "requester.id", 1, 64)
edges.refuses(cases, good, "amount", -0.01)
edges.refuses(cases, good, "receipt_amount", -0.01)
edges.param(cases, good, "cash_ceiling", 0, -0.01, ROUTED)

return test "approval.payment" (cases)
