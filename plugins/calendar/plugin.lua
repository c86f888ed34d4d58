-- Business days, due dates and service hours, by calendars of public holidays.
--
-- A day is counted as a number: days since ORIGIN, a Monday. A calendar is a weekend, which repeats every seven days, and a sorted
-- list of exceptions: holidays on weekdays, and weekend days that are worked. So whole weeks are arithmetic, an index of the list has
-- a place for every BLOCK days, and no function walks from day to day.

local settings = {
  country       = "CN",
  opening_hours = "09:00-18:00",
  utc_offset    = "+08:00",
}

local ORIGIN = "1970-01-05"
local SECONDS_PER_DAY = 86400

-- How many days, or business days, share a place of an index.
local BLOCK = 32
-- Behind the last of every list: later than any day.
local NEVER = 100000000

local holiday_rows = dataset "holidays.csv" {
  calendar         = text { min = 1 },
  date             = date {},
  name             = text { min = 1 },
  weekend_iso_days = text { min = 1 },
}

local working_rows = dataset "working_days.csv" {
  calendar = text { min = 1 },
  date     = date {},
}

---The days of a weekend, as a set of 0 (Monday) to 6.
local function read_weekend(written, calendar)
  local set, count = {}, 0
  for part in (written .. "|"):gmatch("([^|]*)|") do
    local iso = part:match("^[1-7]$") and tonumber(part)
    if not iso or set[iso - 1] then
      error("holidays.csv: the weekend of " .. calendar .. ' is "' .. written .. '": expected different ISO days such as 6|7')
    end
    set[iso - 1], count = true, count + 1
  end
  if count == 7 then
    error("holidays.csv: the weekend of " .. calendar .. " leaves no day to work on")
  end
  return set
end

---A calendar without exceptions: which days of a week are worked, and how they count.
local function new_calendar(name, weekend)
  local made = {
    name       = name,
    weekend    = weekend,
    per_week   = 0,
    through    = {},            -- day of the week → worked days of the week through it
    nth        = {},            -- 0, 1, … → day of the week
    holidays   = {},            -- day number → name
    worked     = {},            -- day number → true: a weekend day that is worked
    years      = {},            -- the years with a row
    exceptions = {},            -- day numbers that depart from the week, ascending
    balance    = { [0] = 0 },   -- what the first i exceptions add to the count of the weeks
    counts     = {},            -- business days through the ith exception
  }
  for day = 0, 6 do
    if not weekend[day] then
      made.nth[made.per_week] = day
      made.per_week = made.per_week + 1
    end
    made.through[day] = made.per_week
  end
  return made
end

local function day_number(day)
  return date.days_between(ORIGIN, day)
end

---Business days from ORIGIN through the day, were there no exceptions.
local function weekdays_through(calendar, number)
  return number // 7 * calendar.per_week + calendar.through[number % 7]
end

---Block → how many of the ascending list lie before it, for the blocks of two bounds and between.
local function index_of(list, from, to)
  local index, i = {}, 0
  for block = from // BLOCK, to // BLOCK do
    while list[i + 1] < block * BLOCK do
      i = i + 1
    end
    index[block] = i
  end
  return index
end

