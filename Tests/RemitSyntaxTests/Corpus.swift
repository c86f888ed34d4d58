/// Programs in whole numbers that use every construct of the language, some of them in ugly ways.
enum Corpus {
  static let programs: [String] = [
    closures, gotos, assignments, calls, loops, text, operators, metatables, layout, tables,
  ]

  static let closures = #"""
    local function counter(step)
      local n = 0
      return function() n = n + step return n end, function(v) n = v end
    end
    local next_one, reset = counter(3)
    print(next_one(), next_one(), reset(10), next_one())
    local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
    print(fib(15))
    local list = {}
    for i = 1, 3 do local j = i * 10 list[i] = function() j = j + i return j end end
    print(list[1](), list[1](), list[2](), list[3]())
    local function outer()
      local a, b, c = 1, 2
      local function middle() local function inner() a = a + 1 b = b * 2 c = (c or 0) - 1 return a, b, c end return inner end
      local f = middle()
      f() return f()
    end
    print(outer())
    do local x = 1 do local x = x + 1 print(x) end print(x) end
    local x = 5 local x = x * x print(x)
    local function va(...) local a, b = ... return select("#", ...), b, a, ... end
    print(va()) print(va(1)) print((va(1, 2, 3))) print(va(1, nil, 3), va(nil))
    local y <const>, z <const> = 10, x - 1
    print(y + z, -y, ~y, #"abc" + y)
    local function tail(n, acc) if n == 0 then return acc end return tail(n - 1, acc + n) end
    print(tail(1000, 0))
    print((function(...) return ... end)(1, 2, 3))
    return outer
    """#

  static let gotos = #"""
    for i = 1, 10 do
      if i % 2 == 0 then goto continue end
      for j = 1, 3 do
        if j == 2 then goto continue end
        print(i, j)
        ::continue::
      end
      ::continue::
    end
    do
      local i = 1
      ::top::
      print("round", i)
      i = i + 1
      if i <= 3 then goto top end
    end
    local n = 3
    while true do
      n = n - 1
      if n < 0 then goto out end
      do goto skip local unused = 1 print(unused) ::skip:: end
    end
    ::out:: print("out", n)
    do
      local k = 0
      ::a:: k = k + 1
      if k == 2 then goto b end
      if k > 4 then goto done end
      goto a
      ::b:: k = k + 10; goto a
      ::done::
    end
    repeat local v = n n = n + 1 if v == 2 then goto cont end print("v", v) ::cont:: until n > 4
    for i = 1, 2 do for j = 1, 2 do if j == 2 then break end print(i, j) end end
    local function f(x) for i = 1, x do if i == 3 then return i, x end end return "none" end
    print(f(2), f(5))
    for _, v in ipairs { 5, 6, 7 } do if v == 6 then goto next end print(v) ::next:: end
    """#

  static let assignments = #"""
    local t, i, j = { 10, 20, 30 }, 1, 3
    t[i], t[j] = t[j], t[i]
    print(t[1], t[2], t[3])
    i, t[i] = i + 1, 99
    print(i, t[1], t[2])
    local function three() return 1, 2, 3 end
    local a, b, c, d = three()
    print(a, b, c, d)
    local u = {} local v = u
    v.x, v.y, v["z"], a = three()
    print(u.x, u.y, u.z, a)
    v.x, v.y = 5
    print(u.x, u.y)
    v.p, v.q = three(), three()
    print(u.p, u.q)
    v.p, v.q = (three()), 7, print("extra")
    print(u.p, u.q)
    local function get(k) print("get", k) return u end
    get("a").m, get("b").n = get("c").p, get("d").q
    print(u.m, u.n)
    get("s").k = get("v").m + 1
    print(u.k)
    u.self = u
    u.self.self.deep = { 1, { 2 } }
    u.self.deep[2][1], u.self.deep[1] = u.deep[1], u.deep[2][1]
    print(u.deep[1], u.deep[2][1])
    a, a, a = 1, 2, 3 print(a)
    a, b = b, a print(a, b)
    local w = {} w[1], w[2], w.x = 1, 2, 3 w[#w + 1] = 4 w[#w + 1], w[#w + 2] = 5, 6 print(#w, w[3], w.x)
    local function many(...) local s = {} s[1], s[2], s[3] = ... return s[3], s[2], s[1] end
    print(many(1, 2), many())
    v.one = three() print(u.one) v[three()] = three() print(u[1])
    v.f = function(...) return ... end v.g = ... print(u.f(8), u.g)
    local l1, l2 l1, l2 = nil, false print(l1, l2)
    i, j = j, i; (v).par = 5; (get("par")).par2 = 6 print(u.par, u.par2)
    """#

  static let calls = #"""
    local Account = {} Account.__index = Account
    function Account.new(balance) return setmetatable({ balance = balance }, Account) end
    function Account:deposit(v) self.balance = self.balance + v return self end
    function Account:show(...) print(self.balance, ...) return self end
    local a = Account.new(10)
    a:deposit(5):deposit(7):show "text":show { 1 } :show(1, 2)
    local M = { sub = { deep = {} } }
    function M.sub.f(x) return x * 2 end
    function M.sub.deep.g(...) return select("#", ...) end
    function M.sub.deep:h(x, ...) return self == M.sub.deep, x, ... end
    function M.sub.deep:none() return self == M.sub.deep end
    function M.sub.deep:va(...) return self == M.sub.deep, ... end
    print(M.sub.f(4), M.sub.deep.g(1, nil, nil), M.sub.deep:h(1, 2, 3)) print(M.sub.deep:none(), M.sub.deep:va(9))
    local f = function(...) return print, ... end
    f()("hi") f "x" "y" f { } [[long]]
    local s = "abc" print(s:upper(), ("x"):rep(3), #s:rep(4), ("%d"):format(7))
    local x = f
    (print)("called as an argument")
    local y = 5 + 1;
    (print)("own statement", y)
    local z = y + 1
    ;(print)("own statement", z)
    print(type(x), (f()))
    local g = a.balance + 1 (print)("after a numeral", g)
    a.balance = {} (print)("after a constructor")
    local q = y .. "s" do (print)("in a block", q) end
    local function id(...) return ... end
    print(id(1, 2) + id(3, 4), id(5, 6) .. id(7, 8), -id(2, 3), #id("ab", "c"), not id())
    print(id(1, id(2, id(3, id(4 + id(5, 6))))))
    return id(1) + id(2)
    """#

  static let loops = #"""
    local n = 0
    for i = 1, 5 do n = n + i end print(n)
    for i = 5, 1, -2 do n = n + i print(i) end
    for i = 1, 0 do print("never") end
    for i = n, n + 3 do print(i) end
    for i = n, 1, -7 do print(i) end
    local lo, hi, st = -2, 2, 2
    for i = lo, hi, st do print(i) for j = i, hi do if j > 0 then break end print(i, j) end end
    for i = 1, 3000 do n = n + i % 7 end print(n)
    for i = 1, 40 do for j = 1, 50 do n = n + j // 3 end end print(n)
    for i = 1, #"abcd" do print(i, i * 2, i + 1, i .. "") end
    for i = 1, 3 do local i = i * 2 print(i) end
    for i = 1, 3 do i = i + 10 print(i) end
    while n > 1000 do n = n // 2 if n % 2 == 1 then n = n - 1 end end print(n)
    repeat local stop = n % 5 == 0 n = n - 1 until stop print(n)
    repeat local k = 1 until k + 0 == 1
    for k, v in pairs { only = 1 } do print(k, v) end
    for i, v in ipairs { 3, 2, 1 } do n = n + i * v end print(n)
    local function range(m) local i = 0 return function() i = i + 1 if i <= m then return i, i * i end end end
    for i, sq in range(4) do print(i, sq) end
    for a, b, c in next, {}, nil do print(a, b, c) end
    local fs = {} for i = 1, 3 do fs[#fs + 1] = function() i = i + 1 return i end end print(fs[1](), fs[1](), fs[2]())
    local function early(t) for i = 1, #t do if t[i] > 1 then return i end end end print(early { 1, 1, 2 }, early {})
    for i = 3, 1 do end for i = 1, 3 do ; end
    local function lim() print("lim") return 2 end local function start() print("start") return 1 end
    for i = start(), lim(), lim() - 1 do print(i) end
    for i = start(), lim() do print(i) end
    for i = 2147483646, 2147483647 do print(i) end
    """#

  static let text = #"""
    print("a\tb\\\"\'\65\065\x41\u{48}\u{20AC}\u{7FFFFFFF}\z
           joined \
    next", 'single "double"', "")
    print([[
    first newline dropped
    ]], [==[ ]] ]=] ]==], [[]], #[[

    ]])
    --[[ a comment
    of lines ]] print("after") --[==[ ]] ]==] print("again") ---[[ not long
    --
    print("a" .. "b" .. 1 .. 2 .. "c", 1 .. "", "x" .. -1, ("a" .. "b"):upper(), "n" .. #"abc")
    local s, n = "s", 7
    print(s .. n, s .. n + 1, s .. (n .. s), (s .. n) .. s, s .. n * 2 .. s == "s14s", -n .. s)
    local t = { s .. "k", [s .. "x"] = s .. n .. s } print(t[1], t.sx, #t[1] + #t.sx)
    print(s < "t" .. s, s .. s .. s .. s)
    s = s .. "!" s = s .. s print(s)
    print(#"\0\r\n", ("\r"):byte(), "\
    ")
    """#

  static let operators = #"""
    local a, b, c = 7, 3, 2
    print(a + b * c - b, (a + b) * (c - b), a // b, a % b, -a // b, -a % b, a - b - c, a - (b - c))
    print(a & b, a | b, a ~ b, a << c, a >> 1, ~a, a & b | c ~ a << b, ~a & ~b, - -a, not not a)
    print(a < b, a <= b, a > b, a >= b, a == b, a ~= b, not a == b, not (a == b), -a < b, a + b == 10)
    print(a and b, nil and a, false or b, nil or false, a and b or c, a or b and c, not nil, #"x" == 1)
    print(2 ^ 2 ^ 3 == 256, -2 ^ 2, 2 ^ -1 == 1 / 2, (a + b) / 5, 7 // 2 * 2 + 7 % 2)
    print(1 + 2 + 3 + 4 * 5, 10 // 3, 10 % 4, -7 // 2, -7 % 3, 7 // -2, 7 % -3, 0x10 + 0xff, 3 - 5 - 6)
    print(#"abc" + #"de" * 2 - 1, (#"abc" + 1) // 2, #"abc" % 2, -#"abc")
    local n = 0 n = n + 1 n = n + 41 n = n - 2 print(n, n + 1, n * n, n // 8, n % 7)
    local m = n m = m * 3 print(m + 1)
    local k = 5 local function bump() k = k + 1 return k end
    print(1000000007 * 1000000009 % 998244353, 9007199254740991 - 1, 2147483647 * 2 + 2147483647)
    print(a+b, a-b, a*b, a%b, a-- comment
      + b, a --[[ inner ]] - --[[ inner ]] b, a
      *
      b)
    print(a==b and(a)+b or(b)-a,a~=b and-a or-b)
    print(not(a)and b,not(a<b)==true,#{a,b,c}+1,({a,b})[2]*2)
    if(a)+b==10 then print"ten"end while(a)-b>100 do end
    return(a)*b+c
    """#

  static let metatables = #"""
    local log = {}
    local mt = { __add = function(x, y) return "add" end, __concat = function(x, y) return "cat" end,
      __index = function(t, k) return k .. "?" end, __newindex = function(t, k, v) log[#log + 1] = k rawset(t, k, v) end,
      __call = function(self, a) return a end, __unm = function() return "neg" end, __len = function() return 42 end,
      __eq = function() return true end, __lt = function() return true end, __le = function() return false end }
    local o, p = setmetatable({}, mt), setmetatable({}, mt)
    print(o + 1, 1 + o, o .. "x", "x" .. o, o.field, o(5), -o, #o, o == p, o < p, o <= p)
    o.a = 1 o.b, o.c = 2, 3 o["d"] = 4 o[10] = 5
    function o.f() return "f" end function o:m() return self == o end
    print(#log, log[1], log[2], log[3], log[4], o.f(), o:m(), "a" .. "b" .. o .. "c")
    local fresh = {} setmetatable(fresh, mt) fresh.x = 1 fresh[1] = 2 print(#log, fresh.x)
    local t = setmetatable({}, { __index = o }) print(t.a, t.zzz)
    """#

  static let layout = #"""
    local
    a
    ,
    b -- one
    = -- two
    1 --[[ three
    ]] ,
    2
    local t = { f = { } ; g = 1 , }
    function t -- a
      . -- b
      f --[[ c
      ]] . -- d
      h ( -- e
      x , -- f
      ... ) -- g
      return x , line ( ) -- h
    end
    function t . f : m ( ) return line ( ) end
    print ( t . f . h ( a ) , t . f : m ( ) )
    t -- i
      . -- j
      f -- k
      [ -- l
      "q" -- m
      ] -- n
      = -- o
      line ( ) -- p
      ;
    print ( t.f.q )
    t . f . x -- q
      , t [ a -- r
      ] -- s
      , b = -- t
      line ( ) , -- u
      line ( ) , -- v
      line ( )
    print ( t.f.x , t[1] , b )
    for -- w
      i -- x
      = -- y
      a -- z
      , -- 1
      line ( ) -- 2
      , -- 3
      30 -- 4
      do -- 5
      print ( i , line ( ) )
    end
    for i = line ( ) , -- 6
      line ( ) -- 7
    do print ( i , line ( ) ) end
    print ( line ( )
      + line ( ) -- 8
      * line ( ) , ~ -- 9
      line ( ) , "a" -- 10
      .. line ( ) -- 11
      .. -- 12
      "c" )
    ;;; do ; end ;
    if a -- 13
    then elseif b then else end
    repeat -- 14
    until -- 15
    line ( )
    return -- 16
      line ( ) -- 17
      - 1 ;
    """#

  static let tables = #"""
    local t = { 1, 2, x = 3, ["y z"] = 4, [10] = 5, { 6, { 7 } }, f = function(a) return a + 1 end, 8; 9, }
    print(#t, t.x, t["y z"], t[10], t[3][2][1], t.f(1), t[4], t[5])
    local function two() return 1, 2 end
    print(#{ two() }, #{ two(), two() }, #{ (two()) }, #{ two(), nil }, #{ ... }, ({ ... })[2])
    local n = { [1 + 1] = "two", [two()] = "one", ["a" .. "b"] = 2 * 3 } print(n[1], n[2], n.ab)
    local list = {} for i = 1, 5 do list[i] = i * i end for i = 1, #list do list[i] = list[i] - 1 end
    list[#list + 1] = "end" list.count = #list list["count"] = list.count + 1 print(table.concat(list, ","), list.count)
    local function fill(out) for i = 1, 3 do out[i] = { n = i } out[i].n = out[i].n + 1 end return out end
    print(fill({})[2].n)
    local alias = list alias[1] = "changed" print(list[1])
    local maybe = {} if #list > 3 then maybe = { 1 } end maybe.x = 2 print(maybe.x)
    local late late = {} late.a = 1 late[true] = 2 late[2] = 3 print(late.a, late[true], late[2])
    list.__index = list print(list.__index == list) t["__x"] = 1 print(t.__x)
    """#
}
