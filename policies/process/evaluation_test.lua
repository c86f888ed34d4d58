local edges = require "lib.edges"

-- A process with the same score throughout, so that the sum is that score.
local function process(score, external)
  return { id = "V", compliance = score, effectiveness = score, performance = score, external_review = external ~= false }
end

local function with(name, value)
  local tx = process(0.5)
  tx[name] = value
  return tx
end

local function without(name)
  local tx = process(0.5)
  tx[name] = nil
  return tx
end

local function invalid(name, input, path)
  return { name = name, input = input, error = { code = "invalid_input", path = path } }
end

local function weights(compliance, effectiveness, performance)
  return { weight_compliance = compliance, weight_effectiveness = effectiveness, weight_performance = performance }
end

local function grade(letter, score)
  return { outcome = letter, reasons = { "grade_" .. letter:lower() }, grade = letter, score = score }
end

local function internal(letter, score)
  return { outcome = letter, reasons = { "grade_" .. letter:lower(), "internal_only" }, grade = letter, score = score }
end

local INVALID_PARAMS = { code = "invalid_params" }

local cases = {
  -- The rule's own examples.
  { name = "an A that nobody from outside saw",
    input = { id = "V-1", compliance = 0.98, effectiveness = 0.93, performance = 0.955, external_review = false },
    expect = { outcome = "B", reasons = { "grade_b", "internal_only" }, grade = "B", score = 0.9550 } },
  { name = "a C",
    input = { id = "V-2", compliance = 0.6, effectiveness = 0.82, performance = 0.58, external_review = true },
    expect = { outcome = "C", reasons = { "grade_c" }, grade = "C", score = 0.6580 } },

  -- The sum.
  { name = "nothing", input = process(0), expect = grade("D", 0) },
  { name = "everything", input = process(1), expect = grade("A", 1) },
  { name = "compliance alone",
    input = { id = "V", compliance = 1, effectiveness = 0, performance = 0, external_review = true },
    expect = grade("D", 0.3) },
  { name = "effectiveness alone",
    input = { id = "V", compliance = 0, effectiveness = 1, performance = 0, external_review = true },
    expect = grade("D", 0.3) },
  { name = "performance alone",
    input = { id = "V", compliance = 0, effectiveness = 0, performance = 1, external_review = true },
    expect = grade("D", 0.4) },
  { name = "what is compared is not rounded", input = process(0.899999), expect = grade("B", 0.9) },
  { name = "a tie of the fifth place goes up", input = process(0.90005), expect = grade("A", 0.9001) },
  { name = "below a tie", input = process(0.9000499), expect = grade("A", 0.9) },

  -- Without an external review an A becomes a B; no other grade changes.
  { name = "from outside: an A", input = process(0.95, true), expect = grade("A", 0.95) },
  { name = "from inside: no A", input = process(1, false), expect = internal("B", 1) },
  { name = "from inside: a B", input = process(0.8, false), expect = internal("B", 0.8) },
  { name = "from inside: a C", input = process(0.7, false), expect = internal("C", 0.7) },
  { name = "from inside: a D", input = process(0.1, false), expect = internal("D", 0.1) },

  -- Params: the weights add up to 1, exactly.
  { name = "other weights",
    input = { id = "V", compliance = 1, effectiveness = 0.5, performance = 0, external_review = true },
    params = weights("0.5", "0.25", "0.25"), expect = grade("C", 0.625) },
  { name = "one weight alone",
    input = { id = "V", compliance = 0.91, effectiveness = 0, performance = 0, external_review = true },
    params = weights("1", "0", "0.00"), expect = grade("A", 0.91) },
  { name = "weights of many digits", input = process(0.75), params = weights("0.3333333", "0.3333333", "0.3333334"),
    expect = grade("B", 0.75) },
  { name = "one more weight is too much", input = process(0.5), params = { weight_compliance = "0.4" },
    error = INVALID_PARAMS },
  { name = "one less weight is too little", input = process(0.5), params = { weight_performance = "0.3" },
    error = INVALID_PARAMS },
  { name = "the weights' sum is said", input = process(0.5), params = { weight_effectiveness = "0.301" },
    error = { code = "invalid_params", message = "weight_compliance, weight_effectiveness and weight_performance add up to "
      .. "1.001, must add up to 1" } },
  { name = "a little above 1", input = process(0.5), params = weights("0.3333333", "0.3333334", "0.3333334"),
    error = INVALID_PARAMS },
  { name = "a little below 1", input = process(0.5), params = weights("0.3333333", "0.3333333", "0.3333333"),
    error = INVALID_PARAMS },
  { name = "no weights", input = process(0.5), params = weights("0", "0", "0"), error = INVALID_PARAMS },
  { name = "a weight is not negative", input = process(0.5), params = weights("-0.1", "0.5", "0.6"),
    error = INVALID_PARAMS },
  { name = "wrong weights come before a wrong input", input = object {}, params = { weight_compliance = "1" },
    error = INVALID_PARAMS },

  -- Params: the thresholds.
  { name = "min_a: at it", input = process(0.8), params = { min_a = "0.8" }, expect = grade("A", 0.8) },
  { name = "min_a: below it", input = process(0.7999), params = { min_a = "0.8" }, expect = grade("B", 0.7999) },
  { name = "min_b: at it", input = process(0.65), params = { min_b = "0.65" }, expect = grade("B", 0.65) },
  { name = "min_b: below it", input = process(0.6499), params = { min_b = "0.65" }, expect = grade("C", 0.6499) },
  { name = "min_c: at it", input = process(0.5), params = { min_c = "0.5" }, expect = grade("C", 0.5) },
  { name = "min_c: below it", input = process(0.4999), params = { min_c = "0.5" }, expect = grade("D", 0.4999) },
  { name = "the higher grade comes first", input = process(0.5), params = { min_a = "0.4" }, expect = grade("A", 0.5) },
  { name = "a threshold is not negative", input = process(0.5), params = { min_c = "-0.1" }, error = INVALID_PARAMS },

  -- Inputs that are none.
  invalid("no id", without "id", "/id"),
  invalid("an empty id", with("id", ""), "/id"),
  invalid("no external review", without "external_review", "/external_review"),
  invalid("a review is a boolean", with("external_review", "no"), "/external_review"),
  invalid("the first of several", { id = "V", compliance = 2, performance = "x", external_review = true }, "/compliance"),
}

