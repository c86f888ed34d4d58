-- Business days, due dates and service hours, by calendars of public holidays.
local settings = plugin {
  name    = "calendar",
  version = "1.0.0",
  summary = "Business days, due dates and service hours by calendars of public holidays.",
  files   = { "holidays.csv", "working_days.csv" },

  settings = {
    country       = text { default = "CN", summary = "The calendar where a call names none." },
    opening_hours = text { default = "09:00-18:00", summary = "When service hours run on a business day: spans, parted by commas." },
    utc_offset    = text { default = "+08:00", summary = "The distance of these hours from UTC, the same all year." },
  },

  provides = {
    is_business_day = {
      summary = "Whether people work on the day: neither weekend nor holiday, or a weekend day that is made up for.",
      takes   = { { "day", date {} }, { "country", optional(text {}) } },
      gives   = boolean {},
    },
    holiday_name = {
      summary = "The holiday on the day, weekend or not.",
      takes   = { { "day", date {} }, { "country", optional(text {}) } },
      gives   = optional(text {}),
    },
    next_business_day = {
      summary = "The first business day after the day.",
      takes   = { { "day", date {} }, { "country", optional(text {}) } },
      gives   = date {},
    },
    previous_business_day = {
      summary = "The last business day before the day.",
      takes   = { { "day", date {} }, { "country", optional(text {}) } },
      gives   = date {},
    },
    add_business_days = {
      summary = "The nth business day after the day, or before it; for 0 the day itself or the next one that is worked.",
      takes   = { { "day", date {} }, { "n", integer { min = -100000, max = 100000 } }, { "country", optional(text {}) } },
      gives   = date {},
    },
    business_days_between = {
      summary = "The business days after the first day, through the second; negative where that is earlier.",
      takes   = { { "from", date {} }, { "to", date {} }, { "country", optional(text {}) } },
      gives   = integer {},
    },
    roll = {
      summary = "The day itself where it is a business day, else the one of the convention; without one the following.",
      takes   = {
        { "day", date {} },
        { "convention", optional(enum { "none", "following", "preceding", "modified_following", "modified_preceding" }) },
        { "country", optional(text {}) },
      },
      gives   = date {},
    },
    month_end = {
      summary = "The last day of the day's month.",
      takes   = { { "day", date {} } },
      gives   = date {},
    },
    quarter_end = {
      summary = "The last day of the day's quarter.",
      takes   = { { "day", date {} } },
      gives   = date {},
    },
    last_business_day = {
      summary = "The last business day of the day's month.",
      takes   = { { "day", date {} }, { "country", optional(text {}) } },
      gives   = date {},
    },
    due_date = {
      summary = "When a claim of the day is due: what the terms have is done in their order, the roll last.",
      takes   = {
        { "day", date {} },
        { "terms", record {
          from_month_end = optional(boolean {}),
          months         = optional(integer { min = -1200, max = 1200 }),
          days           = optional(integer { min = -36600, max = 36600 }),
          business_days  = optional(integer { min = -100000, max = 100000 }),
          to_month_end   = optional(boolean {}),
          roll           = optional(enum { "none", "following", "preceding", "modified_following", "modified_preceding" }),
        } },
        { "country", optional(text {}) },
      },
      gives   = date {},
    },
    instalments = {
      summary = "An amount in parts that are equal to the cent, with the rest in the last or the first, and their due dates.",
      takes   = {
        { "amount", money {} },
        { "plan", record {
          first = date {},
          every = enum { "week", "month", "quarter", "year" },
          count = integer { min = 1, max = 600 },
          rest  = optional(enum { "first", "last" }),
          roll  = optional(enum { "none", "following", "preceding", "modified_following", "modified_preceding" }),
        } },
        { "country", optional(text {}) },
      },
      gives   = list { of = record { due = date {}, amount = money {} } },
    },
    local_day = {
      summary = "The day that a time falls on where the service hours are kept.",
      takes   = { { "time", timestamp {} } },
      gives   = date {},
    },
    sla_deadline = {
      summary = "The first moment at which so many open hours have passed.",
      takes   = { { "time", timestamp {} }, { "hours", number { min = 0 } }, { "country", optional(text {}) } },
      gives   = timestamp {},
    },
    sla_hours_between = {
      summary = "The open hours from one time to another, rounded to four places.",
      takes   = { { "from", timestamp {} }, { "to", timestamp {} }, { "country", optional(text {}) } },
      gives   = number {},
    },
    sla_seconds_between = {
      summary = "The open seconds from one time to another.",
      takes   = { { "from", timestamp {} }, { "to", timestamp {} }, { "country", optional(text {}) } },
      gives   = number {},
    },
  },
}

local calendars = require "plugin.calendar.calendars"
local days = require "plugin.calendar.days"
local hours = require "plugin.calendar.hours"

local usual = calendars.named(settings.country)
local opening = hours.opening(settings.opening_hours, settings.utc_offset)

local function calendar_of(country)
  return country and calendars.named(country) or usual
end

local provided = { month_end = days.month_end, quarter_end = days.quarter_end }

function provided.is_business_day(day, country)
  return days.is_business_day(calendar_of(country), day)
end

function provided.holiday_name(day, country)
  return days.holiday_name(calendar_of(country), day)
end

function provided.next_business_day(day, country)
  return days.add(calendar_of(country), day, 1)
end

function provided.previous_business_day(day, country)
  return days.add(calendar_of(country), day, -1)
end

function provided.add_business_days(day, n, country)
  return days.add(calendar_of(country), day, n)
end

function provided.business_days_between(from, to, country)
  return days.between(calendar_of(country), from, to)
end

function provided.roll(day, convention, country)
  return days.roll(calendar_of(country), day, convention)
end

function provided.last_business_day(day, country)
  return days.last_of_month(calendar_of(country), day)
end

function provided.due_date(day, terms, country)
  return days.due_date(calendar_of(country), day, terms)
end

function provided.instalments(amount, plan, country)
  return days.instalments(calendar_of(country), amount, plan)
end

function provided.local_day(time)
  return hours.local_day(opening, time)
end

function provided.sla_deadline(time, count, country)
  return hours.deadline(opening, calendar_of(country), time, count)
end

function provided.sla_seconds_between(from, to, country)
  return hours.seconds_between(opening, calendar_of(country), from, to)
end

function provided.sla_hours_between(from, to, country)
  local seconds = hours.seconds_between(opening, calendar_of(country), from, to)
  -- A second is more than 0.0002 hours, so that no two answers become one.
  return decimal.div(seconds, 3600, { places = 4, rounding = "half_even" })
end

return provided
