-- Pairs of roles that nobody may hold together, and of duties that one person may not do on one transaction.

local rows = dataset "conflicts.csv" {
  kind   = enum { "role", "duty" },
  first  = text { min = 1 },
  second = text { min = 1 },
  reason = text { min = 1 },
}

-- kind → name → other name → reason, in both directions; the names of duties, in order.
local reasons, duties = { role = {}, duty = {} }, {}

do
  local row_number = 1
  for row in rows:rows() do
    row_number = row_number + 1
    local of_kind = reasons[row.kind]
    if row.first == row.second or (of_kind[row.first] and of_kind[row.first][row.second]) then
      error("conflicts.csv: row " .. row_number .. ": " .. row.first .. " and " .. row.second .. " are one, or stand there twice")
    end
    for _, name in ipairs { row.first, row.second } do
      of_kind[name] = of_kind[name] or {}
    end
    of_kind[row.first][row.second], of_kind[row.second][row.first] = row.reason, row.reason
  end
  for duty in pairs(reasons.duty) do
    duties[#duties + 1] = duty
  end
end

---Adds the pairs among the names, which are in order, that the kind forbids: { person, first, second, reason }.
local function add_pairs(found, kind, names, person)
  for i = 1, #names do
    local others = reasons[kind][names[i]] or {}
    for j = i + 1, #names do
      local reason = others[names[j]]
      if reason then
        found[#found + 1] = { person = person, first = names[i], second = names[j], reason = reason }
      end
    end
  end
end

---The pairs of roles, in order, that nobody may hold together.
local function of_roles(roles)
  local found = {}
  add_pairs(found, "role", roles)
  return found
end

---A duty that the file does not have is a slip of the pen, and would else pass for one without conflicts.
local function check_duty(duty)
  if not reasons.duty[duty] then
    error('there is no duty "' .. duty .. '": conflicts.csv has ' .. table.concat(duties, ", "))
  end
end

---The pairs of duties on one transaction that one person may not do: those of each person, and of whom they acted for.
---@param acts table { { person, duty, for_person }, … }
---@return table { person, first, second, reason }, …, by person
local function of_acts(acts)
  local done, persons = {}, {}
  local function note(person, duty)
    if not done[person] then
      done[person] = {}
      persons[#persons + 1] = person
    end
    done[person][duty] = true
  end
  for _, act in ipairs(acts) do
    check_duty(act.duty)
    note(act.person, act.duty)
    if act.for_person then
      note(act.for_person, act.duty)
    end
  end

  table.sort(persons)
  local found = {}
  for _, person in ipairs(persons) do
    local names = {}
    for duty in pairs(done[person]) do
      names[#names + 1] = duty
    end
    add_pairs(found, "duty", names, person)
  end
  return found
end

return {
  ROLES    = reasons.role,     -- role → …, for each role of a pair
  of_roles = of_roles,
  of_acts  = of_acts,
}
