-- Who stands in for whom: dated, bounded lending of authority.

local people = require "plugin.org.people"
local periods = require "plugin.org.periods"

local rows = dataset "delegations.csv" {
  person   = text { min = 1 },
  delegate = text { min = 1 },
  category = optional(text {}),
  limit    = optional(money { min = "0.00" }),
  from     = date {},
  to       = date {},
}

-- person → what the person lends, in the order of the file.
local lent = {}

do
  local row_number = 1
  for row in rows:rows() do
    row_number = row_number + 1
    local where = "delegations.csv: row " .. row_number
    people.check_known(where, row.person)
    people.check_known(where, row.delegate)
    if row.person == row.delegate then
      error(where .. ": " .. row.person .. " cannot stand in for itself")
    end
    if row.from > row.to then
      error(where .. ": the period ends on " .. row.to .. ", before it begins on " .. row.from)
    end
    local list = periods.list_of(lent, row.person)
    list[#list + 1] = { person = row.delegate, category = row.category, limit = row.limit, from = row.from, to = row.to }
  end
end

---The delegations of the person that hold on the day, in the order of the file: those for all categories, and those for the
---category, or where none is named for any. Both sides must be there.
---@return table { person, category, limit, from, to }, …
local function of(person, day, category)
  local list = {}
  if people.facts_of(person, day) then
    for _, each in ipairs(lent[person] or {}) do
      local fits = not category or not each.category or each.category == category
      if fits and each.from <= day and day <= each.to and people.facts_of(each.person, day) then
        list[#list + 1] = each
      end
    end
  end
  return list
end

---Whether the delegate may act for the person: within one delegation that holds on the day, of this category, up to this amount.
---Without a category only a delegation for all will do, without an amount only one without a limit. Everybody may act for
---themselves; what was lent is not lent on.
local function covers(delegate, person, day, category, amount)
  if delegate == person then
    return people.facts_of(person, day) ~= nil
  end
  for _, each in ipairs(of(person, day, category)) do
    local fits = not each.category or category ~= nil
    if each.person == delegate and fits and (not each.limit or amount ~= nil and amount <= each.limit) then
      return true
    end
  end
  return false
end

return {
  of     = of,
  covers = covers,
}
