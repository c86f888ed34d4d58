local edges = require "lib.edges"

local STAGES = { "application", "acceptance", "first_review", "review", "contract", "registration", "disbursement",
                 "post_monitoring", "recourse", "closure" }
local SEVEN = { "application", "acceptance", "first_review", "review", "contract", "registration", "disbursement" }

-- Stage by stage: the stages before it, its forms, its signatures.
local BEFORE = {
  application     = {},
  acceptance      = { "application" },
  first_review    = { "application", "acceptance" },
  review          = { "application", "acceptance", "first_review" },
  contract        = { "application", "acceptance", "first_review", "review" },
  registration    = { "application", "acceptance", "first_review", "review", "contract" },
  disbursement    = { "application", "acceptance", "first_review", "review", "contract", "registration" },
  post_monitoring = SEVEN,
  recourse        = SEVEN,
  closure         = SEVEN,                                  -- and post_monitoring or recourse
}
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

local function joined(...)
  local all = {}
  for _, list in ipairs { ... } do
    for _, value in ipairs(list) do
      all[#all + 1] = value
    end
  end
  return all
end

local function all_but(list, left_out)
  local rest = {}
  for _, value in ipairs(list) do
    if value ~= left_out then
      rest[#rest + 1] = value
    end
  end
  return rest
end

local function reversed(list)
  local back = {}
  for i = #list, 1, -1 do
    back[#back + 1] = list[i]
  end
  return back
end

-- A stage with all that it needs; `changes` replaces top-level fields.
local function entering(stage, changes)
  local tx = {
    id = "S-1", stage = stage, completed = BEFORE[stage], forms = FORMS[stage], signatures = SIGNATURES[stage] or {},
  }
  if stage == "first_review" then
    tx.first_investigator, tx.second_investigator = "U3", "U4"
  elseif stage == "recourse" then
    tx.overdue_days = 1
  elseif stage == "closure" then
    tx.completed = joined(SEVEN, { "post_monitoring" })
  end
  for name, value in pairs(changes or {}) do
    tx[name] = value
  end
  return tx
end

-- A stage for which nothing has been done.
local function bare(stage)
  return { id = "S-1", stage = stage, completed = {}, forms = {}, signatures = {} }
end

local function without(name)
  local tx = entering "application"
  tx[name] = nil
  return tx
end

local function invalid(name, input, path)
  return { name = name, input = input, error = { code = "invalid_input", path = path } }
end

local READY = { outcome = "proceed", reasons = { "stage_ready" }, missing = {} }

local function hold(reasons, missing)
  return { outcome = "hold", reasons = reasons, missing = missing }
end

-- First review with these two; `first` and `second` may be nil.
local function investigated_by(first, second)
  local tx = entering "first_review"
  tx.first_investigator, tx.second_investigator = first, second
  return tx
end

local cases = {
  -- The rule's own examples.
  { name = "a review that may begin",
    input = { id = "S-1", stage = "review", completed = { "application", "acceptance", "first_review" }, forms = {},
              signatures = { "general_office", "business_dept" } },
    expect = { outcome = "proceed", reasons = { "stage_ready" }, missing = {} } },
  { name = "a first review that may not",
    input = { id = "S-2", stage = "first_review", completed = { "application" },
              forms = { "site_visit", "investigation_report" }, first_investigator = "U3", second_investigator = "U3",
              signatures = {} },
    expect = { outcome = "hold", reasons = { "missing_stage", "missing_form", "same_investigator" },
               missing = { "acceptance", "project_processing_form" } } },

  -- Nothing has been done: everything that a stage needs, in the rule's order.
  { name = "an application of nothing", input = bare "application",
    expect = hold({ "missing_form" }, { "entrusted_financing_form", "application_materials" }) },
  { name = "a first review of nothing", input = bare "first_review",
    expect = hold({ "missing_stage", "missing_form", "missing_investigator" },
                  { "application", "acceptance", "site_visit", "investigation_report", "project_processing_form",
                    "first_investigator", "second_investigator" }) },
  { name = "a review of nothing", input = bare "review",
    expect = hold({ "missing_stage", "missing_signature" },
                  { "application", "acceptance", "first_review", "business_dept", "general_office" }) },
  { name = "a contract of nothing", input = bare "contract",
    expect = hold({ "missing_stage", "missing_form", "missing_signature" },
                  { "application", "acceptance", "first_review", "review", "consent_letter", "loan_contract",
                    "counter_guarantee_contract", "contract_review_form", "contract_register", "business_dept",
                    "general_office", "lawyer", "general_manager" }) },
  { name = "recourse of nothing", input = bare "recourse",
    expect = hold({ "missing_stage", "missing_form", "not_overdue" }, joined(SEVEN, { "recourse_plan" })) },
  { name = "a closure of nothing", input = bare "closure",
    expect = hold({ "missing_stage", "missing_form" },
                  joined(SEVEN, { "post_monitoring", "repayment_receipt", "deregistration", "originals_returned",
                                  "release_confirmation" })) },

  -- The stages of the end.
  { name = "recourse needs no monitoring", input = entering "recourse", expect = READY },
  { name = "closure after monitoring", input = entering "closure", expect = READY },
  { name = "closure after recourse", input = entering("closure", { completed = joined(SEVEN, { "recourse" }) }),
    expect = READY },
  { name = "closure after both",
    input = entering("closure", { completed = joined({ "recourse", "post_monitoring" }, SEVEN) }), expect = READY },
  { name = "closure after neither", input = entering("closure", { completed = SEVEN }),
    expect = hold({ "missing_stage" }, { "post_monitoring" }) },
  { name = "closure: the seven before the one of two",
    input = entering("closure", { completed = all_but(SEVEN, "review") }),
    expect = hold({ "missing_stage" }, { "review", "post_monitoring" }) },
  { name = "the stage itself need not be completed, nor a later one",
    input = entering("acceptance", { completed = { "acceptance", "closure", "application", "application" } }),
    expect = READY },

  -- Either of two forms.
  { name = "the registration form in the certificate's place",
    input = entering("registration", { forms = { "pledge_registration_form", "registration_materials" } }), expect = READY },
  { name = "the certificate and the registration form",
    input = entering("registration", { forms = joined(FORMS.registration, { "pledge_registration_form" }) }), expect = READY },
  { name = "the registration form is not the materials",
    input = entering("registration", { forms = { "pledge_registration_form" } }),
    expect = hold({ "missing_form" }, { "registration_materials" }) },
  { name = "neither of them", input = entering("registration", { forms = { "registration_materials" } }),
    expect = hold({ "missing_form" }, { "other_rights_certificate" }) },

  -- Overdue.
  { name = "monitoring, not overdue", input = entering("post_monitoring", { overdue_days = 0 }), expect = READY },
  { name = "monitoring, a day overdue", input = entering("post_monitoring", { overdue_days = 1 }),
    expect = hold({ "missing_form" }, { "overdue_report" }) },
  { name = "monitoring, overdue, with the report",
    input = entering("post_monitoring", { overdue_days = 1, forms = joined(FORMS.post_monitoring, { "overdue_report" }) }),
    expect = READY },
  { name = "the report comes last", input = entering("post_monitoring", { overdue_days = 400, forms = { "inspection_form" } }),
    expect = hold({ "missing_form" }, { "post_report", "maturity_notice", "overdue_report" }) },
  { name = "a report that is not needed",
    input = entering("post_monitoring", { forms = joined({ "overdue_report" }, FORMS.post_monitoring) }), expect = READY },
  { name = "recourse, not overdue", input = entering("recourse", { overdue_days = 0 }),
    expect = hold({ "not_overdue" }, {}) },
  { name = "recourse, a day overdue", input = entering("recourse", { overdue_days = 1 }), expect = READY },
  { name = "recourse needs no report", input = entering("recourse", { overdue_days = 90 }), expect = READY },
  { name = "closure, overdue", input = entering("closure", { overdue_days = 5 }), expect = READY },

  -- Two investigators.
  { name = "no first investigator", input = investigated_by(nil, "U4"),
    expect = hold({ "missing_investigator" }, { "first_investigator" }) },
  { name = "no second investigator", input = investigated_by("U3", nil),
    expect = hold({ "missing_investigator" }, { "second_investigator" }) },
  { name = "no investigators", input = investigated_by(nil, nil),
    expect = hold({ "missing_investigator" }, { "first_investigator", "second_investigator" }) },
  { name = "one person for both", input = investigated_by("U3", "U3"), expect = hold({ "same_investigator" }, {}) },
  { name = "one person for both, in Chinese", input = investigated_by("王芳", "王芳"),
    expect = hold({ "same_investigator" }, {}) },
  { name = "investigators differ by case", input = investigated_by("U3", "u3"), expect = READY },
  { name = "investigators differ by a space", input = investigated_by("U3", "U3 "), expect = READY },
  { name = "investigators come after the stages and forms",
    input = { id = "S-1", stage = "first_review", completed = { "application" },
              forms = { "site_visit", "investigation_report" }, second_investigator = "U4", signatures = {} },
    expect = hold({ "missing_stage", "missing_form", "missing_investigator" },
                  { "acceptance", "project_processing_form", "first_investigator" }) },

  -- Lists hold what they hold.
  { name = "forms have their case", input = entering("acceptance", { forms = { "Acceptance_register" } }),
    expect = hold({ "missing_form" }, { "acceptance_register" }) },
  { name = "roles have their case", input = entering("review", { signatures = { "Business_dept", "general_office" } }),
    expect = hold({ "missing_signature" }, { "business_dept" }) },
  { name = "a signature is no form", input = entering("acceptance", { forms = {}, signatures = { "acceptance_register" } }),
    expect = hold({ "missing_form" }, { "acceptance_register" }) },

  -- Inputs that are none.
  invalid("no id", without "id", "/id"),
  invalid("an empty id", entering("review", { id = "" }), "/id"),
  invalid("an id of 65 characters", entering("review", { id = ("x"):rep(65) }), "/id"),
  { name = "an id of 64 characters", input = entering("review", { id = ("融"):rep(64) }), expect = READY },
  invalid("no stage", without "stage", "/stage"),
  invalid("an unknown stage", entering("review", { stage = "lawsuit" }), "/stage"),
  invalid("not said what is completed", without "completed", "/completed"),
  invalid("completed is a list", entering("review", { completed = "application" }), "/completed"),
  invalid("an unknown stage is completed", entering("review", { completed = { "application", "lawsuit" } }), "/completed/1"),
  invalid("no forms", without "forms", "/forms"),
  invalid("a form is a text", entering("review", { forms = { "x", "y", 3 } }), "/forms/2"),
  invalid("an investigator is a text", entering("review", { first_investigator = 3 }), "/first_investigator"),
  invalid("the second investigator is a text", entering("review", { second_investigator = false }), "/second_investigator"),
  invalid("no signatures", without "signatures", "/signatures"),
  invalid("a signature is a text", entering("review", { signatures = { true } }), "/signatures/0"),
  invalid("negative days", entering("review", { overdue_days = -1 }), "/overdue_days"),
  invalid("half a day", entering("review", { overdue_days = 0.5 }), "/overdue_days"),
  invalid("days are a number", entering("review", { overdue_days = "many" }), "/overdue_days"),
  invalid("the first of several", entering("review", { completed = { "lawsuit" }, forms = { 5 }, overdue_days = -1 }),
    "/completed/0"),
}

for i, blank in ipairs { "", " ", "\t", "\r", "\n", "\u{3000}", " \u{3000}\r\n\t" } do
  cases[#cases + 1] = { name = "a blank first investigator " .. i, input = investigated_by(blank, "U4"),
                        expect = hold({ "missing_investigator" }, { "first_investigator" }) }
  cases[#cases + 1] = { name = "a blank second investigator " .. i, input = investigated_by("U3", blank),
                        expect = hold({ "missing_investigator" }, { "second_investigator" }) }
  -- A blank name is not given, so two of them are not one person.
  cases[#cases + 1] = { name = "two blank investigators " .. i, input = investigated_by(blank, blank),
                        expect = hold({ "missing_investigator" }, { "first_investigator", "second_investigator" }) }
end

-- Every stage: with all that it needs, and with each part of it missing.
for _, stage in ipairs(STAGES) do
  local function add(what, changes, reasons, missing)
    cases[#cases + 1] = { name = stage .. ": " .. what, input = entering(stage, changes),
                          expect = reasons and hold(reasons, missing) or READY }
  end

  local completed, forms, signatures = entering(stage).completed, FORMS[stage], SIGNATURES[stage] or {}
  add("all is there", {})
  add("in another order, twice, with more",
      { completed = joined(reversed(completed), completed), forms = joined({ "photograph", "" }, reversed(forms), forms),
        signatures = joined({ "janitor" }, reversed(signatures), signatures) })
  for _, name in ipairs(BEFORE[stage]) do
    add("without the stage " .. name, { completed = all_but(completed, name) }, { "missing_stage" }, { name })
  end
  for _, name in ipairs(forms) do
    add("without the form " .. name, { forms = all_but(forms, name) }, { "missing_form" }, { name })
  end
  for _, name in ipairs(signatures) do
    add("without the signature of " .. name, { signatures = all_but(signatures, name) }, { "missing_signature" }, { name })
  end

  -- Only the first review asks for investigators, and only recourse for an overdue loan.
  if stage ~= "first_review" then
    add("one investigator twice", { first_investigator = "U3", second_investigator = "U3" })
  end
  if stage ~= "post_monitoring" then
    add("overdue", { overdue_days = 30 })
  end
end

-- The edges of the declaration.
edges.text(cases, { input = { id = "S", stage = "review", completed = {}, forms = {}, signatures = {} }, expect = { outcome = "hold" } },
  "id", 1, 64)

return test "financing.stage" (cases)
