-- Who reports to whom, who holds which role, who stands in for whom, and what one person may not do together; each with dates.
plugin {
  name    = "org",
  version = "1.0.0",
  summary = "People, managers, roles, delegations and conflicts of duties, with dates.",
  files   = { "people.csv", "roles.csv", "delegations.csv", "conflicts.csv" },

  provides = {
    person = {
      summary = "What holds of the person on the day, or nil where nobody of that id is there.",
      takes   = { { "person", text {} }, { "day", date {} } },
      gives   = optional(record { id = text {}, name = text {}, manager = optional(text {}), level = integer {}, unit = text {} }),
    },
    manager_of = {
      summary = "The manager's id, or nil for who is at the top.",
      takes   = { { "person", text {} }, { "day", date {} } },
      gives   = optional(text {}),
    },
    chain = {
      summary = "The managers upwards, to the first with the role or the level, or nil where none has; without either to the top.",
      takes   = {
        { "person", text {} }, { "day", date {} },
        { "up_to", optional(record { role = optional(text {}), level = optional(integer {}) }) },
      },
      gives   = optional(list { of = text {} }),
    },
    reports_to = {
      summary = "Whether the manager is anywhere above the person.",
      takes   = { { "person", text {} }, { "manager", text {} }, { "day", date {} } },
      gives   = boolean {},
    },
    has_role = {
      summary = "Whether the person is there and holds the role on the day.",
      takes   = { { "person", text {} }, { "role", text {} }, { "day", date {} } },
      gives   = boolean {},
    },
    roles_of = {
      summary = "The roles that the person holds on the day, in order.",
      takes   = { { "person", text {} }, { "day", date {} } },
      gives   = list { of = text {} },
    },
    holders_of = {
      summary = "Who holds the role on the day, by id.",
      takes   = { { "role", text {} }, { "day", date {} } },
      gives   = list { of = text {} },
    },
    who_may_act_for = {
      summary = "The delegations of the person on the day that are for the category or for all; without a category every one.",
      takes   = { { "person", text {} }, { "day", date {} }, { "category", optional(text {}) } },
      gives   = list { of = record {
        person = text {}, category = optional(text {}), limit = optional(money {}), from = date {}, to = date {},
      } },
    },
    may_act_for = {
      summary = "Whether one delegation covers the category, or all where none is named, and the amount, or any where none is named.",
      takes   = {
        { "delegate", text {} }, { "person", text {} }, { "day", date {} },
        { "category", optional(text {}) }, { "amount", optional(money { min = "0.00" }) },
      },
      gives   = boolean {},
    },
    role_conflicts = {
      summary = "The pairs among the person's roles on the day, and one to be added, that nobody may hold together.",
      takes   = { { "person", text {} }, { "day", date {} }, { "added", optional(text {}) } },
      gives   = list { of = record { first = text {}, second = text {}, reason = text {} } },
    },
    duty_conflicts = {
      summary = "The pairs of duties on one transaction that one person may not do, of each person and of whom they acted for.",
      takes   = {
        { "acts", list { of = record { person = text {}, duty = text {}, for_person = optional(text {}) }, max = 100 } },
      },
      gives   = list { of = record { person = text {}, first = text {}, second = text {}, reason = text {} } },
    },
  },
}

local conflicts = require "plugin.org.conflicts"
local delegations = require "plugin.org.delegations"
local people = require "plugin.org.people"
local roles = require "plugin.org.roles"

local provided = {
  person          = people.facts_of,
  manager_of      = people.manager_of,
  reports_to      = people.reports_to,
  roles_of        = roles.of,
  who_may_act_for = delegations.of,
  may_act_for     = delegations.covers,
  duty_conflicts  = conflicts.of_acts,
}

function provided.has_role(person, role, day)
  roles.check(role)
  return roles.holds(person, role, day)
end

function provided.holders_of(role, day)
  roles.check(role)
  return roles.holders_of(role, day)
end

function provided.chain(person, day, up_to)
  if not up_to then
    return people.chain(person, day)
  end
  for what in pairs(up_to) do
    if what ~= "role" and what ~= "level" then
      error('a chain goes up to a role or a level, not to a "' .. tostring(what) .. '"')
    end
  end
  local role, level = up_to.role, up_to.level
  if role then
    roles.check(role)
  end
  return people.chain(person, day, (role or level) and function(manager, facts)
    return level and facts.level >= level or role and roles.holds(manager, role, day)
  end or nil)
end

function provided.role_conflicts(person, day, added)
  if not added then
    return conflicts.of_roles(roles.of(person, day))
  end
  roles.check(added)
  return conflicts.of_roles(roles.with(person, day, added))
end

return provided
