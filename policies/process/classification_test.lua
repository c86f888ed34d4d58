local edges = require "lib.edges"

-- A process of level 1 that has its owner; `changes` replaces fields.
local function process(changes)
  local tx = {
    id = "X", serves_strategy = false, guides_operations = true, supports_others = false, level = 1, owner = "U4",
  }
  for name, value in pairs(changes) do
    tx[name] = value
  end
  return tx
end

local function without(name)
  local tx = process {}
  tx[name] = nil
  return tx
end

local function invalid(name, input, path)
  return { name = name, input = input, error = { code = "invalid_input", path = path } }
end

local function operational(...)
  return { outcome = "operational", reasons = { "guides_operations", ... }, class = "operational" }
end

local cases = {
  -- The rule's own examples.
  { name = "operational, without a parent",
    input = { id = "X-1", serves_strategy = false, guides_operations = true, supports_others = true, level = 2, owner = "U4" },
    expect = { outcome = "operational", reasons = { "guides_operations", "no_parent" }, class = "operational" } },
  { name = "of no class, without an owner",
    input = { id = "X-2", serves_strategy = false, guides_operations = false, supports_others = false, level = 1 },
    expect = { outcome = "unclassified", reasons = { "unclassified", "no_owner" }, class = "unclassified" } },

  -- Level and parent.
  { name = "level 1 needs no parent", input = process {}, expect = operational() },
  { name = "level 1 may have one", input = process { parent = "X-1" }, expect = operational() },
  { name = "level 2 needs one", input = process { level = 2 }, expect = operational "no_parent" },
  { name = "level 2 has one", input = process { level = 2, parent = "X-1" }, expect = operational() },
  { name = "level 3 needs one", input = process { level = 3 }, expect = operational "no_parent" },
  { name = "level 3 has one", input = process { level = 3, parent = "X-1" }, expect = operational() },
  { name = "a level of integral value", input = process { level = 2.00 }, expect = operational "no_parent" },
  { name = "neither parent nor owner", input = process { level = 3, owner = "", parent = "" },
    expect = operational("no_parent", "no_owner") },

  -- Inputs that are none.
  invalid("no id", without "id", "/id"),
  invalid("an empty id", process { id = "" }, "/id"),
  invalid("an id of 65 characters", process { id = ("流"):rep(65) }, "/id"),
  invalid("no strategy", without "serves_strategy", "/serves_strategy"),
  invalid("no operations", without "guides_operations", "/guides_operations"),
  invalid("no support", without "supports_others", "/supports_others"),
  invalid("strategy is a boolean", process { serves_strategy = "true" }, "/serves_strategy"),
  invalid("operations are a boolean", process { guides_operations = 1 }, "/guides_operations"),
  invalid("support is a boolean", process { supports_others = {} }, "/supports_others"),
  invalid("no level", without "level", "/level"),
  invalid("level 0", process { level = 0 }, "/level"),
  invalid("level 4", process { level = 4 }, "/level"),
  invalid("half a level", process { level = 1.5 }, "/level"),
  invalid("a level in words", process { level = "one" }, "/level"),
  invalid("an owner is a text", process { owner = 4 }, "/owner"),
  invalid("a parent is a text", process { parent = true }, "/parent"),
}

-- Every combination; the class is the first that is true, whatever the process lacks.
local CLASSES = {
  { field = "serves_strategy", class = "strategic" },
  { field = "guides_operations", class = "operational" },
  { field = "supports_others", class = "support" },
}

for bits = 0, 7 do
  for level = 1, 3 do
    for lacking = 0, 3 do
      local tx = {
        id = "X", level = level,
        serves_strategy = bits & 4 ~= 0, guides_operations = bits & 2 ~= 0, supports_others = bits & 1 ~= 0,
        owner = lacking & 1 == 0 and "U4" or nil, parent = lacking & 2 == 0 and "X-1" or nil,
      }
      local class, reasons = "unclassified", { "unclassified" }
      for i = #CLASSES, 1, -1 do
        if tx[CLASSES[i].field] then
          class, reasons = CLASSES[i].class, { CLASSES[i].field }
        end
      end
      if level > 1 and not tx.parent then
        reasons[#reasons + 1] = "no_parent"
      end
      if not tx.owner then
        reasons[#reasons + 1] = "no_owner"
      end
      cases[#cases + 1] = { name = "combination " .. bits .. ", level " .. level .. ", lacking " .. lacking, input = tx,
        expect = { outcome = class, reasons = reasons, class = class } }
    end
  end
end

-- Blank in every way, and texts that only look so.
for i, blank in ipairs { "", " ", "\t", "\r\n", "\u{3000}", " \u{3000}\t\u{3000}\r\n " } do
  cases[#cases + 1] = { name = "owner: blank " .. i, input = process { owner = blank }, expect = operational "no_owner" }
  cases[#cases + 1] = { name = "parent: blank " .. i, input = process { level = 2, parent = blank },
    expect = operational "no_parent" }
end
for i, given in ipairs { ".", "\u{A0}", "\u{200B}", "\u{2003}", "\u{0}", "\v", "\u{3000}x" } do
  cases[#cases + 1] = { name = "owner: given " .. i, input = process { owner = given }, expect = operational() }
  cases[#cases + 1] = { name = "parent: given " .. i, input = process { level = 2, parent = given },
    expect = operational() }
end

-- The edges of the declaration.
edges.text(cases, { input = process {}, expect = operational() }, "id", 1, 64)

return test "process.classification" (cases)
