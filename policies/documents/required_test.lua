local edges = require "lib.edges"

local function paper(type, copies, signed_by)
  return { type = type, copies = copies or {}, signed_by = signed_by or {} }
end

-- The rule's table: business, then its papers with copies and signatures.
local TABLE = {
  { "purchase",
    { "delivery_note", { "driver", "receiver" }, { "warehouse_keeper" } },
    { "goods_receipt", { "finance", "receiving", "stub" }, { "warehouse_keeper", "finance" } },
    { "payment_slip", {}, {} } },
  { "material_issue",
    { "issue_slip", { "finance", "receiving", "stub" }, { "requester", "warehouse_keeper" } } },
  { "finished_goods_receipt",
    { "goods_receipt", { "finance", "receiving", "stub" }, { "warehouse_keeper" } } },
  { "customer_pickup", { "sales_list", {}, {} }, { "invoice", {}, {} } },
  { "customer_return", { "return_list", {}, { "warehouse_keeper", "finance" } } },
  { "orchard_pickup", { "sales_list", {}, {} }, { "delivery_note", {}, {} } },
  { "stock_reconciliation", { "stock_statement", {}, { "warehouse_keeper", "finance" } } },
  { "fund_reconciliation", { "fund_statement", {}, { "customer", "finance" } } },
}

local function of(business, ...)
  return { id = "D-1", business = business, documents = { ... } }
end

local function issued(...)
  return of("material_issue", ...)
end

local function without(name)
  local tx = issued()
  tx[name] = nil
  return tx
end

local function invalid(name, input, path)
  return { name = name, input = input, error = { code = "invalid_input", path = path } }
end

local COMPLETE = { outcome = "complete", reasons = { "all_documents_present" }, missing_documents = {}, missing_copies = {},
                   missing_signatures = {} }

