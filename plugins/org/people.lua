-- The people, and the way up from each of them, on every day.

local periods = require "plugin.org.periods"

local people_rows = dataset "people.csv" {
  person  = text { min = 1 },
  name    = text { min = 1 },
  manager = optional(text {}),
  level   = integer { min = 1 },
  unit    = text { min = 1 },
  from    = optional(date {}),
  to      = optional(date {}),
}

-- More levels than that above one person are taken for a mistake in the data.
local LEVELS_MAX = 64

-- person → periods { from, to, row, facts }.
local people = {}

---What holds of the person on the day, or nil where nobody of that id is there.
local function facts_of(person, day)
  local period = people[person] and periods.at(people[person], day)
  return period and period.facts
end

---Whether the person is there on every day from `from` to `to`.
local function there_throughout(person, from, to)
  for _, period in ipairs(people[person] or {}) do
    if period.from <= from and from <= period.to then
      if to <= period.to then
        return true
      end
      from = date.add_days(period.to, 1)
    end
  end
  return false
end

---The way up from the person on a day ends, and the manager of each period is there throughout.
---Whoever stands in a circle on some day does so on the first day of one of the periods in it, so that these days are enough.
local function check_way_up(person, period)
  local where = "people.csv: row " .. period.row .. ", " .. person
  local manager = period.facts.manager
  if not manager then
    return
  end
  if not people[manager] then
    error(where .. ": the manager " .. manager .. " has no row")
  end
  if not there_throughout(manager, period.from, period.to) then
    error(where .. ": the manager " .. manager .. " is not there on every day of the period")
  end
  local way, seen = person, { [person] = true }
  for _ = 1, LEVELS_MAX do
    way = way .. ", " .. manager
    if seen[manager] then
      error(where .. ": the managers run in a circle: " .. way)
    end
    seen[manager] = true
    local facts = facts_of(manager, period.from)
    manager = facts and facts.manager
    if not manager then
      return
    end
  end
  error(where .. ": there are more than " .. LEVELS_MAX .. " managers above")
end

do
  local ids, row_number = {}, 1
  for row in people_rows:rows() do
    row_number = row_number + 1
    if not people[row.person] then
      ids[#ids + 1] = row.person
    end
    local list = periods.list_of(people, row.person)
    list[#list + 1] = {
      from  = row.from or periods.FIRST_DAY,
      to    = row.to or periods.LAST_DAY,
      row   = row_number,
      facts = { id = row.person, name = row.name, manager = row.manager, level = row.level, unit = row.unit },
    }
  end
  for _, id in ipairs(ids) do
    periods.in_order(people[id], "people.csv: " .. id)
  end
  for _, id in ipairs(ids) do
    for _, period in ipairs(people[id]) do
      check_way_up(id, period)
    end
  end
end

---Refuses a row that names somebody who is in no row of people.csv.
local function check_known(where, person)
  if not people[person] then
    error(where .. ": " .. person .. " has no row in people.csv")
  end
end

---What holds of the person, where the answer needs somebody.
local function required(id, day)
  return facts_of(id, day) or error('there is no person "' .. id .. '" on ' .. day)
end

---The manager's id, or nil for who is at the top.
local function manager_of(id, day)
  return required(id, day).manager
end

---The managers from the next one upwards: to the first of whom `ends` is true, or to the top without it; nil where it is true of
---none.
---@param ends nil|fun(manager: string, facts: table): boolean
---@return table|nil ids, the next manager first
local function chain(id, day, ends)
  local list, manager = {}, required(id, day).manager
  while manager do
    list[#list + 1] = manager
    local facts = facts_of(manager, day)
    if ends and ends(manager, facts) then
      return list
    end
    manager = facts.manager
  end
  return not ends and list or nil
end

---Whether the manager is anywhere above the person.
local function reports_to(id, manager, day)
  local above = required(id, day).manager
  while above do
    if above == manager then
      return true
    end
    above = facts_of(above, day).manager
  end
  return false
end

return {
  facts_of    = facts_of,
  manager_of  = manager_of,
  chain       = chain,
  reports_to  = reports_to,
  check_known = check_known,
}
