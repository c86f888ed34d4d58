--- constructors
local function three() return 1, 2, 3 end
local t = { three(), three() }
local u = { three(), (three()) }
local v = { [1] = "a", "b"; x = 1, ["y z"] = 2, [3 + 4] = "seven", three(), }
local nested = { { 1, { 2, { 3, { 4 } } } }, { k = { l = { m = "deep" } } } }
return { t, u, v[1], v[2], v[4], v.x, v["y z"], v[7], #t, #u, nested[1][2][2][2][1], nested[2].k.l.m, #{ n = 1 }, #{ 1, 2, three() }, ({ 1, 2, 3 })[2], #{ three(), nil } }

--- sort_numbers
local t = {}
local x = 12345
for i = 1, 200 do x = (x * 1103 + 12345) % 65536 t[i] = x end
local u = table.move(t, 1, #t, 1, {})
table.sort(t)
table.sort(u, function(a, b) return a > b end)
local fine = true
for i = 1, #t do fine = fine and t[i] == u[#u + 1 - i] and (i == 1 or t[i - 1] <= t[i]) end
return { fine, t[1], t[100], t[200], #t }

--- sort_records
local people = {
  { "Ann", 30, 3 }, { "Bob", 25, 1 }, { "Cid", 30, 2 }, { "Dee", 41, 9 }, { "Eve", 25, 7 }, { "Fay", 30, 1 },
}
local function names(t) local s = {} for i, p in ipairs(t) do s[i] = p[1] end return table.concat(s, " ") end
table.sort(people, function(a, b) if a[2] ~= b[2] then return a[2] < b[2] end return a[3] > b[3] end)
local by_age = names(people)
table.sort(people, function(a, b) return a[1] > b[1] end)
local by_name = names(people)
local words = { "pear", "Apple", "fig", "apple", "Fig", "", "pearl", "10", "9" }
table.sort(words)
local by_byte = table.concat(words, "|")
table.sort(words, function(a, b) return #a < #b or #a == #b and a < b end)
return { by_age, by_name, by_byte, table.concat(words, "|") }

--- insert_and_remove
local t = {}
for i = 1, 5 do table.insert(t, i) end
table.insert(t, 1, "first")
table.insert(t, #t + 1, "last")
table.insert(t, 4, "middle")
local a, b, c = table.remove(t, 1), table.remove(t), table.remove(t, 3)
local empty = {}
local function why(...) local ok, e = pcall(...) return ok or e end
return { t, a, b, c, table.remove(empty) == nil, table.remove(empty, 0) == nil, #t, table.remove(t, #t + 1) == nil,
  why(function() table.insert(t, 99, 1) end), why(function() table.insert(t, 1, 2, 3) end), why(function() table.insert(t) end), pcall(table.remove, t, 99) == false }

--- concat
local t = { 1, "two", 3, "four" }
local function why(...) local ok, e = pcall(...) return ok or e end
return { table.concat(t), table.concat(t, ", "), table.concat(t, "-", 2), table.concat(t, "-", 2, 3), table.concat(t, "-", 3, 2), table.concat({}, "x"),
  table.concat({ "a" }, "x"), table.concat(t, 0), table.concat({ [5] = "e", [6] = "f" }, "+", 5, 6),
  why(function() return table.concat({ 1, {}, 3 }) end), why(function() return table.concat({ 1, 2 }, ",", 1, 3) end), why(function() return table.concat({ true }) end) }

--- pack_and_unpack
local function count(...) return select("#", ...) end
local p = table.pack(1, nil, 3, nil)
return { p.n, count(table.unpack(p)) >= 1, count(table.unpack(p, 1, p.n)), { table.unpack({ 1, 2, 3, 4 }, 2) }, { table.unpack({ 1, 2, 3, 4 }, 2, 3) },
  ({ table.unpack({ 1, 2, 3, 4 }, -1, 1) })[3] == 1, count(table.unpack({}, 1, 0)), count(table.unpack({}, 5, 7)), (table.unpack({ 9, 8 })), table.pack().n,
  math.max(table.unpack({ 4, 9, 2 })), ("x"):rep(table.unpack({ 3, "," })) }

--- move
local t = { 1, 2, 3, 4, 5 }
local forward = table.move(table.move(t, 1, 5, 1, {}), 1, 3, 3)
local backward = table.move(table.move(t, 1, 5, 1, {}), 3, 5, 1)
local into = table.move(t, 2, 4, 10, { [10] = "old" })
local nothing = table.move(t, 3, 2, 1, { "kept" })
return { forward, backward, into[10], into[11], into[12], into[13] == nil, nothing, #table.move({}, 1, 0, 5), table.move({ 1, 2 }, 1, 2, 0)[0] }

--- lengths_and_borders
local t = {}
for i = 1, 20 do t[i] = i end
for i = 20, 11, -1 do t[i] = nil end
local n = #t
t[#t + 1] = "a"
t[#t + 1] = "b"
t[#t] = nil
local u = { n = 0, 1, 2, 3, nil }
return { n, #t, t[#t], #u, #"", #"\0\0", #({ { 1, 2 }, { 3 } })[1], #("x"):rep(10), #table.pack(1, 2, 3) }

--- keys
local k1, k2 = {}, function() end
local t = { [1] = "one", ["1"] = "text one", [true] = "yes", [false] = "no", [k1] = "table", [k2] = "function", [-1] = "minus", [0] = "zero", [""] = "empty", [9007199254740991] = "large" }
t[2 - 1] = "uno"
t["" .. 1] = "text uno"
local field = "na" .. "me"
t.name = "n"
t[nil == nil and "x" or "y"] = "chosen"
return { t[1], t["1"], t[true], t[not true], t[k1], t[k2], t[-1], t[0], t[""], t[9007199254740990 + 1], t[field], t.x, t.y == nil, t[nil] == nil, t[{}] == nil, t[10 // 10], t[3 % 2] }

--- next_and_removal
local t = { 1, 2, 3, a = 1, b = 2, c = 3 }
local keys = {}
for k in pairs(t) do keys[#keys + 1] = tostring(k) t[k] = nil end
table.sort(keys)
local u = { a = 1, b = 2, c = 3 }
for k, v in pairs(u) do u[k] = v * 10 end
return { keys, next(t) == nil, next({}) == nil, u.a + u.b + u.c, (next({ 5 })), (select(2, next({ 5 }))), next({ "x" }, 1) == nil }

--- queue_and_stack
local queue = { first = 1, last = 0 }
local function push(v) queue.last = queue.last + 1 queue[queue.last] = v end
local function pop() local v = queue[queue.first] queue[queue.first] = nil queue.first = queue.first + 1 return v end
for i = 1, 5 do push(i * i) end
local out = { pop(), pop() }
push("end")
while queue.first <= queue.last do out[#out + 1] = pop() end
local heap = {}
local function sift(v)
  heap[#heap + 1] = v
  local i = #heap
  while i > 1 and heap[i // 2] > heap[i] do heap[i], heap[i // 2] = heap[i // 2], heap[i] i = i // 2 end
end
local function least()
  local top, i = heap[1], 1
  heap[1] = heap[#heap]
  heap[#heap] = nil
  while true do
    local child = 2 * i
    if child > #heap then break end
    if child < #heap and heap[child + 1] < heap[child] then child = child + 1 end
    if heap[i] <= heap[child] then break end
    heap[i], heap[child] = heap[child], heap[i]
    i = child
  end
  return top
end
for _, v in ipairs({ 5, 2, 8, 1, 9, 2, 7 }) do sift(v) end
local sorted = {}
while #heap > 0 do sorted[#sorted + 1] = least() end
return { out, sorted }

--- matrices
local function matrix(n, f) local m = {} for i = 1, n do m[i] = {} for j = 1, n do m[i][j] = f(i, j) end end return m end
local function multiply(a, b)
  local n = #a
  return matrix(n, function(i, j) local s = 0 for k = 1, n do s = s + a[i][k] * b[k][j] end return s end)
end
local a = matrix(3, function(i, j) return i * 3 + j - 6 end)
local p = matrix(3, function(i, j) return i == j and 1 or 0 end)
for _ = 1, 5 do p = multiply(p, a) end
return { a, p }

--- math_functions
local function why(f, ...) local ok, e = pcall(f, ...) return ok or (e:gsub("^.-:%d+: ", "")) end
return { math.abs(-5), math.abs(5), math.ceil(7), math.floor(-7), math.max(3), math.max(-1, -5, 0), math.min(4, 2, 8), math.fmod(7, -3), math.fmod(-7, 3), math.tointeger(5),
  math.tointeger("x") == nil, math.type(1), math.type("1") == nil, math.type(nil) == nil, why(function() return math.max() end), why(function() return math.abs({}) end),
  why(function() return math.floor("x") end), why(function() return math.fmod(1, 0) end), why(function() return math.type() end) }
