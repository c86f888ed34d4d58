import Foundation
import RemitSyntax
import Testing

/// The text that is loaded: what stays native, what becomes a call, and that nothing moves to another line.
@Suite struct EmissionTests {
  static let header =
    "local __remit_B,__remit_spent,__remit_add,__remit_sub,__remit_mul,__remit_div,__remit_idiv,__remit_mod,__remit_pow,"
    + "__remit_band,__remit_bor,__remit_bxor,__remit_shl,__remit_shr,__remit_bnot,__remit_concat,__remit_set,__remit_for,"
    + "__remit_big,__remit_va=... return function(...)"

  /// The translated text without its frame and its charges.
  static func body(_ text: String) throws -> String {
    let translated = String(decoding: try translate(Array(text.utf8), file: "p").text, as: UTF8.self)
    try #require(translated.hasPrefix(header) && translated.hasSuffix("\nend"))
    let charge = try Regex(" __remit_B=__remit_B-[0-9]+ if __remit_B<0 then __remit_spent\\(\\) end ")
    return String(translated.dropFirst(header.count).dropLast(4)).replacing(charge, with: "")
  }

  @Test(arguments: [
    // Whole and small, whatever happens: native.
    "return 1 + 2 * 3", "return #x + 1", "return #x - #y * 2", "return #x // 2 + #x % 10", "return -#x + 5",
    "for i = 1, 10 do y(i + 1, i - 1, i // 2, i % 7) end", "local n = 0 n = n + 1 n = n - #x return n + 1",
    "local n = 0 return n + 1, 'n' .. n", "local n = #x local m = n + 1 return m + 1",
    "local a <const> = 5 return (a) + (2)",
    "local n = 0 n = (n + 1) return n", "return 'a' .. 'b' .. 1", "return ('a' .. 1) .. #x",
    // Comparisons, logic, unary minus, lengths: always native.
    "return a < b, a <= b, a == b, a ~= b, a > b, a >= b, not a, a and b or c, -a, #a", "return -x < -0.5",
    // Numerals that are short.
    "return 1.5, 5000.00, 1e3, .5, 3., 1e15, 9007199254740991, 9007199254740991.0, 0.000, 0e999999, 123456789012345e-22",
    // Tables made here.
    "local t = {} t.x = 1 t['y'] = 2 t[1] = 3 t[#t + 1] = 4 t[2.5] = 5 t[true] = 6 for i = 1, 3 do t[i] = i end",
    "local t t = {} t.x = 1 function t.f() end function t:m() end", "local t = ({}) t.x, t.y = 1, 2",
    "local t = nil t = {} t.x = 1",
    // Calls, statements and loops.
    "return f(x)", "return f(x), g(y)", "for i = 1, 100 do f(i) end", "for i = 10, 1, -1 do f(i) end",
    "for k, v in pairs(t) do f(k) end",
    "while x do f() end repeat f() until x", "goto done do f() end ::done::",
    "local function f(...) local a, b = ... return a end",
    "-- only a comment", "", "return", "return;", "; ; ;", "a.b.c:d 'x' { 1 }",
  ])
  func staysAsItIs(_ text: String) throws {
    #expect(try Self.body(text) == text)
  }

