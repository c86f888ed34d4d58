--- numeric_for
local seen = {}
local function note(...) seen[#seen + 1] = table.concat({ ... }, ",") end
for i = 1, 3 do note(i) end
for i = 3, 1, -1 do note(i) end
for i = 1, 0 do note("never", i) end
for i = 0, 1, -1 do note("never", i) end
for i = 1, 10, 4 do note(i) end
for i = 10, 1, -4 do note(i) end
for i = 5, 5 do note("once", i) end
for i = -3, 3, 3 do note(i) end
for i = 3, 4, 100 do note(i) end
local from, to, step = 7, -7, -5
for i = from, to, step do from, to, step = 0, 0, 1 note(i) end
for i = 9007199254740989, 9007199254740991 do note(i) end
for i = -9007199254740990, -9007199254740991, -1 do note(i) end
for i = 9007199254740990, 9007199254740991, 9007199254740991 do note(i) end
for i = 1, 3 do local i = i * 10 i = i + 1 note(i) end
for i = 1, #seen, #seen // 2 do note("#", i) end
return seen

--- for_evaluates_once
local calls = ""
local function three(name, value) calls = calls .. name return value end
local total = 0
for i = three("a", 1), three("b", 9), three("c", 3) do total = total + i end
local function iterator() calls = calls .. "i" local n = 0 return function() calls = calls .. "." n = n + 1 if n <= 3 then return n, n * n end end end
for n, square in iterator() do total = total + square end
return { calls, total }

--- for_errors
local function try(f) local ok, e = pcall(f) return ok or e:match("^.-:%d+: ") end
return {
  try(function() for i = 1, 10, 0 do return end end),
  try(function() for i = "x", 10 do return end end),
  try(function() for i = 1, {} do return end end),
  try(function() for i = 1, 2, nil do return end end),
  try(function() for i in 5 do return end end),
  try(function() for i in nil do return end end),
}

--- generic_for
local function range(n) return function(limit, i) if i < limit then return i + 1, limit - i end end, n, 0 end
local seen = {}
for i, left in range(3) do seen[#seen + 1] = i * 10 + left end
for k, v in next, { "p", "q" } do seen[#seen + 1] = k .. v end
for _, v in ipairs(setmetatable({}, { __index = function(_, i) if i < 4 then return i * 3 end end })) do seen[#seen + 1] = v end
for k, v in setmetatable({}, { __call = function(_, s, c) c = c + 1 if c < s then return c, -c end end }), 4, 0 do seen[#seen + 1] = k + v * 10 end
for a, b, c in (function() local done return function() if not done then done = true return 1, nil, 3 end end end)() do
  seen[#seen + 1] = a + c seen[#seen + 1] = b == nil
end
for k, v in pairs(setmetatable({}, { __pairs = function() return function(_, k) if not k then return "once", 1 end end end })) do
  seen[#seen + 1] = k .. v
end
return seen

--- goto_continue
local seen = {}
for i = 1, 6 do
  if i % 2 == 0 then goto continue end
  for j = 1, 4 do
    if j == i then goto continue end
    if j > 2 then goto inner end
    seen[#seen + 1] = i * 10 + j
    ::inner::
  end
  seen[#seen + 1] = i
  ::continue::
end
return seen

--- goto_machine
local seen, n, s = {}, 0, ""
::start::
n = n + 1
if n == 1 then goto a elseif n == 2 then goto b elseif n == 3 then goto c end
goto finish
::a:: s = s .. "a" goto start
::b:: do s = s .. "b" goto start end
::c:: s = s .. "c"
do
  local again = 0
  ::inner::
  again = again + 1
  local captured = again
  seen[#seen + 1] = function() captured = captured + 1 return captured end
  if again < 3 then goto inner end
end
goto start
::finish::
return { s, n, seen[1](), seen[2](), seen[3](), seen[1]() }

--- goto_out_of_loops
local seen = {}
for i = 1, 5 do
  for j = 1, 5 do
    local k = 0
    while true do
      k = k + 1
      repeat
        if i * j * k == 12 then goto found end
        if k > 4 then goto next_j end
      until true
    end
    ::next_j::
  end
  goto next_i
  ::found:: seen[#seen + 1] = i
  ::next_i::
end
do goto skip; local lost = 1; seen[#seen + 1] = lost ::skip:: end
return seen

--- while_and_repeat
local seen, i = {}, 10
while i > 0 do i = i - 3 if i == 4 then break end seen[#seen + 1] = i end
repeat local last = i i = i - 1 local stop = last < 2 seen[#seen + 1] = last until stop
repeat do break end until false
while true do if #seen > 6 then break else seen[#seen + 1] = "." end end
repeat local n = #seen if n % 2 == 1 then seen[n + 1] = "odd" end until #seen % 2 == 0 and n
while #seen < 3 do return "never" end
return seen

--- conditions
local function word(n)
  if n < 0 then return "negative" elseif n == 0 then return "zero" elseif n < 10 then return "small"
  elseif n < 100 then if n % 2 == 0 then return "even" else return "odd" end else return "large" end
end
local function side(log, v) log[#log + 1] = tostring(v) return v end
local log = {}
local a = side(log, nil) and side(log, 1) or side(log, 2)
local b = side(log, false) or side(log, nil) or side(log, "x")
local c = side(log, 1) and side(log, false) or side(log, nil)
local d = not side(log, nil) == true and not not side(log, 0)
local e = nil and nil or false
local f = (1 and 2) .. (nil or 3) .. tostring(false or nil)
return { word(-1), word(0), word(9), word(10), word(11), word(100), a, b, c == nil, d, e, f, table.concat(log, " "),
  1 < 2 == true, 1 == 1 ~= false, not (1 > 2) == not nil, "a" < "b" and "B" < "a", not 1 == 2, #"abc" == 3 and -2 ^ 2 == -4 }

--- multiple_assignment
local t, i, j = { 10, 20, 30 }, 1, 3
t[i], t[j] = t[j], t[i]
i, t[i] = i + 1, 99
local a, b, c, d = (function() return 1, 2, 3 end)()
local e, f = ((function() return 1, 2 end)())
local g, h = 1
a, b = b, a
local u = { n = 0 }
local function at() u.n = u.n + 1 return u.n end
u[at()], u[at()], u[at()] = "p", "q"
local x, y, z = 0, (function() return 1, 2 end)()
local k = { 1 }
k[1], k = 5, { 7 }
local m = k
k[1], k[2], k[#k + 1] = k[2], k[1], #k
return { t, i, a, b, c, d == nil, e, f == nil, g, h == nil, u[1], u[2], u[3] == nil, u.n, x, y, z, #k, k[1] == nil or k[1], k == m }

--- early_returns
local function find(t, want)
  for i, row in ipairs(t) do
    for j, v in ipairs(row) do
      if v == want then do return i, j end end
      while v > 50 do return "large", v end
    end
  end
  do return end
end
local t = { { 1, 2 }, { 3, 4, 5 }, { 60 } }
return { { find(t, 4) }, { find(t, 9) }, { find(t, 1) }, select("#", find({}, 1)), select("#", (find({}, 1))) }

--- nested_loops
local primes, sieve = {}, {}
for i = 2, 120 do
  if not sieve[i] then
    primes[#primes + 1] = i
    for j = i * i, 120, i do sieve[j] = true end
  end
end
local triples = {}
for c = 1, 30 do for b = 1, c do for a = 1, b do if a * a + b * b == c * c then triples[#triples + 1] = a .. "-" .. b .. "-" .. c end end end end
local n, steps = 27, 0
while n ~= 1 do if n % 2 == 0 then n = n // 2 else n = 3 * n + 1 end steps = steps + 1 end
return { primes, triples, steps }
