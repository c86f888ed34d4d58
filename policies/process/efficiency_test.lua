local edges = require "lib.edges"

local function step(execution, delay, transfer)
  return { execution_hours = execution, delay_hours = delay, transfer_hours = transfer }
end

local function process(...)
  return { id = "Q", steps = { ... } }
end

-- A process of one step, measured against a benchmark.
local function against(benchmark, execution, delay, transfer)
  return { id = "Q", steps = { step(execution, delay, transfer) }, benchmark_hours = benchmark }
end

-- The same without one of its fields.
local function lacking(name)
  local one = step(1, 1, 1)
  one[name] = nil
  return process(step(1, 1, 1), one)
end

local function with(name, value)
  local one = step(1, 1, 1)
  one[name] = value
  return process(one)
end

local function invalid(name, input, path)
  return { name = name, input = input, error = { code = "invalid_input", path = path } }
end

local KEEP = { outcome = "keep", reasons = { "efficient" } }
local MODERATE = { outcome = "improve", reasons = { "moderate_efficiency" } }
local LOW = { outcome = "redesign", reasons = { "low_efficiency" } }
local OVER = { outcome = "improve", reasons = { "over_benchmark" } }
local NO_TIME = { outcome = "improve", reasons = { "no_time_recorded" }, total_hours = 0 }

local cases = {
  -- The rule's own examples.
  { name = "a step that waits",
    input = { id = "Q-1", steps = { { execution_hours = 3, delay_hours = 1.5, transfer_hours = 0.5 },
                                    { execution_hours = 2, delay_hours = 7, transfer_hours = 1 } } },
    expect = { outcome = "improve", reasons = { "moderate_efficiency" }, bottleneck = 2, efficiency = 0.3333,
               total_hours = 15.0 } },
  { name = "efficient, but over the benchmark",
    input = { id = "Q-2", steps = { { execution_hours = 9.5, delay_hours = 2, transfer_hours = 0.25 } }, benchmark_hours = 10 },
    expect = { outcome = "improve", reasons = { "over_benchmark" }, bottleneck = 1, efficiency = 0.8085, total_hours = 11.75 } },

  -- No time at all.
  { name = "no steps", input = process(), expect = NO_TIME },
  { name = "steps without time", input = process(step(0, 0, 0), step(0, "0.00", 0)), expect = NO_TIME },
  { name = "no time is not over a benchmark", input = against(0, 0, 0, 0), expect = NO_TIME },
  { name = "the least time is some", input = process(step(0.001, 0, 0)),
    expect = { outcome = "keep", reasons = { "efficient" }, efficiency = 1, total_hours = 0.001 } },

  -- The bottleneck: the largest delay + transfer, the first of several.
  { name = "the first of equals", input = process(step(9, 1, 2), step(9, 2, 1), step(9, 0, 3)),
    expect = { bottleneck = 1 } },
  { name = "nothing comes before a little", input = process(step(9, 0, 0), step(1, 0, 0.01), step(1, 0.01, 0)),
    expect = { bottleneck = 2 } },
  { name = "the last is the largest", input = process(step(9, 1, 1), step(9, 0, 2), step(9, 1, 1.01)),
    expect = { bottleneck = 3 } },
  { name = "execution does not count", input = process(step(100, 0, 1), step(1, 1, 0.5)), expect = { bottleneck = 2 } },
  { name = "no delay, no transfer", input = process(step(1, 0, 0)), expect = { efficiency = 1, total_hours = 1 } },

  -- Efficiency, by the exact share.
  { name = "execution alone", input = process(step(8, 0, 0)), expect = KEEP },
  { name = "waiting alone", input = process(step(0, 8, 0)),
    expect = { outcome = "redesign", reasons = { "low_efficiency" }, efficiency = 0, bottleneck = 1, total_hours = 8 } },
  { name = "below the minimum", input = process(step(24.99, 75.01, 0)), expect = LOW },
  { name = "at the minimum", input = process(step(25, 25, 50)), expect = MODERATE },
  { name = "above the minimum", input = process(step(25.01, 0, 74.99)), expect = MODERATE },
  { name = "below good", input = process(step(49.99, 50.01, 0)), expect = MODERATE },
  { name = "good", input = process(step(50, 25, 25)), expect = KEEP },
  { name = "above good", input = process(step(50.01, 0, 49.99)), expect = KEEP },
  { name = "what is compared is not rounded: minimum", input = process(step(0.249999, 0.750001, 0)),
    expect = { outcome = "redesign", reasons = { "low_efficiency" }, efficiency = 0.25 } },
  { name = "what is compared is not rounded: good", input = process(step(0.499999, 0.500001, 0)),
    expect = { outcome = "improve", reasons = { "moderate_efficiency" }, efficiency = 0.5 } },
  { name = "a tie of the fifth place goes up", input = process(step(0.50005, 0.49995, 0)),
    expect = { efficiency = 0.5001 } },
  { name = "below a tie", input = process(step(0.500049, 0.499951, 0)), expect = { efficiency = 0.5 } },
  { name = "a share that does not end", input = process(step(2, 1, 0)),
    expect = { outcome = "keep", efficiency = 0.6667, total_hours = 3 } },
  { name = "the sum is exact", input = process(step(0.1, 0.2, 0), step(0.3, 0.1, 0.2)), expect = { total_hours = 0.9 } },

  -- The benchmark.
  { name = "below the benchmark", input = against(10.01, 8, 1, 1), expect = KEEP },
  { name = "at the benchmark", input = against(10, 8, 1, 1), expect = KEEP },
  { name = "above the benchmark", input = against(9.99, 8, 1, 1), expect = OVER },
  { name = "a benchmark of nothing", input = against(0, 8, 0, 0), expect = OVER },
  { name = "moderate and over it", input = against(9.99, 4, 5, 1),
    expect = { outcome = "improve", reasons = { "moderate_efficiency", "over_benchmark" } } },
  { name = "moderate and at it", input = against(10, 4, 5, 1), expect = MODERATE },
  { name = "low and over it", input = against(9.99, 1, 8, 1),
    expect = { outcome = "redesign", reasons = { "low_efficiency", "over_benchmark" } } },
  { name = "low and at it", input = against("10", 1, 8, 1), expect = LOW },

  -- Params.
  { name = "a lower minimum: at it", input = process(step(1, 9, 0)), params = { min_efficiency = "0.1" },
    expect = MODERATE },
  { name = "a lower minimum: below it", input = process(step(0.99, 9.01, 0)), params = { min_efficiency = "0.1" },
    expect = LOW },
  { name = "no minimum", input = process(step(0, 9, 0)), params = { min_efficiency = 0 }, expect = MODERATE },
  { name = "a higher good: at it", input = process(step(9, 1, 0)), params = { good_efficiency = "0.9" }, expect = KEEP },
  { name = "a higher good: below it", input = process(step(8.99, 1.01, 0)), params = { good_efficiency = "0.9" },
    expect = MODERATE },
  { name = "a minimum above good comes first", input = process(step(6, 4, 0)), params = { min_efficiency = "0.7" },
    expect = LOW },
  { name = "and from it on all is good", input = process(step(7, 3, 0)), params = { min_efficiency = "0.7" },
    expect = KEEP },
  { name = "a minimum is not negative", input = process(), params = { min_efficiency = "-0.1" },
    error = { code = "invalid_params" } },
  { name = "a good share is not negative", input = process(), params = { good_efficiency = "-0.1" },
    error = { code = "invalid_params" } },

  -- Inputs that are none.
  invalid("no id", { steps = {} }, "/id"),
  invalid("an empty id", { id = "", steps = {} }, "/id"),
  invalid("no list of steps", { id = "Q" }, "/steps"),
  invalid("steps are a list", { id = "Q", steps = 5 }, "/steps"),
  invalid("a step is a record", process(step(1, 1, 1), 5), "/steps/1"),
  invalid("a benchmark is not negative", against(-0.01, 1, 1, 1), "/benchmark_hours"),
  invalid("a benchmark is a number", against("long", 1, 1, 1), "/benchmark_hours"),
}