  @Test(
    arguments: [
      ("return a + b", "return (__remit_add(a , b))"),
      ("return a + b, c", "return __remit_add(a , b), c"),
      ("return a - b * c / d", "return (__remit_sub(a , __remit_div(__remit_mul(b , c) , d)))"),
      ("return a // b % c ^ d", "return (__remit_mod(__remit_idiv(a , b) , __remit_pow(c , d)))"),
      (
        "return a & b | c ~ d << e >> f",
        "return (__remit_bor(__remit_band(a , b) , __remit_bxor(c , __remit_shr(__remit_shl(d , e) , f))))"
      ),
      ("return ~a", "return (__remit_bnot(a))"), ("return -a ^ 2", "return -__remit_pow(a , 2)"),
      ("return (a + b)", "return (__remit_add(a , b))"), ("return a + f()", "return (__remit_add(a , (f())))"),
      ("return a + b < c", "return __remit_add(a , b) < c"),
      ("return a .. b .. c", "return (__remit_concat(a , b , c))"),
      ("return 'a' .. f()", "return (__remit_concat('a' , (f())))"),
      ("return a .. (b .. c)", "return (__remit_concat(a , (__remit_concat(b , c))))"),
      ("return a..1 ..'x'", "return (__remit_concat(a,1 ,'x'))"),
      ("return 1 / 2, 2 ^ 2", "return __remit_div(1 , 2), __remit_pow(2 , 2)"),
      ("return 0.5 + 1", "return (__remit_add(0.5 , 1))"),
      ("return 3000000000 + 1", "return (__remit_add(3000000000 , 1))"),
      ("return 2147483647 * 2147483647", "return (__remit_mul(2147483647 , 2147483647))"),
      ("return #x // y, #x // 0, #x % -1", "return __remit_idiv(#x , y), __remit_idiv(#x , 0), __remit_mod(#x , -1)"),
      ("local n = 0 n = n * 2 return n + 1", "local n = 0 n = __remit_mul(n , 2) return (__remit_add(n , 1))"),
      ("local n = 0 n = n + x return n + 1", "local n = 0 n = __remit_add(n , x) return (__remit_add(n , 1))"),
      ("local n = 0 n = n + n return n", "local n = 0 n = __remit_add(n , n) return n"),
      (
        "local n = 0 n, m.x = 1, 2 return n + 1",
        "local n = 0 do local __remit_b1,__remit_v0,__remit_v1= m , 1, 2 "
          + "__remit_set(__remit_b1,\"x\",__remit_v1);n=__remit_v0 end  return n + 1"
      ),
      (
        "local n = 0 n, n = f() return n + 1",
        "local n = 0 n, n = f() return (__remit_add(n , 1))"
      ),
      ("local n = 0.5 return n + 1", "local n = 0.5 return (__remit_add(n , 1))"),
      ("return function(n) return n + 1 end", "return function(n) return (__remit_add(n , 1)) end"),
      // Numerals that no double stands for.
      ("return ...", "return __remit_va(...)"), ("x(1, ...)", "x(1, __remit_va(...))"),
      ("x { ..., ... }", "x { ..., __remit_va(...) }"),
      ("x((...))", "x((...))"), ("return 9007199254740992", "return (__remit_big(\"9007199254740992\"))"),
      ("return 0.1234567890123456, 1e16", "return __remit_big(\"0.1234567890123456\"), __remit_big(\"1e16\")"),
      ("return 1e-23, 9007199254740993.0", "return __remit_big(\"1e-23\"), __remit_big(\"9007199254740993.0\")"),
      ("x(-12345678901234567.5)", "x(-__remit_big(\"12345678901234567.5\"))"),
      // Writes to tables that somebody else may have frozen.
      ("t.x = 1", "__remit_set(t,\"x\" , 1);"), ("t[k] = f()", "__remit_set(t,k , (f()));"),
      ("t.x.y[z] = 1", "__remit_set(t.x.y,z , 1);"),
      ("local t = f() t.x = 1", "local t = f() __remit_set(t,\"x\" , 1);"),
      ("local t = {} t.__x = 1", "local t = {} __remit_set(t,\"__x\" , 1);"),
      ("local t = {} t['__x'] = 1", "local t = {} __remit_set(t,'__x' , 1);"),
      ("local t = {} t['\\95_x'] = 1", "local t = {} __remit_set(t,'\\95_x' , 1);"),
      ("local t = {} t[ [[\n__x]]] = 1", "local t = {} __remit_set(t, [[\n__x]] , 1);"),
      ("local t = {} t[k] = 1", "local t = {} __remit_set(t,k , 1);"),
      ("local t = {} t = f t.x = 1", "local t = {} t = f __remit_set(t,\"x\" , 1);"),
      ("local t = {} return function() t.x = 1 end", "local t = {} return function() __remit_set(t,\"x\" , 1); end"),
      ("local t = ... t.x = 1", "local t = ... __remit_set(t,\"x\" , 1);"),
      ("local a, t = f() t.x = 1", "local a, t = f() __remit_set(t,\"x\" , 1);"),
      ("function t.f(a) end", "__remit_set( t,\"f\",function(a) end);"),
      ("function t.a:m() end", "__remit_set( t.a,\"m\",function(self) end);"),
      ("function t:m(a, ...) end", "__remit_set( t,\"m\",function(self,a, ...) end);"),
      (
        "t.a, u[k] = u[k], t.a",
        "do local __remit_b0,__remit_b1,__remit_k1,__remit_v0,__remit_v1=t, u,k , u[k], t.a "
          + "__remit_set(__remit_b1,__remit_k1,__remit_v1);__remit_set(__remit_b0,\"a\",__remit_v0);end "
      ),
      // Statements that would be read as arguments.
      ("local x = a + 1 (f)()", "local x = __remit_add(a , 1) ;(f)()"),
      ("x.y = 1 (f).z = 2", "__remit_set(x,\"y\" , 1); ;__remit_set((f),\"z\" , 2);"),
      // Words stay apart.
      ("return(a)+b", "return(__remit_add((a),b))"), ("return x and(a)+b", "return x and __remit_add((a),b)"),
    ] as [(String, String)])
  func becomes(_ text: String, _ expected: String) throws {
    #expect(try Self.body(text) == expected)
  }