for _, name in ipairs { "compliance", "effectiveness", "performance" } do
  cases[#cases + 1] = invalid("no " .. name, without(name), "/" .. name)
  cases[#cases + 1] = invalid(name .. " below 0", with(name, -0.0001), "/" .. name)
  cases[#cases + 1] = invalid(name .. " above 1", with(name, 1.0001), "/" .. name)
  cases[#cases + 1] = invalid(name .. " in words", with(name, "good"), "/" .. name)
  cases[#cases + 1] = { name = name .. " as a text", input = with(name, "0.5"), expect = { score = 0.5 } }
end

-- Just below, at and just above each threshold, seen from outside and from inside.
for _, each in ipairs {
  { 0.8999, "B", "B" }, { 0.9, "A", "B" }, { 0.9001, "A", "B" }, { 0.7499, "C", "C" }, { 0.75, "B", "B" }, { 0.7501, "B", "B" },
  { 0.5999, "D", "D" }, { 0.6, "C", "C" }, { 0.6001, "C", "C" },
} do
  local score, outside, inside = each[1], each[2], each[3]
  cases[#cases + 1] = { name = score .. " from outside", input = process(score, true), expect = grade(outside, score) }
  cases[#cases + 1] = { name = score .. " from inside", input = process(score, false), expect = internal(inside, score) }
end

-- The edges of the declaration.
local good = { input = process(1), expect = grade("A", 1) }
edges.text(cases, good, "id", 1, 64)
edges.param(cases, good, "min_a", 0, -0.01)
-- Each param has its own edge, and is not only held by what the params must be together.
for _, name in ipairs { "weight_compliance", "weight_effectiveness", "weight_performance", "min_a", "min_b", "min_c" } do
  cases[#cases + 1] = { name = name .. " below nothing", input = process(1), params = { [name] = "-0.01" },
                        error = { code = "invalid_params", contains = name .. ": " } }
end

return test "process.evaluation" (cases)
