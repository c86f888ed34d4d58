-- Watch lists and approved vendors: whether somebody stands on a list, by id, by name, or by what is left of the name when all that
-- people write in different ways is taken away.
plugin {
  name    = "lists",
  version = "1.0.0",
  summary = "Watch lists and approved vendors, by id, name and normalised name.",
  files   = { "entries.csv", "letters.csv", "legal_forms.csv" },

  provides = {
    is_listed = {
      summary = "The entry by id or name as written, else by the normalised name, or nil.",
      takes   = { { "list", text {} }, { "name", text { max = 1000 } }, { "day", date {} } },
      gives   = optional(record {
        match = enum { "exact", "normalised" },
        entry = record {
          list = text {}, id = text {}, name = text {}, from = optional(date {}), to = optional(date {}), note = optional(text {}),
        },
      }),
    },
    matches = {
      summary = "What is_listed gives on every list, in the order of the lists' names.",
      takes   = { { "name", text { max = 1000 } }, { "day", date {} } },
      gives   = list { of = record {
        match = enum { "exact", "normalised" },
        entry = record {
          list = text {}, id = text {}, name = text {}, from = optional(date {}), to = optional(date {}), note = optional(text {}),
        },
      } },
    },
    entry = {
      summary = "The entry of exactly this id, or nil.",
      takes   = { { "list", text {} }, { "id", text {} }, { "day", date {} } },
      gives   = optional(record {
        list = text {}, id = text {}, name = text {}, from = optional(date {}), to = optional(date {}), note = optional(text {}),
      }),
    },
    normalise = {
      summary = "The text by which names are compared.",
      takes   = { { "name", text { max = 1000 } } },
      gives   = text {},
    },
  },
}

local normalise = require("plugin.lists.names").normalise

local entry_rows = dataset "entries.csv" {
  list = text { min = 1 },
  id   = text { min = 1 },
  name = text { min = 1 },
  from = optional(date {}),
  to   = optional(date {}),
  note = optional(text {}),
}

-- An open period begins and ends outside every real day; days compare as texts.
local FIRST_DAY, LAST_DAY = "0000-00-00", "9999-99-99"

-- Each entry is found by a key, so that a look-up costs what the name costs, however long the list is.
-- list → { ids, names, keys }, each: text → entries in the order of the file; the lists' names in order.
local lists, names = {}, {}

---Puts the entry under the text, unless it is there.
local function put(map, text, entry)
  local list = map[text]
  if not list then
    list = {}
    map[text] = list
  end
  if list[#list] ~= entry then
    list[#list + 1] = entry
  end
end

do
  local row_number = 1
  for row in entry_rows:rows() do
    row_number = row_number + 1
    local where = "entries.csv: row " .. row_number .. ", " .. row.id
    local list = lists[row.list]
    if not list then
      list = { ids = {}, names = {}, keys = {} }
      lists[row.list] = list
      names[#names + 1] = row.list
    end
    local period = { from = row.from or FIRST_DAY, to = row.to or LAST_DAY }
    if period.from > period.to then
      error(where .. ": the period ends on " .. period.to .. ", before it begins on " .. period.from)
    end
    for _, other in ipairs(list.names[row.name] or {}) do
      if other.entry.id == row.id and other.from <= period.to and period.from <= other.to then
        error(where .. ": another row has the same name on the same days")
      end
    end
    local key = normalise(row.name)
    if key == "" then
      error(where .. ": the name has no letter and no digit")
    end
    period.entry = { list = row.list, id = row.id, name = row.name, from = row.from, to = row.to, note = row.note }
    put(list.ids, row.id, period)
    put(list.names, row.name, period)
    put(list.keys, key, period)
  end
  table.sort(names)
end

local function list_of(name)
  return lists[name] or error('there is no list "' .. name .. '": entries.csv has ' .. table.concat(names, ", "))
end

---The first entry under the text that holds on the day, or nil.
local function at(map, text, day)
  for _, period in ipairs(map[text] or {}) do
    if period.from <= day and day <= period.to then
      return period.entry
    end
  end
  return nil
end

---The match on one list; the key is made where it is needed, and given back for the next list.
local function match_on(list, name, day, key)
  local entry = at(list.ids, name, day) or at(list.names, name, day)
  if entry then
    return { match = "exact", entry = entry }, key
  end
  key = key or normalise(name)
  entry = at(list.keys, key, day)
  return entry and { match = "normalised", entry = entry }, key
end

---Whether somebody stands on the list on the day: by id or name as written, else by the normalised name.
---@param list string
---@param name string a name, or an id
---@param day string YYYY-MM-DD
---@return table|nil { match = "exact" or "normalised", entry = { list, id, name, from, to, note } }
local function is_listed(list, name, day)
  return (match_on(list_of(list), name, day))
end

---The same on all lists, in the order of their names.
---@return table { { match, entry }, … }
local function matches(name, day)
  local found, key = {}, nil
  for _, list in ipairs(names) do
    local match
    match, key = match_on(lists[list], name, day, key)
    found[#found + 1] = match
  end
  return found
end

---The entry of exactly this id, or nil.
local function entry(list, id, day)
  return at(list_of(list).ids, id, day)
end

return {
  is_listed = is_listed,
  matches   = matches,
  entry     = entry,
  normalise = normalise,
}