for _, name in ipairs { "execution_hours", "delay_hours", "transfer_hours" } do
  cases[#cases + 1] = invalid("a step without its " .. name, lacking(name), "/steps/1/" .. name)
  cases[#cases + 1] = invalid("negative " .. name, with(name, -0.01), "/steps/0/" .. name)
  cases[#cases + 1] = invalid(name .. " in words", with(name, "1h"), "/steps/0/" .. name)
  cases[#cases + 1] = { name = name .. " as a text", input = with(name, "1.00"), expect = { total_hours = 3 } }
end

-- Every whole share of a hundred hours.
for execution = 0, 100 do
  local finding = execution < 25 and LOW or execution < 50 and MODERATE or KEEP
  cases[#cases + 1] = { name = execution .. " hours of 100", input = process(step(execution, 100 - execution, 0)),
    expect = { outcome = finding.outcome, reasons = finding.reasons, efficiency = decimal.div(execution, 100, 4),
               total_hours = 100 } }
end

-- The edges of the declaration.
edges.text(cases, { input = process(step(1, 0, 0)), expect = KEEP }, "id", 1, 64)

cases[#cases + 1] = { name = "where nothing waits there is no bottleneck", input = process(step(1, 0, 0)),
                      expect = { outcome = "keep", bottleneck = absent } }

return test "process.efficiency" (cases)
