--- every_operator
local log = {}
local mt = {}
local function show(v) return type(v) == "table" and v.name or tostring(v) end
for _, event in ipairs({ "add", "sub", "mul", "div", "mod", "pow", "idiv", "band", "bor", "bxor", "shl", "shr", "concat" }) do
  mt["__" .. event] = function(a, b) log[#log + 1] = event .. "(" .. show(a) .. "," .. show(b) .. ")" return #log end
end
mt.__unm = function(a) log[#log + 1] = "unm(" .. a.name .. ")" return #log end
mt.__bnot = function(a) log[#log + 1] = "bnot(" .. a.name .. ")" return #log end
mt.__len = function(a) log[#log + 1] = "len(" .. a.name .. ")" return #log end
mt.__eq = function(a, b) log[#log + 1] = "eq" return a.name == b.name end
mt.__lt = function(a, b) log[#log + 1] = "lt(" .. show(a) .. "," .. show(b) .. ")" return show(a) < show(b) end
mt.__le = function(a, b) log[#log + 1] = "le(" .. show(a) .. "," .. show(b) .. ")" return show(a) <= show(b) end
mt.__call = function(self, ...) log[#log + 1] = "call(" .. self.name .. ")" return select("#", ...), ... end
mt.__tostring = function(self) return "<" .. self.name .. ">" end
local a, b, c = setmetatable({ name = "a" }, mt), setmetatable({ name = "b" }, mt), setmetatable({ name = "a" }, mt)
local r = { a + b, a - 1, 2 * a, a / b, a % 3, 2 ^ a, a // b, a & 1, 1 | a, a ~ b, a << 1, 1 >> a, a .. "x", "x" .. a, a .. b, 1 .. a, -a, ~b, #a,
  a == b, a == c, a ~= b, a ~= c, a < b, a <= b, a > b, a >= b, a < "z", "z" < a, a <= "a", a == "a", rawequal(a, c),
  (a(1, 2)), (select(2, a(1, 2))), tostring(a), "x" + a, nil == a }
return { r, log, rawlen(a) }

--- concat_chain
local mt = {}
mt.__concat = function(a, b)
  local x = type(a) == "table" and a.s or a
  local y = type(b) == "table" and b.s or b
  return setmetatable({ s = "(" .. x .. y .. ")" }, mt)
end
local function w(s) return setmetatable({ s = s }, mt) end
return { ("a" .. w("b") .. "c").s, ("a" .. "b" .. w("c")).s, (w("a") .. "b" .. "c" .. "d").s, ("a" .. "b" .. w("c") .. 1 .. 2).s, (w("a") .. w("b") .. w("c")).s }

--- index_chains
local log = {}
local base = setmetatable({ a = "base a", b = "base b" }, { __index = function(t, k) log[#log + 1] = "miss " .. tostring(k) return k == "deep" and "found" or nil end })
local middle = setmetatable({ b = "middle b" }, { __index = base })
local top = setmetatable({ c = "top c" }, { __index = middle, __newindex = function(t, k, v) log[#log + 1] = "new " .. k middle[k] = v end })
top.c = "changed"
top.d = "to middle"
top.e = nil
local keys = {}
for k in next, top do keys[#keys + 1] = k end
return { top.a, top.b, top.c, top.d, top.deep, top.none == nil, keys, middle.d, base.d == nil, log, #top }

--- newindex_table
local store = {}
local proxy = setmetatable({}, { __index = store, __newindex = store, __len = function() return #store end })
for i = 1, 5 do proxy[i] = i * i end
proxy.x, proxy.y = 1, 2
proxy[2] = nil
local function add(t, ...) for i = 1, select("#", ...) do t[#t + 1] = (select(i, ...)) end end
add(proxy, "p", "q")
local n = 0
for _ in next, proxy do n = n + 1 end
return { n, #proxy, proxy[1], proxy[2] == nil, proxy[5], proxy[6], proxy[7], proxy.x + proxy.y, store.y }

--- inheritance
local function class(parent)
  local c = {}
  c.__index = c
  c.super = parent
  return setmetatable(c, { __index = parent, __call = function(cls, ...) local o = setmetatable({}, cls) if o.init then o:init(...) end return o end })
end
local Shape = class()
function Shape:init(name) self.name = name end
function Shape:area() return 0 end
function Shape:describe() return self.name .. ":" .. self:area() end
local Rectangle = class(Shape)
function Rectangle:init(w, h) Shape.init(self, "rectangle") self.w, self.h = w, h end
function Rectangle:area() return self.w * self.h end
local Square = class(Rectangle)
function Square:init(s) Rectangle.init(self, s, s) self.name = "square" end
function Square:describe() return "[" .. Rectangle.describe(self) .. "]" end
local seen = {}
for _, shape in ipairs({ Shape("plain"), Rectangle(2, 5), Square(4) }) do seen[#seen + 1] = shape:describe() end
return { seen, getmetatable(Square(1)) == Square, Square(3).super == Rectangle, rawequal(Square.area, Rectangle.area) }

--- vectors
local Vector = {}
Vector.__index = Vector
local function vector(x, y) return setmetatable({ x = x, y = y }, Vector) end
function Vector.__add(a, b) return vector(a.x + b.x, a.y + b.y) end
function Vector.__sub(a, b) return vector(a.x - b.x, a.y - b.y) end
function Vector.__mul(a, b)
  if type(a) == "number" then return vector(a * b.x, a * b.y) elseif type(b) == "number" then return vector(a.x * b, a.y * b) end
  return a.x * b.x + a.y * b.y
end
function Vector.__idiv(a, n) return vector(a.x // n, a.y // n) end
function Vector.__mod(a, n) return vector(a.x % n, a.y % n) end
function Vector.__unm(a) return vector(-a.x, -a.y) end
function Vector.__eq(a, b) return a.x == b.x and a.y == b.y end
function Vector.__lt(a, b) return a * a < b * b end
function Vector.__le(a, b) return not (b < a) end
function Vector.__len(a) return a.x + a.y end
function Vector:__tostring() return "(" .. self.x .. " " .. self.y .. ")" end
function Vector.__concat(a, b) return tostring(a) .. tostring(b) end
local a, b = vector(3, 4), vector(-1, 2)
local list = { vector(5, 0), vector(1, 1), vector(0, -3), vector(2, 2) }
table.sort(list)
local s = ""
for _, v in ipairs(list) do s = s .. v end
return { tostring(a + b), tostring(a - b * 2), a * b, tostring(2 * a // 3), tostring(-a % 3), a == vector(3, 4), a ~= b, a < b, a <= a, a > b, #(a + b), a .. b, a .. "!", s }

--- call_chains
local function make(n) return setmetatable({ n = n }, { __call = function(self, m, ...) return make and { self.n + m, ... } or nil end }) end
local function id(...) return ... end
return { make(1)(2, 3, 4), #make(1)(2), { id(table.unpack(make(5)(6, 7))) } }

--- defaults_and_caches
local function default(t, value) return setmetatable(t, { __index = function() return value end }) end
local counts = default({}, 0)
for c in ("mississippi"):gmatch(".") do counts[c] = counts[c] + 1 end
local calls = 0
local squares = setmetatable({}, { __index = function(t, n) calls = calls + 1 local v = n * n t[n] = v return v end })
local total = 0
for i = 1, 3 do for n = 1, 4 do total = total + squares[n] end end
return { counts.m, counts.i, counts.s, counts.p, counts.z, total, calls, rawlen(squares) }

--- equality_needs_two_tables
local calls = 0
local mt = { __eq = function() calls = calls + 1 return true end }
local a, b = setmetatable({}, mt), setmetatable({}, mt)
local other = setmetatable({}, { __eq = function() return false end })
return { a == b, a == 1, a == "x", a == {}, {} == a, a ~= b, a == a, a == other, other == a, rawequal(a, b), calls }
