-- Cases at the edges of what a declaration takes, for tests. Each function appends to a list of cases.
--
-- `good` is a case without a name: an input that is decided, and what is expected of it. A path such as "vendor.id" says what of
-- the input is changed. Of a group policy, `good` has one row and what is expected of it in the place of the input.

local edges = {}

---A copy of the value, with the part at `names[i]`, `names[i + 1]`, … replaced.
---@param value table|nil
---@param names string[]
---@param i integer
---@param part any
---@return any
local function replaced(value, names, i, part)
  if i > #names then
    return part
  end
  local copy = {}
  for key, old in pairs(value or {}) do
    copy[key] = old
  end
  copy[names[i]] = replaced(copy[names[i]], names, i + 1, part)
  return copy
end

local function split(path)
  local names = {}
  for name in path:gmatch("[^.]+") do
    -- A place in a list is a number.
    names[#names + 1] = tonumber(name) or name
  end
  return names
end

-- As a JSON Pointer, where places count from 0.
local function pointer(names)
  local parts = {}
  for i, name in ipairs(names) do
    parts[i] = "/" .. (tonumber(name) and name - 1 or name)
  end
  return table.concat(parts)
end

local function case(good, name, path, value)
  local made = { name = name, params = good.params, at = good.at, files = good.files }
  if good.row then
    made.rows = { replaced(good.row, split(path), 1, value) }
  else
    made.input = replaced(good.input, split(path), 1, value)
  end
  return made
end

---The value at the path is taken.
---@param cases table[]
---@param good table
---@param path string
---@param value any
---@param expect table|nil what becomes of it; absent: the same as of `good`
---@param words string|nil how the case calls the value
function edges.takes(cases, good, path, value, expect, words)
  local made = case(good, "edge: " .. path .. " " .. (words or tostring(value)), path, value)
  made.expect = expect or good.expect
  if good.row then
    made.expect = { made.expect }
  end
  cases[#cases + 1] = made
end

---The value at the path is invalid_input.
---@param cases table[]
---@param good table
---@param path string
---@param value any
---@param words string|nil how the case calls the value
function edges.refuses(cases, good, path, value, words)
  local made = case(good, "edge: " .. path .. " " .. (words or tostring(value)) .. " is refused", path, value)
  made.error = { code = "invalid_input", path = pointer(split(path)) }
  cases[#cases + 1] = made
end

---A text of at least `least` and at most `most` characters.
---@param cases table[]
---@param good table
---@param path string
---@param least integer
---@param most integer|nil
function edges.text(cases, good, path, least, most)
  local function words(count)
    return "of " .. count .. " characters"
  end
  edges.takes(cases, good, path, ("x"):rep(least), nil, words(least))
  if least > 0 then
    edges.refuses(cases, good, path, ("x"):rep(least - 1), words(least - 1))
  end
  if most then
    edges.takes(cases, good, path, ("x"):rep(most), nil, words(most))
    edges.refuses(cases, good, path, ("x"):rep(most + 1), words(most + 1))
  end
end

---A param takes `least`, and nothing below.
---@param cases table[]
---@param good table
---@param name string
---@param least any
---@param below any the next value below
---@param expect table|nil what is decided with the least one; absent: the same as of `good`
function edges.param(cases, good, name, least, below, expect)
  local params = good.params
  for _, value in ipairs { least, below } do
    local made = { name = "edge: param " .. name .. " " .. tostring(value), input = good.input, at = good.at }
    if good.row then
      made.rows = { good.row }
    end
    made.params = replaced(params, { name }, 1, value)
    if value == least then
      made.expect = expect or good.expect
      if good.row then
        made.expect = { made.expect }
      end
    else
      made.name = made.name .. " is refused"
      made.error = { code = "invalid_params" }
    end
    cases[#cases + 1] = made
  end
end

return edges
