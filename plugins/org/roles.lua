-- Who holds which role, when.

local conflicts = require "plugin.org.conflicts"
local people = require "plugin.org.people"
local periods = require "plugin.org.periods"

local rows = dataset "roles.csv" {
  person = text { min = 1 },
  role   = text { min = 1 },
  from   = optional(date {}),
  to     = optional(date {}),
}

-- role → person → periods; role → persons by id; person → roles in order.
local holders, persons_of, roles_held = {}, {}, {}
-- The names of all roles, in order.
local names = {}

do
  for row in rows:rows() do
    people.check_known("roles.csv", row.person)
    local by_person = periods.list_of(holders, row.role)
    if not by_person[row.person] then
      local persons, roles = periods.list_of(persons_of, row.role), periods.list_of(roles_held, row.person)
      persons[#persons + 1], roles[#roles + 1] = row.person, row.role
    end
    local held = periods.list_of(by_person, row.person)
    held[#held + 1] = { from = row.from or periods.FIRST_DAY, to = row.to or periods.LAST_DAY }
  end
  for role, by_person in pairs(holders) do
    for person, held in pairs(by_person) do
      periods.in_order(held, "roles.csv: " .. person .. " as " .. role)
    end
    table.sort(persons_of[role])
    names[#names + 1] = role
  end
  for _, roles in pairs(roles_held) do
    table.sort(roles)
  end
  for role in pairs(conflicts.ROLES) do
    if not holders[role] then
      names[#names + 1] = role
    end
  end
  table.sort(names)
end

---A role that no file has is a slip of the pen, and would else pass for one that nobody holds.
local function check(role)
  if not holders[role] and not conflicts.ROLES[role] then
    error('there is no role "' .. role .. '": the files have ' .. table.concat(names, ", "))
  end
end

---Whether the person is there and holds the role on the day.
local function holds(person, role, day)
  local held = holders[role] and holders[role][person]
  return held ~= nil and periods.at(held, day) ~= nil and people.facts_of(person, day) ~= nil
end

---The roles that the person holds on the day, in order.
local function of(person, day)
  local list = {}
  for _, role in ipairs(roles_held[person] or {}) do
    if holds(person, role, day) then
      list[#list + 1] = role
    end
  end
  return list
end

---Who holds the role on the day, by id.
local function holders_of(role, day)
  local list = {}
  for _, person in ipairs(persons_of[role] or {}) do
    if holds(person, role, day) then
      list[#list + 1] = person
    end
  end
  return list
end

---The roles of the person on the day and one more, in order.
local function with(person, day, added)
  local list = of(person, day)
  for _, role in ipairs(list) do
    if role == added then
      return list
    end
  end
  list[#list + 1] = added
  table.sort(list)
  return list
end

return {
  check      = check,
  holds      = holds,
  of         = of,
  with       = with,
  holders_of = holders_of,
}
