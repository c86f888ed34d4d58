-- Business days of a calendar, due dates and instalments.

local calendars = require "plugin.calendar.calendars"

local covered, outside, date_of = calendars.covered, calendars.outside, calendars.date_of
local count_through, day_of_count = calendars.count_through, calendars.day_of_count

local days = {}

---Whether people work on the day: neither weekend nor holiday, or a weekend day that is made up for.
function days.is_business_day(calendar, day)
  return calendars.is_worked(calendar, covered(calendar, day))
end

---The holiday on the day, weekend or not, or nil.
function days.holiday_name(calendar, day)
  return calendar.holidays[covered(calendar, day)]
end

---The nth business day after the day, or before it where n is negative; for 0 the day itself, or the next one that is worked.
function days.add(calendar, day, n)
  local number = covered(calendar, day)
  local target = n > 0 and count_through(calendar, number) + n or count_through(calendar, number - 1) + 1 + n
  return date_of(day_of_count(calendar, target) or outside(calendar, day .. " and " .. n .. " business days"))
end

---Business days after `from`, through `to`: 1 from a day to the next business day. Negative where `to` is earlier.
function days.between(calendar, from, to)
  return count_through(calendar, covered(calendar, to)) - count_through(calendar, covered(calendar, from))
end

function days.month_end(day)
  return date.add_months(date.of(date.year(day), 1, 31), date.month(day) - 1)
end

function days.quarter_end(day)
  return days.month_end(date.of(date.year(day), (date.month(day) + 2) // 3 * 3, 1))
end

-- Convention → the number of the business day that takes the place of a day, or nil where that is not covered.
local ROLLS = {}

function ROLLS.none(calendar, number)
  return number
end

function ROLLS.following(calendar, number)
  return day_of_count(calendar, count_through(calendar, number - 1) + 1)
end

function ROLLS.preceding(calendar, number)
  return day_of_count(calendar, count_through(calendar, number))
end

---In the other direction where the month would change.
local function modified(roll, other)
  return function(calendar, number, day)
    local rolled = roll(calendar, number)
    if rolled and date.month(date_of(rolled)) == date.month(day) then
      return rolled
    end
    return other(calendar, number)
  end
end

ROLLS.modified_following = modified(ROLLS.following, ROLLS.preceding)
ROLLS.modified_preceding = modified(ROLLS.preceding, ROLLS.following)

---The day itself where it is a business day, else the one that the convention names.
---@param convention string|nil default: "following"
function days.roll(calendar, day, convention)
  local rule = ROLLS[convention or "following"]
  return date_of(rule(calendar, covered(calendar, day), day) or outside(calendar, day .. " rolled to a business day"))
end

---The last business day of the day's month.
function days.last_of_month(calendar, day)
  return days.roll(calendar, days.month_end(day), "preceding")
end

---A set of the names.
local function set_of(names)
  local set = {}
  for _, name in ipairs(names) do
    set[name] = true
  end
  return set
end

local TERMS = set_of { "from_month_end", "months", "days", "business_days", "to_month_end", "roll" }
local PLAN = set_of { "first", "every", "count", "rest", "roll" }

---Refuses a misspelt name, which would else mean nothing, silently.
local function check_names(given, known, what)
  for name in pairs(given) do
    if not known[name] then
      error(what .. ' have no "' .. tostring(name) .. '"')
    end
  end
end

---When a claim of the day is due. The steps are taken in the order of TERMS, each where the terms have it.
function days.due_date(calendar, day, terms)
  check_names(terms, TERMS, "terms")
  local due = terms.from_month_end and days.month_end(day) or day
  due = date.add_months(due, terms.months or 0)
  due = date.add_days(due, terms.days or 0)
  if terms.business_days then
    due = days.add(calendar, due, terms.business_days)
  end
  if terms.to_month_end then
    due = days.month_end(due)
  end
  return days.roll(calendar, due, terms.roll)
end

-- Step of a plan → months, days.
local STEPS = {
  week    = { 0, 7 },
  month   = { 1, 0 },
  quarter = { 3, 0 },
  year    = { 12, 0 },
}

---The instalments of an amount: equal to the cent, with what is left over in the last one, or the first.
function days.instalments(calendar, amount, plan)
  check_names(plan, PLAN, "plans of instalments")
  if decimal.round(amount, 2) ~= amount then
    error(amount .. " is no whole number of cents")
  end
  local step = STEPS[plan.every]
  local share = decimal.div(amount, plan.count, { places = 2, rounding = "down" })
  local rest = amount - share * plan.count
  local rest_at = plan.rest == "first" and 1 or plan.count
  local list = {}
  for i = 1, plan.count do
    -- From the first day each time: January 31 is followed by February 28 and March 31.
    local due = date.add_days(date.add_months(plan.first, step[1] * (i - 1)), step[2] * (i - 1))
    list[i] = {
      due    = days.roll(calendar, due, plan.roll),
      amount = i == rest_at and share + rest or share,
    }
  end
  return list
end

return days