local function incomplete(documents, copies, signatures)
  local reasons = {}
  if #documents > 0 then
    reasons[#reasons + 1] = "missing_document"
  end
  if #copies > 0 then
    reasons[#reasons + 1] = "missing_copy"
  end
  if #signatures > 0 then
    reasons[#reasons + 1] = "missing_signature"
  end
  return { outcome = "incomplete", reasons = reasons, missing_documents = documents, missing_copies = copies,
           missing_signatures = signatures }
end

local THREE = { "finance", "receiving", "stub" }
local BOTH = { "requester", "warehouse_keeper" }

local cases = {
  -- The rule's own examples.
  { name = "an issue slip without a copy and a signature",
    input = { id = "D-1", business = "material_issue",
              documents = { { type = "issue_slip", copies = { "finance", "stub" }, signed_by = { "warehouse_keeper" } } } },
    expect = { outcome = "incomplete", reasons = { "missing_copy", "missing_signature" },
               missing_copies = { "issue_slip/receiving" }, missing_documents = {},
               missing_signatures = { "issue_slip/requester" } } },
  { name = "two entries of one type",
    input = { id = "D-2", business = "purchase",
              documents = {
                { type = "delivery_note", copies = { "driver", "receiver" }, signed_by = { "warehouse_keeper" } },
                { type = "goods_receipt", copies = { "finance", "receiving" }, signed_by = { "warehouse_keeper" } },
                { type = "goods_receipt", copies = { "stub" }, signed_by = { "finance" } },
              } },
    expect = { outcome = "incomplete", reasons = { "missing_document" }, missing_copies = {},
               missing_documents = { "payment_slip" }, missing_signatures = {} } },

  -- All that applies.
  { name = "a paper, a copy and a signature",
    input = of("purchase", paper("goods_receipt", { "receiving" }, { "finance" }), paper("payment_slip")),
    expect = incomplete({ "delivery_note" }, { "goods_receipt/finance", "goods_receipt/stub" },
                        { "goods_receipt/warehouse_keeper" }) },
  { name = "all copies and signatures, in the table's order",
    input = of("purchase", paper("payment_slip"), paper("goods_receipt"), paper("delivery_note")),
    expect = incomplete({},
                        { "delivery_note/driver", "delivery_note/receiver", "goods_receipt/finance",
                          "goods_receipt/receiving", "goods_receipt/stub" },
                        { "delivery_note/warehouse_keeper", "goods_receipt/warehouse_keeper", "goods_receipt/finance" }) },

  -- Entries of one type count together.
  { name = "a copy an entry",
    input = issued(paper("issue_slip", { "stub" }), paper("issue_slip", { "finance" }, { "requester" }),
                   paper("issue_slip", { "receiving" }, { "warehouse_keeper" })),
    expect = COMPLETE },
  { name = "an entry of nothing is an entry", input = of("customer_pickup", paper("invoice"), paper("sales_list")),
    expect = COMPLETE },
  { name = "an entry of nothing beside a whole one", input = issued(paper("issue_slip"), paper("issue_slip", THREE, BOTH)),
    expect = COMPLETE },
  { name = "copies and signatures of another type do not count",
    input = issued(paper("issue_slip", { "finance", "stub" }, { "requester" }),
                   paper("goods_receipt", { "receiving" }, { "warehouse_keeper" })),
    expect = incomplete({}, { "issue_slip/receiving" }, { "issue_slip/warehouse_keeper" }) },

  -- What nobody asks for.
  { name = "twice, in another order, and more",
    input = issued(paper("photograph"),
                   paper("issue_slip", { "stub", "stub", "driver", "receiving", "finance", "" },
                         { "warehouse_keeper", "finance", "requester", "requester" })),
    expect = COMPLETE },
  { name = "papers of another business", input = issued(paper("goods_receipt", THREE, BOTH), paper("delivery_note")),
    expect = incomplete({ "issue_slip" }, {}, {}) },
  { name = "an orchard's delivery note needs no copies",
    input = of("orchard_pickup", paper("sales_list"), paper("delivery_note")), expect = COMPLETE },
  { name = "finished goods need no signature of finance",
    input = of("finished_goods_receipt", paper("goods_receipt", THREE, { "warehouse_keeper" })), expect = COMPLETE },

  -- Names are as they are.
  { name = "types have their case", input = of("customer_pickup", paper("Invoice"), paper("sales_list")),
    expect = incomplete({ "invoice" }, {}, {}) },
  { name = "copies have their case", input = issued(paper("issue_slip", { "finance", "receiving", "Stub" }, BOTH)),
    expect = incomplete({}, { "issue_slip/stub" }, {}) },
  { name = "roles have no spaces", input = issued(paper("issue_slip", THREE, { "requester ", "warehouse_keeper" })),
    expect = incomplete({}, {}, { "issue_slip/requester" }) },
  { name = "a copy is no signature", input = issued(paper("issue_slip", BOTH, THREE)),
    expect = incomplete({}, { "issue_slip/finance", "issue_slip/receiving", "issue_slip/stub" },
                        { "issue_slip/requester", "issue_slip/warehouse_keeper" }) },

  -- Inputs that are none.
  invalid("no id", without "id", "/id"),
  invalid("an empty id", { id = "", business = "purchase", documents = {} }, "/id"),
  invalid("an id of 65 characters", { id = ("x"):rep(65), business = "purchase", documents = {} }, "/id"),
  { name = "an id of 64 characters",
    input = { id = ("单"):rep(64), business = "material_issue", documents = { paper("issue_slip", THREE, BOTH) } },
    expect = COMPLETE },
  invalid("no business", without "business", "/business"),
  invalid("an unknown business", of("sale"), "/business"),
  invalid("no documents", without "documents", "/documents"),
  invalid("documents are a list", { id = "D-1", business = "purchase", documents = object {} }, "/documents"),
  invalid("a document is a record", issued(paper("x"), 5), "/documents/1"),
  invalid("a document without a type", issued({ copies = {}, signed_by = {} }), "/documents/0/type"),
  invalid("a document without copies", issued({ type = "x", signed_by = {} }), "/documents/0/copies"),
  invalid("a document without signatures", issued(paper("x"), { type = "x", copies = {} }), "/documents/1/signed_by"),
  invalid("copies are a list", issued({ type = "x", copies = "stub", signed_by = {} }), "/documents/0/copies"),
  invalid("a copy is a text", issued(paper("x", { "stub", 2 })), "/documents/0/copies/1"),
  invalid("a signature is a text", issued(paper("x", {}, { true })), "/documents/0/signed_by/0"),
  invalid("the first of several", of("sale", { type = 1, copies = 2, signed_by = 3 }), "/business"),
}

local function all_but(list, left_out)
  local rest = {}
  for i, value in ipairs(list) do
    if i ~= left_out then
      rest[#rest + 1] = value
    end
  end
  return rest
end

-- Every row of the table: whole, empty, and without each paper, copy and signature.
for _, row in ipairs(TABLE) do
  local business = row[1]

  -- All papers of the business, the nth of them replaced by `instead`, or left out where that is nil.
  local function papers(n, instead)
    local documents = {}
    for i = 2, #row do
      if i ~= n then
        documents[#documents + 1] = paper(row[i][1], row[i][2], row[i][3])
      elseif instead then
        documents[#documents + 1] = instead
      end
    end
    return of(business, table.unpack(documents))
  end

  local types = {}
  for i = 2, #row do
    local type, copies, signatures = row[i][1], row[i][2], row[i][3]
    types[#types + 1] = type
    cases[#cases + 1] = { name = business .. ": without " .. type, input = papers(i), expect = incomplete({ type }, {}, {}) }
    for n, copy in ipairs(copies) do
      cases[#cases + 1] = { name = business .. ": without " .. type .. "/" .. copy,
                            input = papers(i, paper(type, all_but(copies, n), signatures)),
                            expect = incomplete({}, { type .. "/" .. copy }, {}) }
    end
    for n, role in ipairs(signatures) do
      cases[#cases + 1] = { name = business .. ": without the signature " .. type .. "/" .. role,
                            input = papers(i, paper(type, copies, all_but(signatures, n))),
                            expect = incomplete({}, {}, { type .. "/" .. role }) }
    end
  end
  cases[#cases + 1] = { name = business .. ": all papers", input = papers(), expect = COMPLETE }
  cases[#cases + 1] = { name = business .. ": no papers", input = of(business), expect = incomplete(types, {}, {}) }
end

-- The edges of the declaration.
edges.text(cases, { input = issued(), expect = { outcome = "incomplete" } }, "id", 1, 64)

return test "documents.required" (cases)
