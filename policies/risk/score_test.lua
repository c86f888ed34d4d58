local edges = require "lib.edges"

local NAMES = {
  "authorisation_clear", "responsibility_clear", "objective_clear",
  "time_bounded", "resources_sufficient", "information_complete",
}

-- The six controls, of which the named ones are missing.
local function controls(...)
  local all = {}
  for _, name in ipairs(NAMES) do
    all[name] = true
  end
  for _, name in ipairs { ... } do
    all[name] = false
  end
  return all
end

local function invalid(name, input, path)
  return { name = name, input = input, error = { code = "invalid_input", path = path } }
end

local function band(name, outcome, control)
  return { outcome = outcome, reasons = { name .. "_expected_loss" }, band = name, control = control }
end

local LOW = band("low", "accept", "monitor")
local MEDIUM = band("medium", "review", "review")
local HIGH = band("high", "mitigate", "strengthen")
local CRITICAL = band("critical", "stop", "stop")

-- A base probability of 0.01 on 1,000,000.00 with one control missing: the weight in per mille of 10,000.00.
local function one_missing(name)
  return { name = "missing: " .. name,
           input = { id = "R", loss = 1000000, base_probability = 0.01, controls = controls(name) },
           expect = { outcome = "review", reasons = { "medium_expected_loss", "missing_control" }, probability = 0.015,
                      expected_loss = 15000, weak = { name } } }
end

local function weight(param, name)
  return { name = "a weight as a param: " .. param,
           input = { id = "R", loss = 1000000, base_probability = 0.01, controls = controls(name) },
           params = { [param] = "2.25" },
           expect = { probability = 0.0225, expected_loss = 22500, weak = { name } } }
end

