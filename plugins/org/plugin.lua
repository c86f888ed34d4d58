-- Who reports to whom, who holds which role, who stands in for whom, and what one person may not do together; each with dates.

local people_rows = dataset "people.csv" {
  person  = text { min = 1 },
  name    = text { min = 1 },
  manager = optional(text {}),
  level   = integer { min = 1 },
  unit    = text { min = 1 },
  from    = optional(date {}),
  to      = optional(date {}),
}

local role_rows = dataset "roles.csv" {
  person = text { min = 1 },
  role   = text { min = 1 },
  from   = optional(date {}),
  to     = optional(date {}),
}

local delegation_rows = dataset "delegations.csv" {
  person   = text { min = 1 },
  delegate = text { min = 1 },
  category = optional(text {}),
  limit    = optional(money { min = "0.00" }),
  from     = date {},
  to       = date {},
}

local conflict_rows = dataset "conflicts.csv" {
  kind   = enum { "role", "duty" },
  first  = text { min = 1 },
  second = text { min = 1 },
  reason = text { min = 1 },
}

-- An open period begins and ends outside every real day; days compare as texts.
local FIRST_DAY, LAST_DAY = "0000-00-00", "9999-99-99"
-- More levels than that above one person are taken for a mistake in the data.
local LEVELS_MAX = 64

---Puts periods in order and refuses those that overlap or end before they begin. `what` says whose they are.
local function in_order(periods, what)
  table.sort(periods, function(a, b) return a.from < b.from end)
  for i, period in ipairs(periods) do
    if period.from > period.to then
      error(what .. ": a period ends on " .. period.to .. ", before it begins on " .. period.from)
    end
    if i > 1 and period.from <= periods[i - 1].to then
      error(what .. ": two periods hold on " .. period.from)
    end
  end
end

---The period that holds on the day, or nil: the last one that has begun, found by halving, unless it has ended.
local function at(periods, day)
  local low, high = 0, #periods
  while low < high do
    local middle = (low + high + 1) // 2
    if periods[middle].from <= day then
      low = middle
    else
      high = middle - 1
    end
  end
  local period = periods[low]
  return period and day <= period.to and period or nil
end

---The list under the key, made where it is not there yet.
local function list_of(map, key)
  local list = map[key]
  if not list then
    list = {}
    map[key] = list
  end
  return list
end

-- ---- People

-- person → periods { from, to, row, facts }.
local people = {}

---What holds of the person on the day, or nil where nobody of that id is there.
local function facts_of(person, day)
  local period = people[person] and at(people[person], day)
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
--- Whoever stands in a circle on some day does so on the first day of one of the periods in it, so that these days are enough.
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
    local list = list_of(people, row.person)
    list[#list + 1] = {
      from  = row.from or FIRST_DAY,
      to    = row.to or LAST_DAY,
      row   = row_number,
      facts = { id = row.person, name = row.name, manager = row.manager, level = row.level, unit = row.unit },
    }
  end
  for _, id in ipairs(ids) do
    in_order(people[id], "people.csv: " .. id)
  end
  for _, id in ipairs(ids) do
    for _, period in ipairs(people[id]) do
      check_way_up(id, period)
    end
  end
end

---Refuses a row that names somebody who is in no row of people.csv.
local function check_known(file, person)
  if not people[person] then
    error(file .. ": " .. person .. " has no row in people.csv")
  end
end

-- ---- Roles

-- role → person → periods; role → persons in the order of their ids; person → roles in order.
local holders, persons_of, roles_held = {}, {}, {}

