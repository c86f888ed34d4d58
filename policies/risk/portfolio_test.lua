local edges = require "lib.edges"

-- Rows of one process, each with that R: a loss that is certain.
local function certain(...)
  local rows = {}
  for i, loss in ipairs { ... } do
    rows[i] = { id = "K" .. i, process = "p", loss = loss, probability = 1 }
  end
  return rows
end

local function flag(more)
  more.outcome = "flag"
  more.reasons = { "concentration" }
  return more
end

local function clear(more)
  more.outcome = "clear"
  more.reasons = { "no_concentration" }
  return more
end

local function invalid(name, input, path)
  return { name = name, rows = { input, certain(1)[1] },
           expect = { { error = { code = "invalid_input", path = path } }, flag { total = 1, largest = "K1" } } }
end

-- n rows of R = 1 … n, the largest first, of which the first says what the top decile has.
local function ladder(n)
  local rows, expect = {}, {}
  for i = 1, n do
    rows[i] = { id = "L" .. i, process = "p", loss = n + 1 - i, probability = 1 }
    expect[i] = { largest = "L1" }
  end
  return rows, expect
end

local function decile(name, n, share)
  local rows, expect = ladder(n)
  expect[1].top_decile_share = share
  return { name = name, rows = rows, expect = expect }
end

