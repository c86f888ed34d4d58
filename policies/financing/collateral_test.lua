local edges = require "lib.edges"

local function paper(type, changes)
  local document = { type = type, original_seen = true, copy_stamped = true }
  for name, value in pairs(changes or {}) do
    document[name] = value
  end
  return document
end

local ALWAYS = { "asset_list", "title_certificate", "valuation", "insurance_policy" }
local AUTHORISATION = "legal_representative_authorisation"
local SIGNED = { signed_by_legal_representative = true }

-- A private company's mortgage that needs only the four papers; `changes` replaces top-level fields.
local function mortgage(changes, documents)
  local tx = {
    id = "C-1", kind = "mortgage", company_type = "private", has_board = false, proxy_signs = false, co_owned = false,
    customs_supervised = false, state_owned = false, documents = documents or {},
  }
  for name, value in pairs(changes) do
    tx[name] = value
  end
  return tx
end

-- The four papers and those that are named.
local function with(...)
  local documents = {}
  for i, type in ipairs(ALWAYS) do
    documents[i] = paper(type)
  end
  for _, document in ipairs { ... } do
    documents[#documents + 1] = document
  end
  return documents
end

local function without(name)
  local tx = mortgage({}, with())
  tx[name] = nil
  return tx
end

local function invalid(name, input, path)
  return { name = name, input = input, error = { code = "invalid_input", path = path } }
end

local COMPLETE = { outcome = "complete", reasons = { "all_documents_present" }, missing = {}, not_stamped = {},
                   original_not_seen = {} }

local function incomplete(missing, not_stamped, original_not_seen)
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
  return { outcome = "incomplete", reasons = reasons, missing = missing, not_stamped = not_stamped,
           original_not_seen = original_not_seen }
end

local function missing(...)
  return incomplete({ ... }, {}, {})
end

local cases = {
  -- The rule's own examples.
  { name = "an authorisation that is not signed, and an original that was not shown",
    input = { id = "C-1", kind = "mortgage", company_type = "private", has_board = false, proxy_signs = true,
              co_owned = false, customs_supervised = false, state_owned = false,
              documents = {
                { type = "asset_list", original_seen = true, copy_stamped = true },
                { type = "title_certificate", original_seen = false, copy_stamped = true },
                { type = "valuation", original_seen = true, copy_stamped = true },
                { type = "legal_representative_authorisation", original_seen = true, copy_stamped = false,
                  signed_by_legal_representative = false },
              } },
    expect = { outcome = "incomplete", reasons = { "missing", "original_not_seen" },
               missing = { "insurance_policy", "legal_representative_authorisation" }, not_stamped = {},
               original_not_seen = { "title_certificate" } } },
  { name = "the four papers of a pledge",
    input = { id = "C-2", kind = "pledge", company_type = "foreign", has_board = false, proxy_signs = false,
              co_owned = false, customs_supervised = false, state_owned = false,
              documents = {
                { type = "insurance_policy", original_seen = true, copy_stamped = true },
                { type = "asset_list", original_seen = true, copy_stamped = true },
                { type = "title_certificate", original_seen = true, copy_stamped = true },
                { type = "valuation", original_seen = true, copy_stamped = true },
              } },
    expect = { outcome = "complete", reasons = { "all_documents_present" }, missing = {}, not_stamped = {},
               original_not_seen = {} } },

  -- What is required of whom.
  { name = "no papers", input = mortgage {}, expect = missing(table.unpack(ALWAYS)) },
  { name = "everything is required",
    input = mortgage { company_type = "state_owned", has_board = true, proxy_signs = true, co_owned = true,
                       customs_supervised = true, state_owned = true },
    expect = missing("asset_list", "title_certificate", "valuation", "insurance_policy", "board_resolution",
                     "co_owner_statement", "customs_consent", "authority_consent", "state_assets_consent", AUTHORISATION) },
  { name = "a state-owned company", input = mortgage({ company_type = "state_owned" }, with()),
    expect = missing("authority_consent", "state_assets_consent") },
  { name = "a state-owned asset", input = mortgage({ state_owned = true }, with()),
    expect = missing("authority_consent", "state_assets_consent") },
  { name = "one consent is not the other", input = mortgage({ state_owned = true }, with(paper "state_assets_consent")),
    expect = missing "authority_consent" },
  { name = "a joint-stock company is not state-owned", input = mortgage({ company_type = "joint_stock" }, with()),
    expect = COMPLETE },

  -- The authorisation.
  { name = "a signed authorisation", input = mortgage({ proxy_signs = true }, with(paper(AUTHORISATION, SIGNED))),
    expect = COMPLETE },
  { name = "an authorisation that does not say", input = mortgage({ proxy_signs = true }, with(paper(AUTHORISATION))),
    expect = missing(AUTHORISATION) },
  { name = "a signed one beside one that is no paper",
    input = mortgage({ proxy_signs = true },
                     with(paper(AUTHORISATION, { original_seen = false, copy_stamped = false }),
                          paper(AUTHORISATION, SIGNED))),
    expect = COMPLETE },
  { name = "a signed one without seal and original",
    input = mortgage({ proxy_signs = true },
                     with(paper(AUTHORISATION, { original_seen = false, copy_stamped = false,
                                                 signed_by_legal_representative = true }))),
    expect = incomplete({}, { AUTHORISATION }, { AUTHORISATION }) },
  { name = "one that is not required",
    input = mortgage({}, with(paper(AUTHORISATION, { copy_stamped = false, signed_by_legal_representative = true }))),
    expect = COMPLETE },
  { name = "other papers need no such signature",
    input = mortgage({ has_board = true }, with(paper("board_resolution", { signed_by_legal_representative = false }))),
    expect = COMPLETE },

  -- Seals and originals.
  { name = "both of one paper",
    input = mortgage({ has_board = true }, with(paper("board_resolution", { copy_stamped = false, original_seen = false }))),
    expect = incomplete({}, { "board_resolution" }, { "board_resolution" }) },
  { name = "one of two papers of a type",
    input = mortgage({}, with(paper("valuation", { copy_stamped = false }), paper("asset_list", { original_seen = false }))),
    expect = incomplete({}, { "valuation" }, { "asset_list" }) },
  { name = "a type stands once",
    input = mortgage({}, with(paper("valuation", { copy_stamped = false }), paper("valuation", { copy_stamped = false }))),
    expect = incomplete({}, { "valuation" }, {}) },
  { name = "the types stand in the article's order",
    input = mortgage({}, { paper("insurance_policy", { copy_stamped = false, original_seen = false }),
                           paper("asset_list", { copy_stamped = false, original_seen = false }) }),
    expect = incomplete({ "title_certificate", "valuation" }, { "asset_list", "insurance_policy" },
                        { "asset_list", "insurance_policy" }) },
  { name = "papers of other types are ignored",
    input = mortgage({}, with(paper("photograph", { copy_stamped = false, original_seen = false }),
                              paper("", { copy_stamped = false }), paper("Asset_list", { original_seen = false }))),
    expect = COMPLETE },
  { name = "papers that are not required here are ignored",
    input = mortgage({}, with(paper("board_resolution", { copy_stamped = false }),
                              paper("customs_consent", { original_seen = false }))),
    expect = COMPLETE },
  { name = "types have their case", input = mortgage({ co_owned = true }, with(paper "co_owner_Statement")),
    expect = missing "co_owner_statement" },

  -- Inputs that are none.
  invalid("no id", without "id", "/id"),
  invalid("an empty id", mortgage { id = "" }, "/id"),
  invalid("an id of 65 characters", mortgage { id = ("x"):rep(65) }, "/id"),
  { name = "an id of 64 characters", input = mortgage({ id = ("押"):rep(64) }, with()), expect = COMPLETE },
  invalid("an unknown kind", mortgage { kind = "lien" }, "/kind"),
  invalid("an unknown type of company", mortgage { company_type = "cooperative" }, "/company_type"),
  invalid("documents are a list", mortgage { documents = "none" }, "/documents"),
  invalid("a document without a type", mortgage({}, { { original_seen = true, copy_stamped = true } }), "/documents/0/type"),
  invalid("not said whether the original was seen", mortgage({}, { paper "x", { type = "x", copy_stamped = true } }),
    "/documents/1/original_seen"),
  invalid("not said whether the copy is stamped", mortgage({}, { { type = "x", original_seen = true } }),
    "/documents/0/copy_stamped"),
  invalid("a signature is a boolean", mortgage({}, { paper(AUTHORISATION, { signed_by_legal_representative = "U1" }) }),
    "/documents/0/signed_by_legal_representative"),
  invalid("the first of several", mortgage { kind = 1, has_board = "yes", documents = 3 }, "/kind"),
}

for _, name in ipairs { "kind", "company_type", "has_board", "proxy_signs", "co_owned", "customs_supervised", "state_owned",
                        "documents" } do
  cases[#cases + 1] = invalid("no " .. name, without(name), "/" .. name)
end
for _, name in ipairs { "has_board", "proxy_signs", "co_owned", "customs_supervised", "state_owned" } do
  cases[#cases + 1] = invalid(name .. " is a boolean", mortgage { [name] = "true" }, "/" .. name)
end

-- Each paper alone is missing, without its seal, not seen; each condition alone requires it.
local REQUIRED_WHEN = {
  { {}, "asset_list" }, { {}, "title_certificate" }, { {}, "valuation" }, { {}, "insurance_policy" },
  { { has_board = true }, "board_resolution" },
  { { co_owned = true }, "co_owner_statement" },
  { { customs_supervised = true }, "customs_consent" },
  { { state_owned = true }, "authority_consent" },
  { { company_type = "state_owned" }, "state_assets_consent" },
  { { proxy_signs = true }, AUTHORISATION },
}

-- All papers, with changes to those of one type; or without them, where there are none.
local function all_but(type, changes)
  local documents = {}
  for _, row in ipairs(REQUIRED_WHEN) do
    local document = paper(row[2], SIGNED)
    if row[2] ~= type then
      documents[#documents + 1] = document
    elseif changes then
      for name, value in pairs(changes) do
        document[name] = value
      end
      documents[#documents + 1] = document
    end
  end
  return documents
end

for _, row in ipairs(REQUIRED_WHEN) do
  local changes, type = row[1], row[2]
  for _, kind in ipairs { "mortgage", "pledge" } do
    local tx = { kind = kind }
    for name, value in pairs(changes) do
      tx[name] = value
    end
    local of = type .. ", " .. kind
    cases[#cases + 1] = { name = "required: " .. of, input = mortgage(tx, all_but(type)), expect = missing(type) }
    cases[#cases + 1] = { name = "there: " .. of, input = mortgage(tx, all_but()), expect = COMPLETE }
    cases[#cases + 1] = { name = "not stamped: " .. of, input = mortgage(tx, all_but(type, { copy_stamped = false })),
                          expect = incomplete({}, { type }, {}) }
    cases[#cases + 1] = { name = "original not seen: " .. of, input = mortgage(tx, all_but(type, { original_seen = false })),
                          expect = incomplete({}, {}, { type }) }
  end
  if next(changes) then
    cases[#cases + 1] = { name = "not required: " .. type, input = mortgage({}, with()), expect = COMPLETE }
  end
end

-- The edges of the declaration.
edges.text(cases, { input = mortgage {}, expect = { outcome = "incomplete" } }, "id", 1, 64)

return test "financing.collateral" (cases)
