local edges = require "lib.edges"

local ALL = { "task", "responsibility", "objective_and_kpi", "time", "resources", "information" }

-- A step in which all elements flow; `changes` replaces fields.
local function step(changes)
  local one = {
    name = "s", task = "审核需求", responsible = "U2", objective = "need is real", kpi = "no returns", time_limit_hours = 4,
    resources = { "form" }, information = { "budget" },
  }
  for name, value in pairs(changes or {}) do
    one[name] = value
  end
  return one
end

local function step_without(...)
  local one = step()
  for _, name in ipairs { ... } do
    one[name] = nil
  end
  return one
end

local function process(...)
  return { id = "E", name = "请购", step = { ... } }
end

local function invalid(name, input, path)
  return { name = name, input = input, error = { code = "invalid_input", path = path } }
end

-- What one step that lacks these comes to.
local function lacks(coverage, ...)
  return { outcome = "incomplete", reasons = { "missing_element" }, coverage = coverage,
           missing = { { step = "s", elements = { ... } } } }
end

local COMPLETE = { outcome = "complete", reasons = { "all_elements_flow" }, coverage = 1, missing = {} }

local cases = {
  -- The rule's own examples.
  { name = "two steps, one of which lacks three",
    input = { id = "E-1", name = "请购", step = {
      { name = "fill", task = "填写请购单", responsible = "U2", objective = "complete request", kpi = "no returns",
        time_limit_hours = 4, resources = { "form" }, information = { "stock list" } },
      { name = "review", task = "审核需求", responsible = "", objective = "need is real", time_limit_hours = 24, resources = {},
        information = { "budget" } },
    } },
    expect = { outcome = "incomplete", reasons = { "missing_element" }, coverage = 0.7500,
               missing = { { elements = { "responsibility", "objective_and_kpi", "resources" }, step = "review" } } } },
  { name = "no steps", input = { id = "E-2", name = "empty", step = {} },
    expect = { outcome = "incomplete", reasons = { "no_steps" }, coverage = 0, missing = {} } },

  -- One element at a time.
  { name = "all six flow", input = process(step()), expect = COMPLETE },
  { name = "no task", input = process(step_without "task"), expect = lacks(0.8333, "task") },
  { name = "nobody responsible", input = process(step_without "responsible"), expect = lacks(0.8333, "responsibility") },
  { name = "no objective", input = process(step_without "objective"), expect = lacks(0.8333, "objective_and_kpi") },
  { name = "no indicator", input = process(step_without "kpi"), expect = lacks(0.8333, "objective_and_kpi") },
  { name = "neither is one element", input = process(step_without("objective", "kpi")),
    expect = lacks(0.8333, "objective_and_kpi") },
  { name = "no time", input = process(step_without "time_limit_hours"), expect = lacks(0.8333, "time") },
  { name = "a time of nothing", input = process(step { time_limit_hours = "0.00" }), expect = lacks(0.8333, "time") },
  { name = "the shortest time", input = process(step { time_limit_hours = 0.001 }), expect = COMPLETE },
  { name = "no resources", input = process(step_without "resources"), expect = lacks(0.8333, "resources") },
  { name = "an empty list of resources", input = process(step { resources = {} }), expect = lacks(0.8333, "resources") },
  { name = "a list of a blank text is not empty", input = process(step { resources = { "" }, information = { " " } }),
    expect = COMPLETE },
  { name = "no information", input = process(step_without "information"), expect = lacks(0.8333, "information") },
  { name = "an empty list of information", input = process(step { information = {} }),
    expect = lacks(0.8333, "information") },
  { name = "a step of nothing but its name", input = process { name = "s" }, expect = lacks(0, table.unpack(ALL)) },
  { name = "the name of a process may be empty", input = { id = "E", name = "", step = { step() } }, expect = COMPLETE },

  -- Many steps: those that lack something, in the order of the input, by their names.
  { name = "steps that lack nothing are left out",
    input = process(step { name = "c" }, step { name = "b", task = "" }, step { name = "a" }, step { name = "a", kpi = "" }),
    expect = { outcome = "incomplete", reasons = { "missing_element" }, coverage = 0.9167,      -- 22 / 24
               missing = { { step = "b", elements = { "task" } }, { step = "a", elements = { "objective_and_kpi" } } } } },
  { name = "two steps of one name", input = process(step { kpi = "" }, step { task = "" }),
    expect = { coverage = 0.8333, missing = { { step = "s", elements = { "objective_and_kpi" } },
                                              { step = "s", elements = { "task" } } } } },

  -- Inputs that are none.
  invalid("no id", { name = "x", step = {} }, "/id"),
  invalid("an empty id", { id = "", name = "x", step = {} }, "/id"),
  invalid("no name", { id = "E", step = {} }, "/name"),
  invalid("no list of steps", { id = "E", name = "x" }, "/step"),
  invalid("steps are a list", { id = "E", name = "x", step = "one" }, "/step"),
  invalid("a step is a record", process(step(), "two"), "/step/1"),
  invalid("a step without a name", process(step(), step_without "name"), "/step/1/name"),
  invalid("a step with an empty name", process(step { name = "" }), "/step/0/name"),
  invalid("a name of 65 characters", process(step { name = ("步"):rep(65) }), "/step/0/name"),
  invalid("a task is a text", process(step { task = 5 }), "/step/0/task"),
  invalid("responsible is a text", process(step { responsible = true }), "/step/0/responsible"),
  invalid("a time is not negative", process(step { time_limit_hours = -0.01 }), "/step/0/time_limit_hours"),
  invalid("a time is a number", process(step { time_limit_hours = "4h" }), "/step/0/time_limit_hours"),
  invalid("resources are a list", process(step { resources = "form" }), "/step/0/resources"),
  invalid("resources are texts", process(step { resources = { "form", 5 } }), "/step/0/resources/1"),
  invalid("information is texts", process(step { information = { false } }), "/step/0/information/0"),
  { name = "a name of 64 characters", input = process(step { name = ("步"):rep(64) }), expect = COMPLETE },
}