local cases = {
  -- The rule's own example.
  { name = "three risks of purchasing",
    rows = {
      { id = "K1", process = "purchasing", loss = 7000, probability = 0.3 },
      { id = "K2", process = "purchasing", loss = 1900.50, probability = 0.5 },
      { id = "K3", process = "purchasing", loss = 360, probability = 0.25 },
    },
    expect = {
      flag { expected_loss = 2100.00, largest = "K1", largest_share = 0.6687, share = 0.6687, top_decile_share = 0.6687,
             total = 3140.25 },
      clear { expected_loss = 950.25, largest = "K1", largest_share = 0.6687, share = 0.3026, top_decile_share = 0.6687,
              total = 3140.25 },
      clear { expected_loss = 90.00, largest = "K1", largest_share = 0.6687, share = 0.0287, top_decile_share = 0.6687,
              total = 3140.25 },
    } },

  -- What is a group.
  { name = "processes are apart, and come in any order",
    rows = {
      { id = "A1", process = "a", loss = 10, probability = 1 },
      { id = "B1", process = "b", loss = 30, probability = 1 },
      { id = "A2", process = "a", loss = 30, probability = 1 },
      { id = "C1", process = "A", loss = 1, probability = 1 },
      { id = "B2", process = "b", loss = 30, probability = 1 },
    },
    expect = { clear { total = 40, largest = "A2" }, flag { total = 60, largest = "B1" }, flag { total = 40, largest = "A2" },
               flag { total = 1, largest = "C1" }, flag { total = 60, largest = "B1" } } },
  { name = "a row with an error counts nowhere",
    rows = { { id = "A1", process = "p", loss = 60, probability = 1 }, { id = "A2", process = "p", loss = 900, probability = 2 },
             { id = "A3", process = "p", loss = 90, probability = 1 } },
    expect = { clear { total = 150, share = 0.4 }, { error = { code = "invalid_input", path = "/probability" } },
               flag { total = 150, share = 0.6, largest = "A3" } } },
  { name = "one risk is all there is", rows = certain(5),
    expect = { flag { total = 5, share = 1, largest_share = 1, top_decile_share = 1 } } },

  -- The share, by the exact values.
  { name = "exactly max_share is within", rows = certain(40, 35, 25),
    expect = { clear { share = 0.4 }, clear { share = 0.35 }, clear { share = 0.25 } } },
  { name = "a hair above max_share, whatever the rounded share is", rows = certain(40.0001, 35, 25),
    expect = { flag { share = 0.4 }, clear {}, clear {} } },
  { name = "a hair below max_share", rows = certain(39.9999, 35, 25),
    expect = { clear { share = 0.4 }, clear {}, clear {} } },
  { name = "several may be concentrated", rows = certain(45, 45, 10),
    expect = { flag { largest = "K1" }, flag { largest = "K1" }, clear { largest = "K1" } } },
  { name = "R is the product, not the loss",
    rows = { { id = "A", process = "p", loss = 1000, probability = 0.01 }, { id = "B", process = "p", loss = 30, probability = 1 } },
    expect = { clear { expected_loss = 10, share = 0.25 }, flag { expected_loss = 30, share = 0.75, largest = "B" } } },
  { name = "max_share as a param", rows = certain(40, 35, 25), params = { max_share = "0.3999" },
    expect = { flag {}, clear {}, clear {} } },
  { name = "max_share 1 leaves nothing to flag", rows = certain(5), params = { max_share = "1" }, expect = { clear { share = 1 } } },
  { name = "max_share 0 flags every loss, and no row without one", rows = certain(5, 0), params = { max_share = "0" },
    expect = { flag {}, clear { share = 0 } } },
  { name = "no loss at all", rows = certain(0, 0),
    expect = { clear { total = 0, expected_loss = 0, largest = "K1" }, clear { total = 0, expected_loss = 0, largest = "K1" } } },

  -- The largest, and the largest tenth.
  { name = "the largest: ties go to the first", rows = certain(1, 3, 3, 2),
    expect = { clear { largest = "K2", largest_share = 0.3333 }, clear { largest = "K2" }, clear { largest = "K2" },
               clear { largest = "K2" } } },
  decile("nine rows: the largest one", 9, 0.2),
  decile("ten rows: the largest one", 10, 0.1818),
  decile("eleven rows: the largest two", 11, 0.3182),

  -- Rounding of outputs.
  { name = "totals and losses: a tie goes to the even cent", rows = certain(0.005, 0.02),
    expect = { clear { expected_loss = 0, total = 0.02 }, flag { expected_loss = 0.02, total = 0.02 } } },
  { name = "the total is the sum of the exact losses", rows = certain(0.004, 0.004, 0.004),
    expect = { clear { expected_loss = 0, total = 0.01 }, clear { expected_loss = 0 }, clear { expected_loss = 0 } } },
  { name = "shares: a tie goes up", rows = certain(99995, 5),
    expect = { flag { share = 1 }, clear { share = 0.0001 } } },
  { name = "a share that does not end", rows = certain(1, 1, 1),
    expect = { clear { share = 0.3333 }, clear { share = 0.3333 }, clear { share = 0.3333 } } },

  -- Inputs that are none.
  invalid("no id", { process = "p", loss = 1, probability = 1 }, "/id"),
  invalid("no process", { id = "K", loss = 1, probability = 1 }, "/process"),
  invalid("an empty process", { id = "K", process = "", loss = 1, probability = 1 }, "/process"),
  invalid("no loss", { id = "K", process = "p", probability = 1 }, "/loss"),
  invalid("a negative loss", { id = "K", process = "p", loss = -0.01, probability = 1 }, "/loss"),
  invalid("no probability", { id = "K", process = "p", loss = 1 }, "/probability"),
  invalid("a probability above 1", { id = "K", process = "p", loss = 1, probability = 1.000001 }, "/probability"),
  invalid("a probability below 0", { id = "K", process = "p", loss = 1, probability = -0.000001 }, "/probability"),
}

-- The edges of the declaration.
local good = { row = certain(1)[1], expect = flag { total = 1 } }
edges.text(cases, good, "id", 1, 64)
edges.text(cases, good, "process", 1, 64)
edges.param(cases, good, "max_share", 0, -0.01)

cases[#cases + 1] = { name = "the top decile has the largest, wherever it stands", rows = certain(1, 2, 7),
                      expect = { clear { top_decile_share = 0.7 }, clear { top_decile_share = 0.7 }, flag { top_decile_share = 0.7 } } }

return test "risk.portfolio" (cases)
