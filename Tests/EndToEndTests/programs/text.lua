--- literals
local a = "a\tb\\c\"d\'e\a\b\f\v\r\n\065\x41\u{48}\u{6F22}\z
           joined"
local b = 'single "double" \
next'
local c = [[
first newline dropped
  second [line] ]=] here]]
local d = [==[
]]]=]==]
local e = [[]]
local f = "\0\1\0010\x7f"
return { #a, a:byte(1, 16), b, c, d, #e, #f, f:byte(4), 0xff, 0xA, 0Xa0, 1e2 == 100, "\u{7F}\u{80}\u{7FF}\u{800}", [[\n]], [=[[[nested]]]=], "a" --[[b]] .. --[==[ c
]==] "d" }

--- building
local parts = {}
for i = 1, 20 do parts[#parts + 1] = i % 3 == 0 and "fizz" .. (i % 5 == 0 and "buzz" or "") or i % 5 == 0 and "buzz" or tostring(i) end
local s = ""
for i = 10, 1, -1 do s = i .. s .. "," end
local function pad(text, n) return (" "):rep(n - #text) .. text end
local lines = {}
for i = 1, 4 do lines[i] = pad(("#"):rep(i), 4) .. "|" .. ("="):rep(5 - i, "-") end
return { table.concat(parts, " "), s, table.concat(lines, "\n"), "a" .. 1 .. 2 .. "b" .. -3 .. "c", 1 .. 2 == "12", ("x" .. "y"):rep(2) .. ("z"):upper() }

--- methods
local s = "Hello, World"
return { s:len(), s:upper(), s:lower(), s:reverse(), s:sub(1, 5), s:sub(-5), s:sub(-5, -2), s:sub(8, 3), s:sub(0), s:sub(-100, 3), s:byte(), s:byte(-1), { s:byte(1, 3) },
  s:rep(2, "/"), s:find("World"), s:find("o", 6), s:find("xyz") == nil, s:find("l+"), s:find("%u", 2), s:find(", ", 1, true), s:find("", 20) == nil, s:find("", 13),
  ("x"):rep(0), ("x"):rep(-1), ("%d"):format(5), #("\0"):rep(5), ("a,b"):find(",", 1, true), ("abc"):sub(2, 2):byte(), string.char(104, 105), string.char() }

--- patterns
local s = "key1 = value1; key_2=  other value ;k3 = 42"
local found = {}
for k, v in s:gmatch("([%w_]+)%s*=%s*([^;]-)%s*%f[;\0]") do found[#found + 1] = k .. ":" .. v end
local dates = {}
for y, m, d in ("2025-06-15, 2024-02-29 and 99-1-1"):gmatch("(%d%d%d%d)-(%d%d)-(%d%d)") do dates[#dates + 1] = d .. "." .. m .. "." .. y end
local words = {}
for w in ("The quick  brown-fox's 3rd"):gmatch("[%a']+") do words[#words + 1] = w end
return { found, dates, words, ("  trim me "):match("^%s*(.-)%s*$"), ("f(a(b)c)(d)"):match("%b()"), ("[[x]]"):match("%[%[(.-)%]%]"), ("a.b.c"):match("^(.*)%.(.-)$"), ("0x1F"):match("^0[xX](%x+)$"),
  ("THE (quick) fox"):find("%f[%a]%a+%f[%A]"), ("aXbXc"):match("^(.-)X(.*)$"), ("x = 'it''s'"):match("(['\"])(.-)%1"), ("abc"):match("()b()"), ("abc"):match("^b") == nil,
  ("a\0b\0c"):match("%z(.)"), ("foo.bar"):match("%.(%w+)$"), ("%d"):match("%%d"), ("]"):match("[]]"), ("-"):match("[a-]"), ("^"):match("[%^x]"), ("b"):match("[^a]"), ("é"):match("[\xc3][\xa9]") }

--- gsub
local function f(s, ...) local r, n = s:gsub(...) return r .. "#" .. n end
return { f("hello world", "o", "0"), f("hello world", "o", "0", 1), f("hello", "", "-"), f("hello world", "(%w+) (%w+)", "%2 %1"), f("abc", "%w", "%0%0"), f("abc", "%w", "%%%0"),
  f("abc", "b", { b = "B" }), f("abc", ".", { a = 1, b = false }), f("abc", ".", function(c) if c ~= "b" then return c:byte() end end), f("$x $y $z", "%$(%w+)", { x = "X", y = "Y" }),
  f("a1b22", "%d+", function(d) return d * 2 end), f("abc", "^a", "x"), f("aaa", "^a", "x"), f("a b c", "%s", "", 1), f("one two", "%w+", string.upper), f("x", "()", "%1"), f("abab", "(a)(b)", "%2%1"),
  f(" a  b ", "%s+", " "), f("a,b,,c", ",", ";"), f("abc", "%f[%w]", ">"), f("camelCaseName", "%u", function(c) return "_" .. c:lower() end), f("abc", ".-", "x"), f("aaa", "a*", "x"), f("", "", "x"), f("abc", "z*", "") }

--- splitting
local function split(s, sep)
  local out, from = {}, 1
  while true do
    local a, b = s:find(sep, from, true)
    if not a then out[#out + 1] = s:sub(from) return out end
    out[#out + 1] = s:sub(from, a - 1)
    from = b + 1
  end
end
local function csv(line)
  local out, i = {}, 1
  while i <= #line + 1 do
    if line:sub(i, i) == '"' then
      local text, j = "", i + 1
      while true do
        local k = line:find('"', j, true)
        text = text .. line:sub(j, k - 1)
        if line:sub(k + 1, k + 1) == '"' then text = text .. '"' j = k + 2 else i = k + 2 break end
      end
      out[#out + 1] = text
    else
      local k = line:find(",", i, true) or #line + 1
      out[#out + 1] = line:sub(i, k - 1)
      i = k + 1
    end
  end
  return out
end
return { split("a,b,,c", ","), split("", ","), split("a--b--", "--"), csv('1,"a ""q"", b",,x'), csv(""), csv('"",""') }

--- format
local f = string.format
return { f("%d|%5d|%-5d|%05d|%+d|% d", 42, 42, 42, 42, 42, 42), f("%x %X %#x %o", 255, 255, 255, 8), f("%c%c", 76, 117), f("%s|%10s|%-10s|%.2s", "abc", "abc", "abc", "abc"), f("%5.1s|", "xyz"),
  f("%%"), f("%q", 'say "hi"\n\\ \0 end'), f("%q", 42), f("%s %s %s", nil, true, 12), f("%i", "7"), f("%.3d", 5), f("%s", setmetatable({}, { __tostring = function() return "own" end })), f("%-5d|%-5s|", -3, "x"), f("plain"), f("%5s%%", 10) }

--- numbers_of_texts
local seen = {}
for _, s in ipairs({ "10", "  10  ", "-7", "+7", "0x1f", "-0x1F", "1e1", "", " ", "x", "1x", "0x", "1 2", "--1", "10\n", "\t5", "0b1", "1_000", "٣" }) do
  local n = tonumber(s)
  seen[#seen + 1] = n == nil and "nil" or n == 10 and "ten" or n .. ""
end
return { seen, tonumber("ff", 16), tonumber("-zz", 36), tonumber("777", 8), tonumber("8", 8) == nil, tonumber("1010", 2), tonumber(" 11 ", 2), tonumber("1.0", 10) == nil, tonumber(nil) == nil or true, tonumber({}) == nil, tonumber(5), tostring(-0), tostring(123) }

--- caesar_and_roman
local function caesar(s, n) return (s:gsub("%a", function(c) local base = c:match("%l") and 97 or 65 return string.char((c:byte() - base + n) % 26 + base) end)) end
local function roman(n)
  local s = ""
  for _, pair in ipairs({ { 1000, "M" }, { 900, "CM" }, { 500, "D" }, { 400, "CD" }, { 100, "C" }, { 90, "XC" }, { 50, "L" }, { 40, "XL" }, { 10, "X" }, { 9, "IX" }, { 5, "V" }, { 4, "IV" }, { 1, "I" } }) do
    while n >= pair[1] do s, n = s .. pair[2], n - pair[1] end
  end
  return s
end
local function palindrome(s) s = s:lower():gsub("[^%a]", "") return s == s:reverse() end
local hash = 0
for i = 1, 26 do hash = (hash * 31 + ("abcdefghijklmnopqrstuvwxyz"):byte(i)) % 1000000007 end
return { caesar("Hello, World!", 3), caesar(caesar("Hello, World!", 3), -3), roman(1994), roman(3888), palindrome("A man, a plan, a canal: Panama"), palindrome("no"), hash }

--- utf8_texts
local s = "aé漢😀"
local points, places = {}, {}
for p, c in utf8.codes(s) do places[#places + 1] = p points[#points + 1] = c end
return { points, places, utf8.len(s), utf8.char(97, 233, 28450, 128512) == s, utf8.offset(s, 3), utf8.offset(s, -1), { utf8.codepoint(s, 1, -1) }, #s, utf8.len("\xff") == nil, select(2, utf8.len("ab\xff")), s:sub(utf8.offset(s, 2), utf8.offset(s, 3) - 1), s:reverse() ~= s }

--- tokens
local source = "let x1 = (3 + 42) * y_2 // -7 ; -- done"
local tokens, at = {}, 1
while at <= #source do
  local from, to = source:find("^%s+", at)
  if from then at = to + 1 goto continue end
  for _, kind in ipairs({ { "comment", "^%-%-.*" }, { "name", "^[%a_][%w_]*" }, { "number", "^%d+" }, { "operator", "^//" }, { "operator", "^[-+*/=()]" }, { "other", "^." } }) do
    from, to = source:find(kind[2], at)
    if from then tokens[#tokens + 1] = kind[1] .. ":" .. source:sub(from, to) at = to + 1 break end
  end
  ::continue::
end
return tokens