do
  for row in role_rows:rows() do
    check_known("roles.csv", row.person)
    local by_person = list_of(holders, row.role)
    if not by_person[row.person] then
      local persons, roles = list_of(persons_of, row.role), list_of(roles_held, row.person)
      persons[#persons + 1], roles[#roles + 1] = row.person, row.role
    end
    local periods = list_of(by_person, row.person)
    periods[#periods + 1] = { from = row.from or FIRST_DAY, to = row.to or LAST_DAY }
  end
  for role, by_person in pairs(holders) do
    for person, periods in pairs(by_person) do
      in_order(periods, "roles.csv: " .. person .. " as " .. role)
    end
    table.sort(persons_of[role])
  end
  for _, roles in pairs(roles_held) do
    table.sort(roles)
  end
end

---Whether a role of roles.csv is held by the person, who is there, on the day.
local function holds(person, role, day)
  local periods = holders[role][person]
  return periods ~= nil and at(periods, day) ~= nil
end

-- ---- Delegations

-- person → the rows in which the person lends, in the order of the file.
local lent = {}

do
  local row_number = 1
  for row in delegation_rows:rows() do
    row_number = row_number + 1
    local where = "delegations.csv: row " .. row_number
    check_known(where, row.person)
    check_known(where, row.delegate)
    if row.person == row.delegate then
      error(where .. ": " .. row.person .. " cannot stand in for itself")
    end
    if row.from > row.to then
      error(where .. ": the period ends on " .. row.to .. ", before it begins on " .. row.from)
    end
    local list = list_of(lent, row.person)
    list[#list + 1] = {
      person = row.delegate, category = row.category, limit = row.limit, from = row.from, to = row.to,
    }
  end
end

-- ---- Conflicts

-- kind → name → other name → reason, in both directions; kind → the names in order.
local conflicts, known = { role = {}, duty = {} }, { role = {}, duty = {} }

do
  local row_number = 1
  for row in conflict_rows:rows() do
    row_number = row_number + 1
    local pairs_of = conflicts[row.kind]
    if row.first == row.second or (pairs_of[row.first] and pairs_of[row.first][row.second]) then
      error("conflicts.csv: row " .. row_number .. ": " .. row.first .. " and " .. row.second .. " are one, or stand there twice")
    end
    for _, name in ipairs { row.first, row.second } do
      if not pairs_of[name] then
        pairs_of[name] = {}
        known[row.kind][#known[row.kind] + 1] = name
      end
    end
    pairs_of[row.first][row.second], pairs_of[row.second][row.first] = row.reason, row.reason
  end
  for role in pairs(holders) do
    if not conflicts.role[role] then
      known.role[#known.role + 1] = role
      conflicts.role[role] = {}
    end
  end
  for _, names in pairs(known) do
    table.sort(names)
  end
end

---A name that no file has is a slip of the pen, and would else pass for a role that nobody holds or a duty without conflicts.
local function check_name(kind, name)
  if not conflicts[kind][name] then
    error("there is no " .. kind .. ' "' .. name .. '": the files have ' .. table.concat(known[kind], ", "))
  end
end

-- ---- What policies call

---What holds of the person on the day, or nil where nobody of that id is there.
---@return table|nil { id, name, manager, level, unit }
local function person(id, day)
  return facts_of(id, day)
end

---The same, where the answer needs somebody.
local function required(id, day)
  return facts_of(id, day) or error('there is no person "' .. id .. '" on ' .. day)
end

---The manager's id, or nil for who is at the top.
local function manager_of(id, day)
  return required(id, day).manager
end

---The managers from the next one upwards: to the first that holds the role, or has at least the level, or to the top where neither
---is asked for. Nil where none above is such.
---@param up_to table|nil { role, level }; where both are there the first that meets one
---@return table|nil ids, the next manager first
local function chain(id, day, up_to)
  local role, level
  for what, value in pairs(up_to or {}) do
    if what == "role" then
      role = value
    elseif what == "level" then
      level = value
    else
      error('a chain goes up to a role or a level, not to a "' .. tostring(what) .. '"')
    end
  end
  if role then
    check_name("role", role)
  end
  local list, manager = {}, required(id, day).manager
  while manager do
    list[#list + 1] = manager
    local facts = facts_of(manager, day)
    if level and facts.level >= level or role and holders[role] and holds(manager, role, day) then
      return list
    end
    manager = facts.manager
  end
  if role or level then
    return nil
  end
  return list
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

---Whether the person is there and holds the role on the day.
local function has_role(id, role, day)
  check_name("role", role)
  return facts_of(id, day) ~= nil and holders[role] ~= nil and holds(id, role, day)
end

---The roles that the person holds on the day, in order.
local function roles_of(id, day)
  local list = {}
  if facts_of(id, day) then
    for _, role in ipairs(roles_held[id] or {}) do
      if holds(id, role, day) then
        list[#list + 1] = role
      end
    end
  end
  return list
end

---Who holds the role on the day, by id.
local function holders_of(role, day)
  check_name("role", role)
  local list = {}
  for _, id in ipairs(persons_of[role] or {}) do
    if facts_of(id, day) and holds(id, role, day) then
      list[#list + 1] = id
    end
  end
  return list
end

---The delegations of the person that hold on the day, in the order of the file: those for all categories, and those for the
---category, or where none is named for any. Both sides must be there.
---@return table { person, category, limit, from, to }, …
local function who_may_act_for(id, day, category)
  local list = {}
  if facts_of(id, day) then
    for _, each in ipairs(lent[id] or {}) do
      local fits = not category or not each.category or each.category == category
      if fits and each.from <= day and day <= each.to and facts_of(each.person, day) then
        list[#list + 1] = each
      end
    end
  end
  return list
end

---Whether the delegate may act for the person: within a delegation that holds on the day, of this category, up to this amount.
---Without a category only a delegation for all will do, without an amount only one without a limit. Everybody may act for
---themselves; what was lent is not lent on.
local function may_act_for(delegate, id, day, category, amount)
  if delegate == id then
    return facts_of(id, day) ~= nil
  end
  for _, each in ipairs(who_may_act_for(id, day, category)) do
    local fits = not each.category or category ~= nil
    if each.person == delegate and fits and (not each.limit or amount ~= nil and amount <= each.limit) then
      return true
    end
  end
  return false
end

---The pairs among the names that the kind forbids, each once, in the order of the names.
local function forbidden_pairs(kind, names, found, add)
  for i = 1, #names do
    local others = conflicts[kind][names[i]]
    for j = i + 1, #names do
      local reason = others[names[j]]
      if reason then
        found[#found + 1] = add(names[i], names[j], reason)
      end
    end
  end
end

---The pairs among the person's roles on the day, and the one that is to be added where it is named, that nobody may hold together.
---@return table { first, second, reason }, …
local function role_conflicts(id, day, added)
  local roles = roles_of(id, day)
  if added then
    check_name("role", added)
    local held = false
    for _, role in ipairs(roles) do
      held = held or role == added
    end
    if not held then
      roles[#roles + 1] = added
      table.sort(roles)
    end
  end
  local found = {}
  forbidden_pairs("role", roles, found, function(first, second, reason)
    return { first = first, second = second, reason = reason }
  end)
  return found
end

---The pairs of duties on one transaction that one person may not do: those of each person, and of whom they acted for.
---@param acts table { { person, duty, for_person }, … }
---@return table { person, first, second, reason }, …, by person
local function duty_conflicts(acts)
  local duties, persons = {}, {}
  local function note(id, duty)
    if not duties[id] then
      duties[id] = {}
      persons[#persons + 1] = id
    end
    duties[id][duty] = true
  end
  for _, act in ipairs(acts) do
    check_name("duty", act.duty)
    note(act.person, act.duty)
    if act.for_person then
      note(act.for_person, act.duty)
    end
  end

  table.sort(persons)
  local found = {}
  for _, id in ipairs(persons) do
    local names = {}
    for duty in pairs(duties[id]) do
      names[#names + 1] = duty
    end
    forbidden_pairs("duty", names, found, function(first, second, reason)
      return { person = id, first = first, second = second, reason = reason }
    end)
  end
  return found
end

return {
  name    = "org",
  version = "1.0.0",
  summary = "People, managers, roles, delegations and conflicts of duties, with dates.",
  files   = { "people.csv", "roles.csv", "delegations.csv", "conflicts.csv" },

  person          = person,
  manager_of      = manager_of,
  chain           = chain,
  reports_to      = reports_to,
  has_role        = has_role,
  roles_of        = roles_of,
  holders_of      = holders_of,
  who_may_act_for = who_may_act_for,
  may_act_for     = may_act_for,
  role_conflicts  = role_conflicts,
  duty_conflicts  = duty_conflicts,
}
