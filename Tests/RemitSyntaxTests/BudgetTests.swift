import RemitSyntax
import Testing

/// No cycle of a program escapes the counter.
@Suite struct BudgetTests {
  @Test(arguments: [
    "while true do end", "repeat until false", "repeat local x = 1 until x == 2", "::a:: goto a",
    "do ::a:: do goto a end end",
    "::a:: local x = 1 do goto b end ::b:: goto a", "local t = { 1 } while #t > 0 do local x = #t end",
    "for i = 1, 2147483647 do end", "for i = 1, 9007199254740991 do end", "local n = 1 << 40 for i = 1, n do end",
    "for i = 1, 3 do ::again:: do goto again end end", "for i = 1, 2 do for j = 1, 2 do while true do end end end",
    "for i = 1, 1000 do for j = 1, 1000 do for k = 1, 1000 do end end end",
    "for i = 1, 40 do for j = 1, 40 do for k = 1, 40 do for l = 1, 40 do end end end end",
    "for i = 1, 1 << 50 do if i == 0 then break end end", "for i = 1, 1 << 50 do if i == 0 then return end end",
    "for i = 1, 1 << 50 do if i < 0 then goto out end end ::out::", "for i = 1 << 50, 1, -1 do goto next ::next:: end",
    "local s = 1 for i = s, 1 << 50 do end", "local s = 3 s = s * 1 for i = s, 1 << 50, s do end",
    "for _ in function() return 1 end do end", "for _ in next, { 1 } do for _ in function() return 1 end do end end",
    "local function f() return f() end f()", "local function f() f() end f()",
    "local function f() pcall(f) return f() end f()",
    "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k + 1] end return t[1]",
    "local t = setmetatable({}, {}) getmetatable(t).__call = function(self, n) return self(n) end return t(1)",
    "local t = {} function t:m() return self:m() end t:m()", "local f f = function() return f() end while f() do end",
    "local a, b function a() return b() end function b() return a() end a()",
    "if x then while true do end elseif true then repeat until nil else goto l end ::l::",
    "local f = (function(...) while ... do end end) f(1)", "return (function() while true do end end)()",
    "while true do local function f() return 1 end f() end", "while true do pcall(error) end",
    "while true do if x then break end end", "repeat do goto c end ::c:: until nil", "while true do goto c ::c:: end",
    "for i = 1, 100 do ::l:: for j = 1, 10 do if j == 5 then goto l end end end",
    "local co = 0 while true do co = co + 1 end", "do local t = { n = 0 } while true do t.n = t.n + 1 end end",
  ])
  func anEndlessProgramSpendsItsBudget(_ program: String) throws {
    let text = try translate(Array("local function main(...) \(program)\nend return main(...)".utf8), file: "p").text
    let answer = try Stock.run([.init(kind: "budget", texts: [text])])[0]
    #expect(answer.hasPrefix("budget spent") || answer.contains("stack overflow"), "\(answer)")
  }

  @Test(arguments: [
    "for i = 1, 100 do end", "for i = 1, 1000 do local x = i + 1 end",
    "local t = {} for i = 1, 200 do t[i] = i * i end",
    "local n = 0 while n < 100 do n = n + 1 end", "for _, v in ipairs { 1, 2, 3 } do print(v) end",
  ])
  func aShortProgramDoesNot(_ program: String) throws {
    let text = try translate(Array(program.utf8), file: "p").text
    #expect(try Stock.run([.init(kind: "budget", texts: [text])]) == ["finished"])
  }

  /// What loops cost is counted rather too high than too low, but not by much.
  @Test func aLoopOfKnownLengthIsChargedWhereItStands() throws {
    let text = String(
      decoding: try translate(Array("for i = 1, 100 do end return 1".utf8), file: "p").text, as: UTF8.self)
    #expect(!text.contains("__remit_for("))
    let long = String(decoding: try translate(Array("for i = 1, 10000 do end".utf8), file: "p").text, as: UTF8.self)
    #expect(long.contains("__remit_for(1,"))
  }
}
