--- division_signs
local seen = {}
for _, a in ipairs({ 7, -7, 8, -8, 0, 1, -1, 9007199254740990, -9007199254740990 }) do
  for _, b in ipairs({ 2, -2, 3, -3, 1, -1, 10, -10, 9007199254740991, -9007199254740991 }) do
    local q, r = a // b, a % b
    seen[#seen + 1] = q
    seen[#seen + 1] = r
    seen[#seen + 1] = q * b + r == a
    seen[#seen + 1] = math.fmod(a, b)
  end
end
return seen

--- precedence
local a, b, c, d = 2, 3, 5, -7
return { a + b * c - d, (a + b) * c, a * b // c % 4, -a + b, - - a, not a == b, a .. b + c, a + b .. c, "x" .. a * b .. "y",
  1 << 2 + 1, (1 << 2) + 1, 5 & 3 | 4 ~ 1, 5 & 3 == 1 and 1, 6 ~ 3 & 2, ~5 & 15, ~(5 & 15), -a // b, -(a // b), a - b - c, a - (b - c),
  100 // 7 // 2, 100 // (7 // 2), 100 % 30 % 7, a < b == true, #"ab" + 1, -#"ab", not nil and 1, 2 * 3 % 4, 7 & 3 << 1, 1 | 2 ~ 3 & 2,
  a * -b, a - -b, a - - -b, ~a * b, -~a, ~-a }

--- bits
local seen = {}
local values = { 0, 1, -1, 5, -6, 255, -256, 4294967295, 4294967296, 2147483648, -2147483648, 2251799813685248, 4503599627370495, -4503599627370495 }
for _, a in ipairs(values) do
  seen[#seen + 1] = ~a
  for _, b in ipairs(values) do
    seen[#seen + 1] = a & b
    seen[#seen + 1] = a | b
    seen[#seen + 1] = a ~ b
  end
end
return seen

--- shifts
local seen = {}
for _, n in ipairs({ 0, 1, 2, 7, 31, 32, 40, 63, 64, 65, 1000, 9007199254740991, -1, -3, -64, -9007199254740991 }) do
  seen[#seen + 1] = 0 << n
  seen[#seen + 1] = 1 >> n
  seen[#seen + 1] = 4503599627370495 >> (n < 0 and -n or n)
  if n >= 0 and n < 45 or n >= 64 then seen[#seen + 1] = 93 << n end
end
return { seen, 1 << -3, 1024 >> 3, 1 >> -3, -1 >> 60, -1 >> 63, -1 << 10, -1 << 64, 5 << 0, -5 >> 64 }

--- texts_have_no_bits
local function try(f) local ok, e = pcall(f) return ok or e end
return { try(function() return "3" << 2 end), try(function() return 1 | "0x10" end), try(function() return "6" & "3" end), try(function() return ~"5" end), try(function() return "x" ~ 1 end) }

--- comparison
local values = { -3, 0, 4, 9007199254740991 }
local texts = { "", "\0", "a", "a\0", "ab", "b", "B", "10", "9", "é", "漢" }
local seen = {}
local function row(list)
  for _, x in ipairs(list) do
    local s = ""
    for _, y in ipairs(list) do
      s = s .. (x < y and "<" or "") .. (x <= y and "[" or "") .. (x == y and "=" or "") .. (x > y and ">" or "") .. (x >= y and "]" or "") .. (x ~= y and "~" or "") .. " "
    end
    seen[#seen + 1] = s
  end
end
row(values)
row(texts)
local t, u = {}, {}
return { seen, t == t, t == u, t ~= u, 1 == "1", "1" == 1, nil == false, 0 == false }

--- coercions
return { "10" + 5, "3" * "4", 10 .. 20, -"2", "0x10" + 0, " 7 " + 1, "10" // "3", "-7" % "3", 1 .. "", "a" .. 1 + 2, -"-3",
  "5" - 2 .. "", ("12"):rep(2) + 1, #(12 .. ""), "7" // 2 * "3", math.max("10" + 0, 9), tostring(12) .. tostring(true) .. tostring(nil) }

--- type_errors
local function why(f) local ok, e = pcall(f) return ok and "no error" or e end
local n, t, s, b
t, s, b = {}, "text", true
return {
  why(function() return n + 1 end), why(function() return 1 - t end), why(function() return b // 2 end),
  why(function() return -t end), why(function() return n .. "x" end), why(function() return "x" .. t .. "y" end), why(function() return #n end), why(function() return #5 end),
  why(function() return n.x end), why(function() return t.x.y end), why(function() n.x = 1 end), why(function() t.x.y = 1 end),
  why(function() return n() end), why(function() return t() end), why(function() return t.x() end), why(function() return t:x() end), why(function() return s:nothing() end),
  why(function() return n < 1 end), why(function() return 1 < s end), why(function() return t < t end), why(function() return t <= 1 end), why(function() return b > b end),
  why(function() return t & 1 end), why(function() return s | 1 end), why(function() return ~n end), why(function() return 1 << t end),
  why(function() return (1)() end), why(function() return ("x")() end),
}

--- arithmetic_on_words
local function where(f) local ok, e = pcall(f) return ok and "no error" or e:match("^.-:%d+: ") end
return {
  where(function() return "text" * 2 end), where(function()
    return 1 - "1,5" end), where(function() return -"x" end),
  where(function() local s = "7 8" return
    s // 1 end), where(function() return "" + 0 end), where(function() return "0x" % 2 end),
  where(function() return 1 // 0 end), where(function() return 1 % 0 end), where(function() local n = 5 n = n // (n - 5) end),
}

--- evaluation_order
local log = {}
local function v(name, value) log[#log + 1] = name return value end
local t = { v("a", 1) + v("b", 2) * v("c", 3), v("d", "x") .. v("e", "y") .. v("f", "z"), v("g", 1) < v("h", 2), v("i", 5) // v("j", 2) - v("k", 1), [v("l", "key")] = v("m", "value") }
local function f(...) return select("#", ...) end
local n = v("n", f)(v("o", 1), v("p", 2), v("q", nil))
local u = {}
u.x, u.y = v("r", 1), v("s", 2)
local s = v("t", "abc"):sub(v("u", 2), v("v", 3))
return { table.concat(log), t[1], t[2], t[3], t[4], t.key, n, u.x, u.y, s }

--- long_arithmetic
local a, b, c = 3, 5, 7
local sum = a + b + c + a * b + b * c + c * a - a - b - c + (a + b) * (b + c) * (c + a) - ((a - b) * (b - c) * (c - a)) // 2 + a % b + b % c + c % a
  + -a + -b + -c + (a + (b + (c + (a + (b + (c + (a + (b + c)))))))) - (((((((a - b) - c) - a) - b) - c) - a) - b)
local bits = a | b & c ~ a << b >> c | ~a & 255 ~ b | (c << 2 | a) & (b ~ 31)
return { sum, bits, a * b * c * a * b * c, a * 1000000 * b * 100000, 9007199254740991 - 1 + 1, -9007199254740991 + a - a }