---The last i with list[i] <= bound, or 0.
local function last_through(list, index, bound)
  local i = index[bound // BLOCK]
  while list[i + 1] <= bound do
    i = i + 1
  end
  return i
end

---Business days through the day, counted from an arbitrary one.
local function count_through(calendar, number)
  return weekdays_through(calendar, number) + calendar.balance[last_through(calendar.exceptions, calendar.by_day, number)]
end

-- name → calendar.
local calendars, names = {}, {}

do
  local weekends = {}
  for row in holiday_rows:rows() do
    local calendar = calendars[row.calendar]
    if not calendar then
      calendar = new_calendar(row.calendar, read_weekend(row.weekend_iso_days, row.calendar))
      calendars[row.calendar], weekends[row.calendar] = calendar, row.weekend_iso_days
      names[#names + 1] = row.calendar
    elseif weekends[row.calendar] ~= row.weekend_iso_days then
      error("holidays.csv: " .. row.calendar .. " has another weekend on " .. row.date .. " than in the rows before")
    end
    local number = day_number(row.date)
    if calendar.holidays[number] then
      error("holidays.csv: " .. row.calendar .. " has two rows of " .. row.date)
    end
    calendar.holidays[number], calendar.years[date.year(row.date)] = row.name, true
    if not calendar.weekend[number % 7] then
      calendar.exceptions[#calendar.exceptions + 1] = number
    end
  end

  for row in working_rows:rows() do
    local calendar = calendars[row.calendar]
    if not calendar then
      error("working_days.csv: " .. row.calendar .. " has no row in holidays.csv")
    end
    local number = day_number(row.date)
    if calendar.worked[number] then
      error("working_days.csv: " .. row.calendar .. " has two rows of " .. row.date)
    end
    if calendar.holidays[number] then
      error("working_days.csv: " .. row.calendar .. " has a holiday on " .. row.date .. ", too")
    end
    if not calendar.weekend[number % 7] then
      error("working_days.csv: " .. row.date .. " is no weekend day of " .. row.calendar)
    end
    if not calendar.years[date.year(row.date)] then
      error("working_days.csv: " .. row.calendar .. " has no holiday in the year of " .. row.date)
    end
    calendar.worked[number] = true
    calendar.exceptions[#calendar.exceptions + 1] = number
  end

  table.sort(names)
  for _, name in ipairs(names) do
    local calendar = calendars[name]
    -- A year without rows between two others would pass for one without holidays.
    local first, last
    for year in pairs(calendar.years) do
      if last and year ~= last + 1 then
        error("holidays.csv: " .. name .. " has no row in " .. last + 1 .. ", but some in " .. last .. " and " .. year)
      end
      first, last = first or year, year
    end
    calendar.first_year, calendar.last_year = first, last
    calendar.first_day, calendar.last_day = date.of(first, 1, 1), date.of(last, 12, 31)
    calendar.first_number, calendar.last_number = day_number(calendar.first_day), day_number(calendar.last_day)

    table.sort(calendar.exceptions)
    local balance = 0
    for i, number in ipairs(calendar.exceptions) do
      balance = balance + (calendar.worked[number] and 1 or -1)
      calendar.balance[i] = balance
      calendar.counts[i] = weekdays_through(calendar, number) + balance
    end
    calendar.exceptions[#calendar.exceptions + 1], calendar.counts[#calendar.counts + 1] = NEVER, NEVER

    -- The day before the first one is asked for, too.
    calendar.by_day = index_of(calendar.exceptions, calendar.first_number - 1, calendar.last_number)
    calendar.first_count = count_through(calendar, calendar.first_number - 1) + 1
    calendar.last_count = count_through(calendar, calendar.last_number)
    calendar.by_count = index_of(calendar.counts, calendar.first_count - 1, calendar.last_count)
  end
end

local function calendar_of(country)
  local name = country or settings.country
  return calendars[name]
    or error('there is no calendar "' .. name .. '": holidays.csv has ' .. table.concat(names, ", "))
end

calendar_of()

local function outside(calendar, day)
  error(day .. " is outside the years " .. calendar.first_year .. " to " .. calendar.last_year
    .. " that holidays.csv has for " .. calendar.name)
end

---The number of a day that the calendar covers.
local function covered(calendar, day)
  local number = day_number(day)
  if number < calendar.first_number or number > calendar.last_number then
    outside(calendar, day)
  end
  return number
end

---The date of a day number, or the error that it is not covered where that is nil; `what` says what led there.
local function date_at(calendar, number, what)
  return date.add_days(ORIGIN, number or outside(calendar, what))
end

---The number of the day on which the count reaches `count`, or nil where that is not covered.
local function day_of_count(calendar, count)
  if count < calendar.first_count or count > calendar.last_count then
    return nil
  end
  local i = last_through(calendar.counts, calendar.by_count, count - 1)
  local weekdays = count - calendar.balance[i] - 1
  local number = weekdays // calendar.per_week * 7 + calendar.nth[weekdays % calendar.per_week]
  -- Behind the ith exception every weekday counts, up to the next one: a holiday lies behind `number`, and a weekend day that is
  -- worked may be the one that reaches the count.
  local following = calendar.exceptions[i + 1]
  return following < number and following or number
end

local function is_worked(calendar, number)
  return calendar.worked[number] or not (calendar.weekend[number % 7] or calendar.holidays[number])
end

---Whether people work on the day: neither weekend nor holiday, or a weekend day that is made up for.
---@param day string YYYY-MM-DD
---@param country string|nil a calendar of holidays.csv; default: the setting
---@return boolean
local function is_business_day(day, country)
  local calendar = calendar_of(country)
  return is_worked(calendar, covered(calendar, day))
end

---The holiday on the day, weekend or not, or nil.
local function holiday_name(day, country)
  local calendar = calendar_of(country)
  return calendar.holidays[covered(calendar, day)]
end

---The nth business day after the day, or before it where n is negative; for 0 the day itself, or the next one that is worked.
---@param n integer
local function add_business_days(day, n, country)
  local calendar = calendar_of(country)
  local number = covered(calendar, day)
  local target = n > 0 and count_through(calendar, number) + n or count_through(calendar, number - 1) + 1 + n
  return date_at(calendar, day_of_count(calendar, target), day .. " and " .. n .. " business days")
end

local function next_business_day(day, country)
  return add_business_days(day, 1, country)
end

local function previous_business_day(day, country)
  return add_business_days(day, -1, country)
end

---Business days after `from`, through `to`: 1 from a day to the next business day. Negative where `to` is earlier.
local function business_days_between(from, to, country)
  local calendar = calendar_of(country)
  return count_through(calendar, covered(calendar, to)) - count_through(calendar, covered(calendar, from))
end

local function month_end(day)
  return date.add_days(date.add_months(date.of(date.year(day), date.month(day), 1), 1), -1)
end

local function quarter_end(day)
  return month_end(date.of(date.year(day), (date.month(day) + 2) // 3 * 3, 1))
end

-- Convention → the business day that takes the place of a day that is none.
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
    if rolled and date.month(date.add_days(ORIGIN, rolled)) == date.month(day) then
      return rolled
    end
    return other(calendar, number)
  end
end

ROLLS.modified_following = modified(ROLLS.following, ROLLS.preceding)
ROLLS.modified_preceding = modified(ROLLS.preceding, ROLLS.following)

---The day itself where it is a business day, else the one that the convention names.
---@param convention string|nil "following" (default), "modified_following", "preceding", "modified_preceding", "none"
local function roll(day, convention, country)
  local calendar = calendar_of(country)
  local number = covered(calendar, day)
  local rule = ROLLS[convention or "following"]
  if not rule then
    error('there is no convention "' .. tostring(convention) .. '"')
  end
  return date_at(calendar, rule(calendar, number, day), day .. " rolled to a business day")
end

---The last business day of the day's month.
local function last_business_day(day, country)
  return roll(month_end(day), "preceding", country)
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

---When a claim of the day is due. The steps are taken in this order, each where the terms have it: to the end of the month
---(`from_month_end`), months, days, business days, to the end of the month (`to_month_end`), and last the roll.
---@param terms table { from_month_end, months, days, business_days, to_month_end, roll }
local function due_date(day, terms, country)
  check_names(terms, TERMS, "terms")
  local due = terms.from_month_end and month_end(day) or day
  due = date.add_months(due, terms.months or 0)
  due = date.add_days(due, terms.days or 0)
  if terms.business_days then
    due = add_business_days(due, terms.business_days, country)
  end
  if terms.to_month_end then
    due = month_end(due)
  end
  return roll(due, terms.roll, country)
end

-- Step of a schedule → months, days.
local STEPS = {
  week    = { 0, 7 },
  month   = { 1, 0 },
  quarter = { 3, 0 },
  year    = { 12, 0 },
}

---The instalments of an amount: equal to the cent, with what is left over in the last one, or the first.
---@param plan table { first, every, count, rest, roll }
---@return table { due, amount }, …
local function instalments(amount, plan, country)
  check_names(plan, PLAN, "plans of instalments")
  if plan.count < 1 or plan.count > 600 then
    error("a plan has 1 to 600 instalments, not " .. plan.count)
  end
  if decimal.round(amount, 2) ~= amount then
    error(amount .. " is no whole number of cents")
  end
  local step = STEPS[plan.every] or error('there is no step "' .. tostring(plan.every) .. '"')
  local share = decimal.div(amount, plan.count, { places = 2, rounding = "down" })
  local rest = amount - share * plan.count
  local rest_at = plan.rest == "first" and 1 or plan.count
  local list = {}
  for i = 1, plan.count do
    -- From the first day each time: January 31 is followed by February 28 and March 31.
    local due = date.add_days(date.add_months(plan.first, step[1] * (i - 1)), step[2] * (i - 1))
    list[i] = {
      due    = roll(due, plan.roll, country),
      amount = i == rest_at and share + rest or share,
    }
  end
  return list
end

---"+08:00" → seconds.
local function read_offset(written)
  local sign, hours, minutes = written:match("^([+-])(%d%d):(%d%d)$")
  local seconds = sign and tonumber(hours) * 3600 + tonumber(minutes) * 60
  if not seconds or seconds > 14 * 3600 or tonumber(minutes) > 59 then
    error('the setting utc_offset is "' .. written .. '": expected a distance from UTC such as "+08:00"')
  end
  return sign == "-" and -seconds or seconds
end

---"09:00-12:00,13:00-18:00" → { from, to, length }, …, seconds of the day; and the seconds of a whole day.
local function read_hours(written)
  local list, total, before = {}, 0, -1
  for part in (written .. ","):gmatch("([^,]*),") do
    local h1, m1, h2, m2 = part:match("^(%d%d):(%d%d)-(%d%d):(%d%d)$")
    local from = h1 and tonumber(h1) * 3600 + tonumber(m1) * 60
    local to = h1 and tonumber(h2) * 3600 + tonumber(m2) * 60
    if not h1 or tonumber(m1) > 59 or tonumber(m2) > 59 or from <= before or to <= from or to > SECONDS_PER_DAY then
      error('the setting opening_hours is "' .. written
        .. '": expected spans in order, such as "09:00-12:00,13:00-18:00"')
    end
    list[#list + 1] = { from = from, to = to, length = to - from }
    total, before = total + to - from, to
  end
  return list, total
end

local OFFSET = read_offset(settings.utc_offset)
local OPEN, OPEN_SECONDS = read_hours(settings.opening_hours)

---The local day of a time, as a number, and the seconds of that day.
---@param time string YYYY-MM-DDTHH:MM:SSZ
local function local_time(time)
  local hours, minutes, seconds = time:match("^%d%d%d%d%-%d%d%-%d%d[Tt ](%d%d):(%d%d):(%d%d%.?%d*)[Zz]$")
  if not hours then
    error('"' .. time .. '" is no time in UTC (YYYY-MM-DDTHH:MM:SSZ)')
  end
  local second = tonumber(hours) * 3600 + tonumber(minutes) * 60 + tonumber(seconds) + OFFSET
  return day_number(time) + second // SECONDS_PER_DAY, second % SECONDS_PER_DAY
end

---The day that a time falls on where the hours are kept.
local function local_day(time)
  return date.add_days(ORIGIN, (local_time(time)))
end

---Open seconds through the time, counted from an arbitrary one.
local function open_through(calendar, time)
  local number, second = local_time(time)
  if number < calendar.first_number or number > calendar.last_number then
    outside(calendar, time)
  end
  local open = count_through(calendar, number - 1) * OPEN_SECONDS
  if is_worked(calendar, number) then
    for _, span in ipairs(OPEN) do
      if second >= span.to then
        open = open + span.length
      elseif second > span.from then
        open = open + second - span.from
      end
    end
  end
  return open
end

---The open seconds from one time to another; negative where the second is earlier.
local function sla_seconds_between(from, to, country)
  local calendar = calendar_of(country)
  return open_through(calendar, to) - open_through(calendar, from)
end

---The same in hours, rounded to four places: a second is more than 0.0002 hours.
local function sla_hours_between(from, to, country)
  return decimal.div(sla_seconds_between(from, to, country), 3600, { places = 4, rounding = "half_even" })
end

---The first moment at which so many open hours have passed. A moment of closing counts as such, not the next opening.
---@param hours number at least 0; 0 is the time itself
---@return string YYYY-MM-DDTHH:MM:SSZ
local function sla_deadline(time, hours, country)
  local calendar = calendar_of(country)
  local start = open_through(calendar, time)
  local seconds = hours * 3600
  if seconds < 0 or seconds % 1 ~= 0 then
    error(hours .. " hours are no whole number of seconds from 0")
  end
  if seconds == 0 then
    return time
  end

  local open = start + seconds
  local days = -(-open // OPEN_SECONDS)
  local left = open - (days - 1) * OPEN_SECONDS
  local second
  for _, span in ipairs(OPEN) do
    if left <= span.length then
      second = span.from + left
      break
    end
    left = left - span.length
  end

  local number = day_of_count(calendar, days) or outside(calendar, time .. " and " .. hours .. " hours")
  second = second - OFFSET
  local rest = second % SECONDS_PER_DAY
  local whole = rest // 1
  return date.add_days(ORIGIN, number + second // SECONDS_PER_DAY)
    .. ("T%02d:%02d:%02d"):format(whole // 3600, whole // 60 % 60, whole % 60)
    .. (rest == whole and "" or tostring(rest - whole):sub(2)) .. "Z"
end

return {
  name    = "calendar",
  version = "1.0.0",
  summary = "Business days, due dates and service hours by calendars of public holidays.",
  files   = { "holidays.csv", "working_days.csv" },

  is_business_day       = is_business_day,
  holiday_name          = holiday_name,
  next_business_day     = next_business_day,
  previous_business_day = previous_business_day,
  add_business_days     = add_business_days,
  business_days_between = business_days_between,
  month_end             = month_end,
  quarter_end           = quarter_end,
  last_business_day     = last_business_day,
  roll                  = roll,
  due_date              = due_date,
  instalments           = instalments,
  local_day             = local_day,
  sla_deadline          = sla_deadline,
  sla_hours_between     = sla_hours_between,
  sla_seconds_between   = sla_seconds_between,
}
