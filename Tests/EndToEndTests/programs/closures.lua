--- counters
local function counter(start, step)
  local n = start
  return function() n = n + step return n end, function() return n end, function(value) n = value end
end
local up, read, set = counter(0, 3)
local down, other = counter(100, -7)
local seen = { up(), up(), read(), down(), down(), other() }
set(50)
seen[#seen + 1] = up()
seen[#seen + 1] = other()
return seen

--- loop_variables_are_fresh
local made = {}
for i = 1, 4 do
  local j = i * i
  made[#made + 1] = function(add) i = i + add j = j + i return i * 100 + j end
end
for _, word in ipairs({ "x", "yy" }) do made[#made + 1] = function(add) word = word .. add return #word end end
local n = 0
while n < 2 do n = n + 1 local m = n made[#made + 1] = function(add) m = m + add return m * 7 end end
repeat local k = n made[#made + 1] = function(add) k = k - add return k end n = n + 1 until k >= 3
local seen = {}
for round = 1, 2 do for i = 1, #made do seen[#seen + 1] = made[i](round) end end
return seen

--- varargs
local function count(...) return select("#", ...) end
local function rest(_, ...) return ... end
local function pack(...) return { n = count(...), ... } end
local function both(...) local a, b = ... return b, a, ... end
local t = pack(both(1, 2, 3))
local u = pack(rest(1, nil, nil))
local v = pack((both(1, 2, 3)))
local function sum(first, ...) if not first then return 0 end return first + sum(...) end
local function forward(f, ...) return f(...) end
return { t.n, { table.unpack(t) }, u.n, v.n, { table.unpack(v) }, sum(1, 2, 3, 4, 5), count(), count(nil), count(nil, nil), count(both()), count(both(), both()),
  forward(sum, 4, 5, 6), (select(-2, 7, 8, 9)), { select(2, "a", "b", "c") }, forward(count, nil, nil, nil),
  (function(...) local t = { ..., ... } return #t end)(1, 2, 3), (function(...) local t = { ..., (...) } return #t end)(1, 2, 3) }

--- vararg_closures
local function curry(f, ...)
  local held = table.pack(...)
  return function(...)
    local all = table.pack(table.unpack(held, 1, held.n))
    for i = 1, select("#", ...) do all[all.n + i] = (select(i, ...)) end
    return f(table.unpack(all, 1, all.n + select("#", ...)))
  end
end
local function digits(...) local s = 0 for _, d in ipairs({ ... }) do s = s * 10 + d end return s end
return { curry(digits, 1, 2)(3, 4), curry(curry(digits, 9), 8)(7), curry(digits)(5), curry(digits, 6)() }

--- recursion
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
local function ackermann(m, n)
  if m == 0 then return n + 1 elseif n == 0 then return ackermann(m - 1, 1) end
  return ackermann(m - 1, ackermann(m, n - 1))
end
local even, odd
function even(n) if n == 0 then return true end return odd(n - 1) end
function odd(n) if n == 0 then return false end return even(n - 1) end
local function depth(n) if n == 0 then return 0 end return 1 + depth(n - 1) end
local function gcd(a, b) if b == 0 then return a end return gcd(b, a % b) end
return { fib(15), ackermann(2, 3), even(1000), odd(999), depth(150), gcd(1071, 462), gcd(-12, 18) }

--- tail_calls
local function loop(n, acc) if n == 0 then return acc end return loop(n - 1, acc + n) end
local state = {}
function state.a(n, s) if n == 0 then return s .. "!" end return state.b(n - 1, s .. "a") end
function state.b(n, s) if n == 0 then return s .. "?" end return state.a(n - 1, s .. "b") end
return { loop(5000, 0), state.a(7, ""), state.b(4, ">") }

--- shadowing
local x = 1
local function f() return x end
local x = x + 10
local function g() x = x * 2 return x end
do local x = x + 100 x = x + 1 local function h() return x end g() x = h() + x end
local seen = { f(), x, g() }
local function x(x) local x = x .. "x" return x end
seen[#seen + 1] = x("y")
for x = 1, 2 do local x = x * 5 seen[#seen + 1] = x end
if true then local seen = {} seen[1] = "lost" end
return seen

--- shared_upvalues
local function account()
  local balance, log = 0, {}
  local self = {}
  local function note(what) log[#log + 1] = what .. "=" .. balance end
  function self.deposit(v) balance = balance + v note("d") return self end
  function self.withdraw(v)
    if v > balance then return nil, "short by " .. v - balance end
    balance = balance - v
    note("w")
    return self
  end
  function self.log() return table.concat(log, " ") end
  return self
end
local a, b = account(), account()
a.deposit(50).deposit(25).withdraw(30)
local none, why = b.deposit(5).withdraw(8)
return { a.log(), b.log(), none == nil, why }

--- constants
local LIMIT <const>, NAME <const>, FLAG <const>, NOTHING <const> = 40, "limit", true, nil
local DOUBLE <const> = LIMIT * 2
local function over(n) return n > LIMIT, NAME .. DOUBLE, FLAG, NOTHING == nil, -LIMIT, ~LIMIT, LIMIT // 7, LIMIT % -7 end
return { over(41) }

--- higher_order
local function map(t, f) local r = {} for i, v in ipairs(t) do r[i] = f(v, i) end return r end
local function filter(t, f) local r = {} for _, v in ipairs(t) do if f(v) then r[#r + 1] = v end end return r end
local function fold(t, f, acc) for _, v in ipairs(t) do acc = f(acc, v) end return acc end
local function compose(...)
  local fs = { ... }
  return function(v) for i = #fs, 1, -1 do v = fs[i](v) end return v end
end
local numbers = {}
for i = -5, 5 do numbers[#numbers + 1] = i end
return {
  map(numbers, function(v, i) return v * v - i end),
  filter(numbers, function(v) return v % 3 == 1 end),
  fold(numbers, function(a, v) return (a * 31 + v) % 1000003 end, 7),
  compose(tostring, function(v) return v // 2 end, math.abs)(-9),
}