local cases = {
  -- The rule's own examples.
  { name = "a given probability",
    input = { id = "R-1", loss = 86000, probability = 0.035 },
    expect = { outcome = "review", reasons = { "medium_expected_loss" }, band = "medium", control = "review",
               expected_loss = 3010.00, probability = 0.035, weak = {} } },
  { name = "a base probability with weak controls",
    input = { id = "R-2", loss = 410000.50, base_probability = 0.06,
              controls = { authorisation_clear = false, responsibility_clear = true, objective_clear = true,
                           time_bounded = false, resources_sufficient = true, information_complete = true } },
    expect = { outcome = "mitigate", reasons = { "high_expected_loss", "missing_control" }, band = "high",
               control = "strengthen", expected_loss = 55350.07, probability = 0.1350,
               weak = { "authorisation_clear", "time_bounded" } } },
  { name = "no probability",
    input = { id = "R-3", loss = 5000 },
    expect = { outcome = "review", reasons = { "no_probability" }, weak = {} } },

  -- Where the probability comes from.
  { name = "a base probability alone is none", input = { id = "R", loss = 5000, base_probability = 0.5 },
    expect = { outcome = "review", reasons = { "no_probability" }, weak = {} } },
  { name = "controls alone are none", input = { id = "R", loss = 5000, controls = controls() },
    expect = { outcome = "review", reasons = { "no_probability" }, weak = {} } },
  { name = "a missing control is cited without a probability too",
    input = { id = "R", loss = 5000, controls = controls("objective_clear") },
    expect = { outcome = "review", reasons = { "no_probability", "missing_control" }, weak = { "objective_clear" } } },
  { name = "a given probability comes before the base, the missing control is cited",
    input = { id = "R", loss = 100, probability = 0.5, base_probability = 0.1, controls = controls("time_bounded") },
    expect = { outcome = "accept", reasons = { "low_expected_loss", "missing_control" }, probability = 0.5, expected_loss = 50,
               weak = { "time_bounded" } } },
  { name = "a probability of 0 is given", input = { id = "R", loss = 5000, probability = 0 },
    expect = { outcome = "accept", probability = 0, expected_loss = 0 } },
  { name = "all controls in place leave the base",
    input = { id = "R", loss = 5000, base_probability = 0.3, controls = controls() },
    expect = { outcome = "review", reasons = { "medium_expected_loss" }, probability = 0.3, weak = {} } },
  one_missing "authorisation_clear",
  one_missing "responsibility_clear",
  one_missing "objective_clear",
  one_missing "time_bounded",
  one_missing "resources_sufficient",
  one_missing "information_complete",
  { name = "all six are missing, in the rule's order",
    input = { id = "R", loss = 100000, base_probability = 0.05, controls = controls(table.unpack(NAMES)) },
    expect = { outcome = "mitigate", probability = 0.56953125, expected_loss = 56953.12, weak = NAMES } },
  { name = "just below certain",
    input = { id = "R", loss = 1000, base_probability = 0.6666, controls = controls("time_bounded") },
    expect = { probability = 0.9999, expected_loss = 999.9 } },
  { name = "at most certain",
    input = { id = "R", loss = 1000, base_probability = 0.6667, controls = controls("time_bounded") },
    expect = { probability = 1, expected_loss = 1000 } },
  { name = "certain is certain", input = { id = "R", loss = 1000, base_probability = 1, controls = controls() },
    expect = { probability = 1, expected_loss = 1000 } },

  -- The bands, by the exact R.
  { name = "no loss", input = { id = "R", loss = 0, probability = 1 }, expect = LOW },
  { name = "a cent below medium", input = { id = "R", loss = 999.99, probability = 1 }, expect = LOW },
  { name = "medium", input = { id = "R", loss = 1000, probability = 1 }, expect = MEDIUM },
  { name = "a cent above medium", input = { id = "R", loss = 1000.01, probability = 1 }, expect = MEDIUM },
  { name = "a cent below high", input = { id = "R", loss = 49999.99, probability = 1 }, expect = MEDIUM },
  { name = "high", input = { id = "R", loss = 50000, probability = 1 }, expect = HIGH },
  { name = "a cent above high", input = { id = "R", loss = 50000.01, probability = 1 }, expect = HIGH },
  { name = "a cent below critical", input = { id = "R", loss = 999999.99, probability = 1 }, expect = HIGH },
  { name = "critical", input = { id = "R", loss = 1000000, probability = 1 }, expect = CRITICAL },
  { name = "a cent above critical", input = { id = "R", loss = 1000000.01, probability = 1 }, expect = CRITICAL },
  { name = "the band is that of the exact loss, the output is rounded",
    input = { id = "R", loss = 1999.998, probability = 0.5 },
    expect = { outcome = "accept", band = "low", expected_loss = 1000 } },
  { name = "a tie goes to the even cent: down", input = { id = "R", loss = 0.05, probability = 0.5 },
    expect = { expected_loss = 0.02 } },
  { name = "a tie goes to the even cent: up", input = { id = "R", loss = 0.07, probability = 0.5 },
    expect = { expected_loss = 0.04 } },

  -- Params.
  weight("weight_authorisation", "authorisation_clear"),
  weight("weight_responsibility", "responsibility_clear"),
  weight("weight_objective", "objective_clear"),
  weight("weight_time", "time_bounded"),
  weight("weight_resources", "resources_sufficient"),
  weight("weight_information", "information_complete"),
  { name = "a weight below 1 lowers",
    input = { id = "R", loss = 1000, base_probability = 0.8, controls = controls("time_bounded") },
    params = { weight_time = "0.5" }, expect = { probability = 0.4 } },
  { name = "low_below", input = { id = "R", loss = 1000, probability = 1 }, params = { low_below = "1000.01" },
    expect = LOW },
  { name = "medium_below", input = { id = "R", loss = 50000, probability = 1 }, params = { medium_below = "50000.01" },
    expect = MEDIUM },
  { name = "high_below", input = { id = "R", loss = 1000000, probability = 1 }, params = { high_below = "1000000.01" },
    expect = HIGH },

  -- Inputs that are none.
  invalid("no id", { loss = 1 }, "/id"),
  invalid("the loss is missing", { id = "R" }, "/loss"),
  invalid("a negative loss", { id = "R", loss = -0.01 }, "/loss"),
  invalid("a probability above 1", { id = "R", loss = 1, probability = 1.000001 }, "/probability"),
  invalid("a probability below 0", { id = "R", loss = 1, probability = -0.000001 }, "/probability"),
  invalid("a base probability above 1", { id = "R", loss = 1, base_probability = 2 }, "/base_probability"),
  invalid("controls without one of them",
    { id = "R", loss = 1, controls = { authorisation_clear = true, responsibility_clear = true, objective_clear = true,
                                       time_bounded = true, resources_sufficient = true } },
    "/controls/information_complete"),
  invalid("controls are booleans",
    { id = "R", loss = 1, controls = { authorisation_clear = 1, responsibility_clear = true, objective_clear = true,
                                       time_bounded = true, resources_sufficient = true, information_complete = true } },
    "/controls/authorisation_clear"),
}

-- The edges of the declaration.
local good = { input = { id = "R", loss = 2000000, probability = 1 }, expect = CRITICAL }
edges.text(cases, good, "id", 1, 64)
for _, name in ipairs { "weight_authorisation", "weight_responsibility", "weight_objective", "weight_time", "weight_resources",
                        "weight_information", "low_below", "medium_below", "high_below" } do
  edges.param(cases, good, name, 0, -0.01)
end
edges.refuses(cases, { input = { id = "R", loss = 1, controls = controls() } }, "base_probability", -0.01)

-- What holds of every risk.
cases[#cases + 1] = {
  name = "the expected loss is the probability times the loss",
  property = function(tx, decide)
    local decision = decide(tx)
    local probability = decision.probability
    if not probability then
      return decision.expected_loss == nil and decision.outcome == "review"
    end
    return decision.expected_loss == decimal.round(probability * tx.loss, 2, "half_even")
  end,
}

local SEVERITY = { accept = 1, review = 2, mitigate = 3, stop = 4 }
cases[#cases + 1] = {
  name = "a larger loss is never a smaller risk",
  property = function(tx, decide)
    local before = decide(tx)
    tx.loss = tx.loss + 1
    local after = decide(tx)
    return SEVERITY[after.outcome] >= SEVERITY[before.outcome], before.outcome .. " becomes " .. after.outcome
  end,
}

return test "risk.score" (cases)
