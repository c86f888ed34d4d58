-- A statement whose book says 1,000; `changes` replaces fields.
local function statement(changes)
  local tx = { id = "B", kind = "stock", book = 1000, actual = 1000 }
  for name, value in pairs(changes) do
    tx[name] = value
  end
  return tx
end

local function without(name)
  local tx = statement {}
  tx[name] = nil
  return tx
end

local function invalid(name, input, path)
  return { name = name, input = input, error = { code = "invalid_input", path = path } }
end

local function matched(difference, side)
  return { outcome = "matched", reasons = { "within_tolerance" }, difference = difference, side = side }
end

local function adjust(difference, side)
  return { outcome = "adjust", reasons = { "adjustable_difference" }, difference = difference, side = side }
end

local function escalate(difference, side)
  return { outcome = "escalate", reasons = { "large_difference" }, difference = difference, side = side }
end

local cases = {
  -- The rule's own examples.
  { name = "stock that may be adjusted",
    input = { id = "B-1", kind = "stock", book = 1240, actual = 1195.5, in_transit = 12 },
    expect = adjust(-32.5, "shortage") },
  { name = "funds that agree", input = { id = "B-2", kind = "fund", book = 88200.40, actual = 88200.40 },
    expect = matched(0.00) },

  -- The difference is exact, and in transit counts as there.
  { name = "what is in transit closes the gap", input = statement { actual = 900, in_transit = 100 },
    expect = matched(0) },
  { name = "nothing in transit", input = statement { in_transit = 0 }, expect = matched(0) },
  { name = "in transit may be negative", input = statement { in_transit = -5 }, expect = adjust(-5, "shortage") },
  { name = "all may be negative", input = statement { book = -50, actual = -20, in_transit = -10 },
    expect = adjust(20, "surplus") },
  { name = "negative funds that agree", input = statement { kind = "fund", book = -3.25, actual = -3.25 },
    expect = matched(0) },
  { name = "a difference is not rounded", input = statement { actual = 1000.0100001 },
    expect = adjust(0.0100001, "surplus") },
  { name = "0.1 + 0.2 - 0.3 is nothing", input = statement { book = 0.3, actual = 0.1, in_transit = 0.2 },
    expect = matched(0) },
  { name = "texts of numbers", input = statement { book = "1000.00", actual = "1000.50" },
    expect = adjust(0.5, "surplus") },

  -- Params.
  { name = "no tolerance: agrees", input = statement {}, params = { tolerance = 0 }, expect = matched(0) },
  { name = "no tolerance: differs", input = statement { actual = 1000.001 }, params = { tolerance = 0 },
    expect = adjust(0.001, "surplus") },
  { name = "a wider tolerance: at it", input = statement { actual = 995 }, params = { tolerance = "5" },
    expect = matched(-5, "shortage") },
  { name = "a wider tolerance: above it", input = statement { actual = 994.99 }, params = { tolerance = "5" },
    expect = adjust(-5.01, "shortage") },
  { name = "a lower limit: at it", input = statement { actual = 1020 }, params = { adjust_limit = "20" },
    expect = adjust(20, "surplus") },
  { name = "a lower limit: above it", input = statement { actual = 1020.01 }, params = { adjust_limit = "20" },
    expect = escalate(20.01, "surplus") },
  { name = "nothing may be adjusted", input = statement { actual = 1000.02 }, params = { adjust_limit = 0 },
    expect = escalate(0.02, "surplus") },
  { name = "a tolerance above the limit comes first", input = statement { actual = 1050 },
    params = { tolerance = "60", adjust_limit = "20" }, expect = matched(50, "surplus") },
  { name = "a tolerance is not negative", input = statement {}, params = { tolerance = "-0.01" },
    error = { code = "invalid_params" } },
  { name = "a limit is not negative", input = statement {}, params = { adjust_limit = "-1" },
    error = { code = "invalid_params" } },

  -- Inputs that are none.
  invalid("no id", without "id", "/id"),
  invalid("an empty id", statement { id = "" }, "/id"),
  invalid("an id of 65 characters", statement { id = ("帐"):rep(65) }, "/id"),
  invalid("no kind", without "kind", "/kind"),
  invalid("a kind of another name", statement { kind = "cash" }, "/kind"),
  invalid("no book", without "book", "/book"),
  invalid("a book with a comma", statement { book = "1,000" }, "/book"),
  invalid("nothing actual", without "actual", "/actual"),
  invalid("actual is a number", statement { actual = true }, "/actual"),
  invalid("in transit is a number", statement { in_transit = "some" }, "/in_transit"),
  invalid("the first of several", { kind = "none", book = "x", id = "B" }, "/kind"),
  { name = "an id of 64 characters", input = statement { id = ("帐"):rep(64) }, expect = matched(0) },
}

-- Both kinds have the same limits, above and below, whatever the book says: the difference → what comes of it.
for _, kind in ipairs { "stock", "fund" } do
  for _, book in ipairs { 1000, 0, -1000 } do
    for _, each in ipairs {
      { 0.009, matched }, { 0.01, matched }, { 0.011, adjust }, { 50, adjust }, { 99.99, adjust }, { 100, adjust },
      { 100.001, escalate }, { 100.01, escalate }, { 100000, escalate },
    } do
      local by, expected = each[1], each[2]
      cases[#cases + 1] = { name = kind .. ", book " .. book .. ", " .. by .. " too much",
        input = { id = "B", kind = kind, book = book, actual = book + by }, expect = expected(by, "surplus") }
      cases[#cases + 1] = { name = kind .. ", book " .. book .. ", " .. by .. " too little",
        input = { id = "B", kind = kind, book = book, actual = book - by }, expect = expected(-by, "shortage") }
    end
  end
end

-- What agrees to the last digit has no side.
cases[#cases + 1] = { name = "no side where nothing differs", input = statement {},
                      expect = { outcome = "matched", difference = 0, side = absent } }

return test "reconciliation.statement" (cases)