-- Blank in every way, and texts that only look so.
local ELEMENT = { task = "task", responsible = "responsibility", objective = "objective_and_kpi", kpi = "objective_and_kpi" }

for _, field in ipairs { "task", "responsible", "objective", "kpi" } do
  for i, blank in ipairs { "", " ", "\t", "\r\n", "\u{3000}", " \u{3000}\t\u{3000}\r\n " } do
    cases[#cases + 1] = { name = field .. ": blank " .. i, input = process(step { [field] = blank }),
      expect = lacks(0.8333, ELEMENT[field]) }
  end
  for i, given in ipairs { ".", "\u{A0}", "\u{200B}", "\u{2003}", "\u{0}", "\v", " \u{3001}", "〇", "\u{3000}x\u{3000}" } do
    cases[#cases + 1] = { name = field .. ": given " .. i, input = process(step { [field] = given }), expect = COMPLETE }
  end
end

-- Every number of steps that lack one element, of seven: 42 elements, four places, ties away from zero.
local COVERAGE = { 0.9762, 0.9524, 0.9286, 0.9048, 0.8810, 0.8571, 0.8333 }

for lacking, coverage in ipairs(COVERAGE) do
  local steps, missing = {}, {}
  for i = 1, 7 do
    if i <= lacking then
      steps[i] = step { name = "s" .. i, resources = {} }
      missing[i] = { step = "s" .. i, elements = { "resources" } }
    else
      steps[i] = step { name = "s" .. i }
    end
  end
  cases[#cases + 1] = { name = lacking .. " of seven steps lack one", input = process(table.unpack(steps)),
    expect = { outcome = "incomplete", reasons = { "missing_element" }, coverage = coverage, missing = missing } }
end

-- A tie of the fifth place: of 16 × 6 elements 3 are there, 0.03125.
local SIXTEEN, LACKING = {}, {}
for i = 1, 15 do
  SIXTEEN[i] = { name = "s" }
  LACKING[i] = { step = "s", elements = ALL }
end
SIXTEEN[16] = step_without("task", "resources", "information")
LACKING[16] = { step = "s", elements = { "task", "resources", "information" } }
cases[#cases + 1] = { name = "a tie goes away from zero", input = process(table.unpack(SIXTEEN)),
  expect = { coverage = 0.0313, missing = LACKING } }

-- The edges of the declaration.
local good = { input = process(step()), expect = { outcome = "complete" } }
edges.text(cases, good, "id", 1, 64)
edges.text(cases, good, "step.1.name", 1, 64)

return test "process.completeness" (cases)
