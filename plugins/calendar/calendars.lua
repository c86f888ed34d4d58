-- The calendars of the data files, and counting their business days.
--
-- A day is counted as a number: days since ORIGIN, a Monday. A calendar is a weekend, which repeats every seven days, and a sorted
-- list of exceptions: holidays on weekdays, and weekend days that are worked. So whole weeks are arithmetic, an index of the list has
-- a place for every BLOCK days, and no function walks from day to day.

local ORIGIN = "1970-01-05"
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
    calendar.first_number, calendar.last_number = day_number(date.of(first, 1, 1)), day_number(date.of(last, 12, 31))

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

---The calendar of that name.
local function named(name)
  return calendars[name]
    or error('there is no calendar "' .. name .. '": holidays.csv has ' .. table.concat(names, ", "))
end

---Raises for a day, or words for one, that the calendar does not cover.
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

local function date_of(number)
  return date.add_days(ORIGIN, number)
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

return {
  named         = named,
  day_number    = day_number,
  outside       = outside,
  covered       = covered,
  date_of       = date_of,
  count_through = count_through,
  day_of_count  = day_of_count,
  is_worked     = is_worked,
}
