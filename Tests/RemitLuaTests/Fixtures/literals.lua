-- Prints the pairs of a fixture as Lua text, so that they can be put into a policy:
--
--     lua5.4 literals.lua base.lua
--
-- One line a pair: the expression and the literal of its value, both with every byte outside printable ASCII escaped, as
-- `{"…",…}`. A number with a fraction is written in at most 15 digits: it stands for the decimal that the fixture's text had.

local function quoted(text)
  return '"' .. text:gsub('[%c"\\\128-\255]', function(c) return ("\\%03d"):format(c:byte()) end) .. '"'
end

local function literal(value)
  if type(value) == "string" then return quoted(value) end
  if math.type(value) == "float" then return ("%.15g"):format(value) end
  return tostring(value)
end

for _, pair in ipairs(dofile(arg[1])) do
  print("{" .. quoted(pair[1]) .. "," .. literal(pair[2]) .. "}")
end