  @Test func loopsAreChargedBeforeTheyStart() throws {
    #expect(
      try Self.body("for i = 1, #t do f(i) end")
        == "do local __remit_a,__remit_l,__remit_s=__remit_for(5,   1, #t,1) for i=__remit_a,__remit_l,__remit_s  do f(i) end end "
    )
    #expect(
      try Self.body("for i = a, b, f() do end")
        == "do local __remit_f,__remit_e,__remit_h=   a, b, (f()) local __remit_a,__remit_l,__remit_s,__remit_q="
        + "__remit_for(7,__remit_f,__remit_e,__remit_h) for __remit_k=__remit_a,__remit_l,__remit_s  do local i="
        + "__remit_q and __remit_add(__remit_f,__remit_mul(__remit_k,__remit_h)) or __remit_k  end end ")
    // Where the body may leave early, round by round.
    #expect(try Self.body("for i = 1, #t do if i then break end end").contains("__remit_for(0,"))
    #expect(try Self.body("for i = 1, #t do while x do break end end").contains("__remit_for(0,") == false)
    #expect(try Self.body("for i = 1, #t do if i then return end end").contains("__remit_for(0,"))
    #expect(try Self.body("for i = 1, #t do x(function() return end) end").contains("__remit_for(0,") == false)
    #expect(try Self.body("for i = 1, #t do goto c ::c:: end").contains("__remit_for(0,") == false)
    #expect(try Self.body("for i = 1, #t do goto c end ::c::").contains("__remit_for(0,"))
  }

  @Test func fractionalLoopsCountInDecimals() throws {
    let programs = [
      ("for i = 0.5, 2 do print(i) end", "0.5\\n1.5"),
      ("for i = 1, 2, 0.25 do print(i) end", "1.0\\n1.25\\n1.5\\n1.75\\n2.0"),
      ("for i = 2.5, 1, -0.5 do local i = i print(i) end", "2.5\\n2.0\\n1.5\\n1.0"),
      ("for i = 1.5, 1 do print(i) end", ""),
    ]
    let jobs = try programs.map { Stock.Job(kind: "print", texts: [try translate(Array($0.0.utf8), file: "p").text]) }
    #expect(try Stock.run(jobs) == programs.map(\.1))
  }

  @Test func firstLinesThatTheStockLoaderSkipsStayEmpty() throws {
    #expect(try Self.body("#!/usr/bin/lua\nreturn 1") == "\nreturn 1")
    #expect(try Self.body("\u{FEFF}# x\r\nreturn 1") == "\r\nreturn 1")
    #expect(try Self.body("\u{FEFF}return 1") == "return 1")
  }

  @Test func everyTokenKeepsItsLine() throws {
    // In the program called layout, helpers stand for words on lines of their own; it prints its lines itself.
    for program in Corpus.programs where program != Corpus.layout {
      let program = TranslationTests.wrapped(program)
      let lines = try Self.body(program).split(separator: "\n", omittingEmptySubsequences: false)
      let original = program.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.count == original.count)
      for (line, source) in zip(lines, original) {
        // Words never leave their line, except those that helpers stand for.
        let words = source.split { !($0.isLetter || $0.isNumber || $0 == "_") }.filter {
          $0 != "function" && $0 != "for"
        }
        for word in words { #expect(line.contains(word), "\(word) in \(line)") }
      }
    }
  }
}
