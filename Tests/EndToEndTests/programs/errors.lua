--- values
local function caught(...) local ok, e = pcall(error, ...) return { ok, type(e), type(e) == "table" and e.code or tostring(e) } end
return { caught("text", 0), caught({ code = 42 }), caught(nil), caught(), caught(7, 0), caught(true), caught("positioned") }

--- levels
local function at(level) error("here", level) end
local function middle(level)
  at(level)
  return 1
end
local function outer(level)
  local r = middle(level)
  return r
end
local seen = {}
for level = 0, 3 do
  local _, e = pcall(outer, level)
  seen[#seen + 1] = e
end
return seen

--- nesting
local log = {}
local function f(n)
  local ok, e = pcall(function()
    if n == 0 then error({ depth = 0 }) end
    f(n - 1)
  end)
  if not ok then
    e.depth = e.depth + 1
    log[#log + 1] = "level " .. n
    error(e)
  end
end
local function g() local _, e = pcall(f, 4) return e.depth end
return { g(), (pcall(pcall, error, "x")), select("#", pcall(pcall, error, "x")), (select(2, pcall(pcall, error, "x"))), #{ pcall(function() return 1, nil, 3 end) }, select("#", pcall(function() return 1, nil, nil end)), log }

--- rethrown
local log = {}
local function protected(f, finally, ...)
  local results = table.pack(pcall(f, ...))
  finally()
  if not results[1] then error(results[2], 0) end
  return table.unpack(results, 2, results.n)
end
local function work(n) if n > 2 then error("too large: " .. n) end return n, n * n end
local a, b = protected(work, function() log[#log + 1] = "closed" end, 2)
local ok, e = pcall(protected, work, function() log[#log + 1] = "closed again" end, 3)
return { a, b, ok, e, log }

--- assertions
local function why(...) local _, e = pcall(...) return e end
return { assert(1), select("#", assert(1, 2, 3)), why(assert, false), why(assert, nil, "own message"), why(assert, false, { 1 })[1], why(function() assert(1 == 2, "with function") end), why(function() assert(nil) end), select(2, assert("a", "b")) }

--- lines_of_runtime_errors
local function why(f) local _, e = pcall(f) return e end
local t = {}
return {
  why(function()
    local a = 1

    return a + t
  end),
  why(function() return
    t.x.y
  end),
  why(function()
    t
      .x
      .y()
  end),
  why(function()
    for i = 1, 3 do
      if i == 2 then
        local s = i .. t
      end
    end
  end),
  why(function()
    -- a comment
    --[[ a long
         one ]]
    return #t < t
  end),
  why(function() local s = [[
two
lines]] return s < 1 end),
  why(function()
    error(
      "written over lines"
    )
  end),
}

--- from_metamethods
local mt = { __index = function(t, k) error("no field " .. k, 2) end, __lt = function() error({ "no order" }) end, __call = function() error("no call", 0) end,
  __newindex = function(t, k) error("no write of " .. k) end, __concat = function() return nil end, __len = function() return 4 end, __eq = function() return nil end }
local o = setmetatable({}, mt)
local function why(f) local ok, e = pcall(f) return ok and "fine" or type(e) == "table" and e[1] or e end
return { why(function() return o.x end), why(function() return o < o end), why(function() return o() end), why(function() o.y = 1 end), (o .. "x") == nil, #o, o == setmetatable({}, mt),
  why(function() table.sort({ 3, 1, 2 }, function(a, b) error("in comparator", 0) end) end), why(function() ("x"):gsub("x", function() error("in gsub", 0) end) end), why(function() for k in pairs(setmetatable({}, { __pairs = function() error("in pairs", 0) end })) do end end),
  why(function() return tostring(setmetatable({}, { __tostring = function() error("in tostring", 0) end })) end), why(function() return tostring(setmetatable({}, { __tostring = function() return 1 end })) end) }

--- levels_from_metamethods
local mt = {}
for _, event in ipairs({ "__add", "__unm", "__concat", "__lt", "__eq", "__len", "__call", "__index", "__newindex" }) do
  mt[event] = function() error("no " .. event, 2) end
end
local o, p = setmetatable({}, mt), setmetatable({}, mt)
local function why(f) local _, e = pcall(f) return e end
return { why(function() return o + 1 end), why(function() return -o end), why(function() return o .. "x" end), why(function() return o < p end),
  why(function() return o == p end), why(function() return #o end), why(function() local v = o(1) return v end), why(function() return o.x end), why(function() o.x = 1 end) }

--- index_is_nil
local t, n = {}
local function why(f) local _, e = pcall(f) return e end
return { why(function() t[n] = 1 end), why(function() local u = {} u[n] = 1 end), why(function() return { [n] = 1 } end) }

--- state_survives
local t = { 1, 2, 3 }
local ok = pcall(function() t[4] = 4 table.insert(t, 5) t[1] = nil + 1 end)
local n = 0
local function bump() n = n + 1 if n % 2 == 0 then error("even", 0) end return n end
local results = {}
for i = 1, 5 do local fine, v = pcall(bump) results[i] = fine and v or v .. i end
return { ok, t, results, n }
