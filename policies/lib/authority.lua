-- Who may sign how much: the authority limits, and the rank order of the roles that hold them.
--
-- The limits are data (data/authority_limits.csv), so that a change of limits is a change of rows with dates, not of rules.
-- Money is CNY. `nil` as a limit means that there is none.

local ROLES = { "department_head", "manager", "director", "cfo", "board" }
local CATEGORIES = { "expense", "fixed_asset", "construction", "payment", "financing" }

local limits = dataset "data/authority_limits.csv" {
  role     = enum(ROLES),
  category = enum(CATEGORIES),
  limit    = optional(money { min = "0.00" }),
  currency = enum { "CNY" },
  from     = optional(date {}),
  to       = optional(date {}),
}

-- An open period begins and ends outside every real day; days compare as texts.
local FIRST_DAY, LAST_DAY = "0000-00-00", "9999-99-99"

-- Two limits on one day would make the order of the file decide, and a day without one would look like "no limit".
for _, role in ipairs(ROLES) do
  for _, category in ipairs(CATEGORIES) do
    local list = {}
    for i, row in ipairs(limits:find_all { role = role, category = category }) do
      list[i] = { from = row.from or FIRST_DAY, to = row.to or LAST_DAY }
    end
    local cell = role .. ", " .. category
    if #list == 0 then
      error("data/authority_limits.csv: no row for " .. cell)
    end
    table.sort(list, function(a, b) return a.from < b.from end)
    for i, period in ipairs(list) do
      if period.from > period.to then
        error("data/authority_limits.csv: a period of " .. cell .. " ends before it begins")
      end
      local after = list[i + 1]
      if after and (period.to == LAST_DAY or date.add_days(period.to, 1) ~= after.from) then
        error("data/authority_limits.csv: the periods of " .. cell .. " overlap or leave days out")
      end
    end
  end
end

-- Which param stands for which role. `board` has none.
local OVERRIDES = {
  department_head = "department_head_limit",
  manager         = "manager_limit",
  director        = "director_limit",
  cfo             = "cfo_limit",
}

local authority = {}

-- Lowest first: rank order.
authority.ROLES = ROLES

-- The role next above; `board` stays `board`.
authority.ABOVE = {}
-- One step of a route, and a route of that one step, by role: made once, so that decisions need not.
authority.STEP = {}
authority.ROUTE = {}

for i, role in ipairs(ROLES) do
  authority.ABOVE[role] = ROLES[i + 1] or role
  authority.STEP[role] = { role = role }
  authority.ROUTE[role] = { authority.STEP[role] }
end

-- What a policy that reads the limits declares among its params.
authority.params = {
  department_head_limit = money { default = "0.00", min = "0.00",
    summary = "Above 0: the department head's limit, CNY, in every category and period." },
  manager_limit = money { default = "0.00", min = "0.00",
    summary = "Above 0: the manager's limit, CNY, in every category and period." },
  director_limit = money { default = "0.00", min = "0.00",
    summary = "Above 0: the director's limit, CNY, in every category and period." },
  cfo_limit = money { default = "0.00", min = "0.00",
    summary = "Above 0: the CFO's limit, CNY, in every category and period." },
}

---The most that a role may sign, or nil where there is no limit.
---@param role string an authority role
---@param category string
---@param day string YYYY-MM-DD
---@param params table with the four of `authority.params`
local function limit(role, category, day, params)
  local override = OVERRIDES[role]
  if override then
    local instead = params[override]
    if instead > 0 then
      return instead
    end
  end

  local row = limits:at(day):find { role = role, category = category }
  if not row then
    error("no authority limit for " .. role .. ", " .. category .. " on " .. day)
  end
  return row.limit
end
authority.limit = limit

---The first role in rank order whose limit covers the amount; the last one always does.
---@param amount number CNY
---@param category string
---@param day string YYYY-MM-DD
---@param params table with the four of `authority.params`
function authority.lowest_covering(amount, category, day, params)
  for i = 1, #ROLES - 1 do
    local role = ROLES[i]
    local most = limit(role, category, day, params)
    if not most or amount <= most then
      return role
    end
  end
  return ROLES[#ROLES]
end

return authority
