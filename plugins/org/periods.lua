-- Periods of days: an open one begins and ends outside every real day; days compare as texts.

local periods = { FIRST_DAY = "0000-00-00", LAST_DAY = "9999-99-99" }

---Puts periods in order and refuses those that overlap or end before they begin. `what` says whose they are.
function periods.in_order(list, what)
  table.sort(list, function(a, b) return a.from < b.from end)
  for i, period in ipairs(list) do
    if period.from > period.to then
      error(what .. ": a period ends on " .. period.to .. ", before it begins on " .. period.from)
    end
    if i > 1 and period.from <= list[i - 1].to then
      error(what .. ": two periods hold on " .. period.from)
    end
  end
end

---The period that holds on the day, or nil: the last one that has begun, found by halving, unless it has ended.
function periods.at(list, day)
  local low, high = 0, #list
  while low < high do
    local middle = (low + high + 1) // 2
    if list[middle].from <= day then
      low = middle
    else
      high = middle - 1
    end
  end
  local period = list[low]
  return period and day <= period.to and period or nil
end

---The list under the key, made where it is not there yet.
function periods.list_of(map, key)
  local list = map[key]
  if not list then
    list = {}
    map[key] = list
  end
  return list
end

return periods
