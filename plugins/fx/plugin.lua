-- Exchange rates to CNY, from rates.csv.
plugin {
  name    = "fx",
  version = "2.0.0",
  summary = "Exchange rates: CNY for one unit of a currency on a day.",
  files   = { "rates.csv" },

  provides = {
    rate = {
      summary = "CNY for one unit of the currency: the latest rate on or before the day, or nil where there is none.",
      takes   = { { "currency", text {} }, { "day", date {} } },
      gives   = optional(number {}),
    },
  },
}

local rows = dataset "rates.csv" {
  date     = date {},
  currency = text { min = 1 },
  rate     = number { min = 0 },
}

-- currency → { dates, rates }, two lists side by side, by date.
local series = {}

do
  local by_currency, currencies = {}, {}
  for row in rows:rows() do
    local list = by_currency[row.currency]
    if not list then
      list = {}
      by_currency[row.currency] = list
      currencies[#currencies + 1] = row.currency
    end
    if row.currency == "CNY" then
      error("rates.csv: CNY is 1 by definition and has no row")
    end
    if row.rate == 0 then
      error("rates.csv: the rate of " .. row.currency .. " on " .. row.date .. " is 0")
    end
    list[#list + 1] = row
  end

  for _, currency in ipairs(currencies) do
    local list = by_currency[currency]
    table.sort(list, function(a, b) return a.date < b.date end)
    local dates, rates = {}, {}
    for i, row in ipairs(list) do
      if row.date == dates[i - 1] then
        error("rates.csv: two rates of " .. currency .. " on " .. row.date)
      end
      dates[i], rates[i] = row.date, row.rate
    end
    series[currency] = { dates = dates, rates = rates }
  end
end

---@param currency string ISO 4217, upper case
---@param day string YYYY-MM-DD
---@return number|nil
local function rate(currency, day)
  if currency == "CNY" then
    return 1
  end
  local found = series[currency]
  if not found then
    return nil
  end

  -- The last date that is not after the day, by halving: a file of daily rates has thousands.
  local dates = found.dates
  local low, high = 0, #dates
  while low < high do
    local middle = (low + high + 1) // 2
    if dates[middle] <= day then
      low = middle
    else
      high = middle - 1
    end
  end
  return found.rates[low]
end

return { rate = rate }
