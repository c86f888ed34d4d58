-- Service hours: time that counts only while people are there, between two moments or up to a deadline.

local calendars = require "plugin.calendar.calendars"

local count_through, day_of_count, outside = calendars.count_through, calendars.day_of_count, calendars.outside

local SECONDS_PER_DAY = 86400

local hours = {}

---"+08:00" → seconds.
local function read_offset(written)
  local sign, hh, mm = written:match("^([+-])(%d%d):(%d%d)$")
  local seconds = sign and tonumber(hh) * 3600 + tonumber(mm) * 60
  if not seconds or seconds > 14 * 3600 or tonumber(mm) > 59 then
    error('the setting utc_offset is "' .. written .. '": expected a distance from UTC such as "+08:00"')
  end
  return sign == "-" and -seconds or seconds
end

---"09:00-12:00,13:00-18:00" → { from, to, length }, …, seconds of the day; and the seconds of a whole day.
local function read_spans(written)
  local list, total, before = {}, 0, -1
  for part in (written .. ","):gmatch("([^,]*),") do
    local h1, m1, h2, m2 = part:match("^(%d%d):(%d%d)-(%d%d):(%d%d)$")
    local from = h1 and tonumber(h1) * 3600 + tonumber(m1) * 60
    local to = h1 and tonumber(h2) * 3600 + tonumber(m2) * 60
    if not h1 or tonumber(m1) > 59 or tonumber(m2) > 59 or from <= before or to <= from or to > SECONDS_PER_DAY then
      error('the setting opening_hours is "' .. written .. '": expected spans in order, such as "09:00-12:00,13:00-18:00"')
    end
    list[#list + 1] = { from = from, to = to, length = to - from }
    total, before = total + to - from, to
  end
  return list, total
end

---What the other functions ask for: when service hours run, and where.
---@param opening_hours string
---@param utc_offset string
function hours.opening(opening_hours, utc_offset)
  local spans, seconds = read_spans(opening_hours)
  return { spans = spans, seconds = seconds, offset = read_offset(utc_offset) }
end

---The local day of a time, as a number, and the seconds of that day.
local function local_time(opening, time)
  local hh, mm, ss = time:match("T(%d%d):(%d%d):([%d.]+)Z$")
  local second = tonumber(hh) * 3600 + tonumber(mm) * 60 + tonumber(ss) + opening.offset
  return calendars.day_number(time) + second // SECONDS_PER_DAY, second % SECONDS_PER_DAY
end

---The day that a time falls on where the hours are kept.
function hours.local_day(opening, time)
  return calendars.date_of((local_time(opening, time)))
end

---Open seconds through the time, counted from an arbitrary one.
local function open_through(opening, calendar, time)
  local number, second = local_time(opening, time)
  if number < calendar.first_number or number > calendar.last_number then
    outside(calendar, time)
  end
  local open = count_through(calendar, number - 1) * opening.seconds
  if calendars.is_worked(calendar, number) then
    for _, span in ipairs(opening.spans) do
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
function hours.seconds_between(opening, calendar, from, to)
  return open_through(opening, calendar, to) - open_through(opening, calendar, from)
end

---The second of the day at which so many open seconds of it have passed.
local function second_after(opening, left)
  for _, span in ipairs(opening.spans) do
    if left <= span.length then
      return span.from + left
    end
    left = left - span.length
  end
end

---The first moment at which so many open hours have passed. A moment of closing counts as such, not the next opening.
---@param count number at least 0; 0 is the time itself
function hours.deadline(opening, calendar, time, count)
  local start = open_through(opening, calendar, time)
  local seconds = count * 3600
  if seconds % 1 ~= 0 then
    error(count .. " hours are no whole number of seconds")
  end
  if seconds == 0 then
    return time
  end

  local open = start + seconds
  local days = -(-open // opening.seconds)
  local number = day_of_count(calendar, days) or outside(calendar, time .. " and " .. count .. " hours")
  local second = second_after(opening, open - (days - 1) * opening.seconds) - opening.offset
  local rest = second % SECONDS_PER_DAY
  local whole = rest // 1
  return calendars.date_of(number + second // SECONDS_PER_DAY)
    .. ("T%02d:%02d:%02d"):format(whole // 3600, whole // 60 % 60, whole % 60)
    .. (rest == whole and "" or tostring(rest - whole):sub(2)) .. "Z"
end

return hours
