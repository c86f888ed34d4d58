-- Euro foreign exchange reference rates of the European Central Bank, from rates.csv.
local settings = plugin {
  name    = "ecb",
  version = "1.0.0",
  summary = "Euro reference rates of the European Central Bank, daily, 2016 to 2021.",
  files   = { "rates.csv" },

  settings = {
    age_max = integer { default = 7, min = 0, summary = "So many days a rate counts after its own: there is none on weekends and holidays." },
    places  = integer { default = 6, min = 0, max = 20, summary = "Digits behind the point of a cross rate." },
  },

  provides = {
    currencies = { summary = "The codes of all currencies that have rates, EUR among them.", value = list { of = text {} } },
    rate = {
      summary = "Units of the currency for one euro: the latest rate on or before the day, or nil where none counts.",
      takes   = { { "currency", text {} }, { "day", date {} } },
      gives   = optional(number {}),
    },
    cross = {
      summary = "Units of the second currency for one of the first, rounded half up; nil where one of them has no rate.",
      takes   = { { "from", text {} }, { "to", text {} }, { "day", date {} } },
      gives   = optional(number {}),
    },
    convert = {
      summary = "The amount in the second currency, rounded half up once, to two places; nil where one of them has no rate.",
      takes   = { { "amount", money {} }, { "from", text {} }, { "to", text {} }, { "day", date {} } },
      gives   = optional(money {}),
    },
  },
}

local CURRENCIES = {
  "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "INR", "JPY", "KRW", "MXN", "NOK", "PLN", "SEK",
  "SGD", "TRY", "USD", "ZAR",
}

local columns = { date = date {} }
local is_known = {}
for _, currency in ipairs(CURRENCIES) do
  is_known[currency] = true
  if currency ~= "EUR" then
    columns[currency] = number { min = 0 }
  end
end

-- The days in order, and the row of each.
local days, rows = {}, {}
for row in dataset("rates.csv", columns):rows() do
  if days[#days] and days[#days] >= row.date then
    error("rates.csv: " .. row.date .. " stands behind " .. days[#days] .. ": days must ascend")
  end
  days[#days + 1] = row.date
  rows[#rows + 1] = row
end

---The last row that is not after the day and not too old for it, by halving.
---@param day string YYYY-MM-DD
---@return table|nil
local function row_of(day)
  local low, high = 0, #days
  while low < high do
    local middle = (low + high + 1) // 2
    if days[middle] <= day then
      low = middle
    else
      high = middle - 1
    end
  end
  if low == 0 or date.days_between(days[low], day) > settings.age_max then
    return nil
  end
  return rows[low]
end

local function rate_in(row, currency)
  if currency == "EUR" then
    return 1
  end
  return is_known[currency] and row[currency] or nil
end

---@param currency string ISO 4217, upper case
---@param day string YYYY-MM-DD
---@return number|nil
local function rate(currency, day)
  local row = row_of(day)
  return row and rate_in(row, currency)
end

---@return number|nil numerator, number|nil denominator units of `to` and of `from` for one euro
local function rates(from, to, day)
  local row = row_of(day)
  if not row then
    return nil
  end
  return rate_in(row, to), rate_in(row, from)
end

---@param from string ISO 4217, upper case
---@param to string ISO 4217, upper case
---@param day string YYYY-MM-DD
---@return number|nil
local function cross(from, to, day)
  local numerator, denominator = rates(from, to, day)
  if not numerator or not denominator then
    return nil
  end
  return decimal.div(numerator, denominator, { places = settings.places, rounding = "half_up" })
end

---@param amount number
---@param from string ISO 4217, upper case
---@param to string ISO 4217, upper case
---@param day string YYYY-MM-DD
---@return number|nil
local function convert(amount, from, to, day)
  local numerator, denominator = rates(from, to, day)
  if not numerator or not denominator then
    return nil
  end
  return decimal.div(amount * numerator, denominator, { places = 2, rounding = "half_up" })
end

return { currencies = CURRENCIES, rate = rate, cross = cross, convert = convert }
