import RemitSyntax
import Testing

/// What a policy may not do is refused when it is loaded: everything at once, with its line and a remedy.
@Suite struct RefusalTests {
  static func messages(_ text: String) -> [String] {
    do {
      _ = try translate(Array(text.utf8), file: "p.lua")
      return []
    } catch {
      return error.all.map(\.description)
    }
  }

  @Test(arguments: [
    ("local x <close> = nil", "'<close>' variables are not available"),
    ("local __remit_add = 1", "the name '__remit_add' is reserved"),
    ("local t = {} t.__remit = 1", "the name '__remit' is reserved"),
    ("goto __remitx ::__remitx::", "the name '__remitx' is reserved"),
    ("local _ENV = {}", "'_ENV' is not available"),
    ("return function(_ENV) end", "'_ENV' is not available"),
    ("x = 1", "assignment to the global 'x': a policy has no globals of its own; declare it with 'local'"),
    ("local a a, x = 1, 2", "assignment to the global 'x'"),
    ("function f() end", "definition of the global function 'f'"),
    ("local a <const> = 1 a = 2", "attempt to assign to const variable 'a'"),
    ("local a <const> = 1 return function() a = 2 end", "attempt to assign to const variable 'a'"),
    ("local n = 0 return function() n = n + 1 end", "a function assigns to 'n', a local of the file (line 1)"),
    ("local f local function g() function f() end end", "a function assigns to 'f', a local of the file (line 1)"),
    ("local n for i = 1, 2 do local function g() return function() n = i end end end", "a function assigns to 'n'"),
    ("return 0x1p4", "hexadecimal fractions such as '0x1p4'"),
    ("return 0x.8", "hexadecimal fractions such as '0x.8'"),
    ("return 0x20000000000000", "is past 2^53 - 1"),
    ("return 0xffffffffffffffffffffff", "is past 2^53 - 1"),
    ("return 12345678901234567890123456789012345", "more than 34 significant digits"),
    ("return 0.12345678901234567890123456789012345", "more than 34 significant digits"),
    ("return 1e6145", "leaves the range of decimals"),
  ])
  func isRefusedWithWords(_ text: String, _ words: String) {
    let found = Self.messages(text)
    #expect(found.contains { $0.hasPrefix("p.lua:1: ") && $0.contains(words) }, "\(found)")
  }

  @Test(arguments: [
    "local n = 0 n = n + 1 for i = 1, 3 do n = i end return n", "local t = {} return function() t.x = 1 end",
    "local n return function() local n n = 1 return n end", "return function(n) return function() n = 1 end end",
    "return '_ENV __remit'", "-- _ENV __remit\nreturn 1", "return 0x1FFFFFFFFFFFFF", "return 0x00000000000000000000001",
    "return 1234567890123456789012345678901234", "return 123456789012345678901234567890123400000", "return 1e6144",
    "return 0.000000000000000000000000000000000000000000001", "local f f = 1 function f() end", "return 1 .. 2",
  ])
  func isAllowed(_ text: String) {
    #expect(Self.messages(text) == [])
  }

  @Test func allRefusalsComeAtOnceInTheOrderOfTheText() {
    let found = Self.messages("local a = 1\nx = 1\nfunction y()\n  a = 2\nend\nreturn _ENV, 0x1p1\nthen")
    #expect(found.map { $0.prefix(8) } == ["p.lua:2:", "p.lua:3:", "p.lua:4:", "p.lua:6:", "p.lua:6:", "p.lua:7:"])
    #expect(found.last == "p.lua:7: <eof> expected near 'then'")
  }

  @Test func binaryChunksAreRefused() {
    #expect(Self.messages("\u{1B}Lua") == ["p.lua:1: attempt to load a binary chunk: a policy is text"])
  }
}
