import RemitSyntax
import Testing

/// What other tools read from the tree.
@Suite struct TreeTests {
  static let policy = """
    local types = require "lib.types"
    local fields = {
      city = text {},
    }
    local d = policy {
      summary = "s",
      input = record {
        id = text {},
        vendor = optional(record {
          name = text {},
        }),
        lines = list {
          max = 5,
          of = record {
            sku = text {},
          },
        },
        ["odd name"] = text {},
        address = record(fields),
        shared = types.shared,
      },
    }
    return d
    """

  @Test(
    arguments: [
      ([], 5), (["summary"], 6), (["input"], 7), (["input", "id"], 8), (["input", "vendor"], 9),
      (["input", "vendor", "name"], 10),
      (["input", "lines"], 12), (["input", "lines", "sku"], 15), (["input", "lines", "of", "sku"], 15),
      (["input", "odd name"], 18),
      (["input", "address", "city"], 3), (["input", "shared", "deep", "er"], 20), (["input", "missing"], 7),
      (["missing"], 5),
    ] as [([String], Int)])
  func findsTheLineOfADeclaration(_ path: [String], _ line: Int) throws {
    #expect(try parse(Array(Self.policy.utf8), file: "p").line(ofDeclaration: path) == line)
  }

  @Test func findsTheItemThatDeclares() throws {
    let tree = try parse(Array(Self.policy.utf8), file: "p")
    let field = try #require(tree.field(ofDeclaration: ["input", "vendor", "name"]))
    #expect(tree.position(of: field.start) == (line: 10, column: 7))
    #expect(tree.field(ofDeclaration: ["input", "shared", "deep"]) == nil)
    #expect(tree.field(ofDeclaration: ["missing"]) == nil)
    #expect(tree.field(ofDeclaration: []) == nil)
  }

  @Test func findsNoDeclarationWhereThereIsNone() throws {
    for text in ["", "return 1", "local x = {} return x", "return f()", "return f(1)(2)"] {
      #expect(try parse(Array(text.utf8), file: "p").line(ofDeclaration: ["input"]) == nil)
    }
    #expect(try parse(Array("return test 'x' { a = 1,\nb = 2 }".utf8), file: "p").line(ofDeclaration: ["b"]) == 2)
  }

  @Test func listsWhatIsRequired() throws {
    let text =
      "local a = require 'lib.a'\nlocal b = require(\"b\\46c\").x\nlocal require = 1\nrequire 'no' x.require 'no' f(1)"
    let found = try translate(Array(text.utf8), file: "p").requires
    #expect(found.map(\.name) == ["lib.a", "b.c"])
    #expect(found.map(\.line) == [1, 2])
  }

  /// The lines must be those that the stock compiler notes as `linedefined`.
  @Test func namesTheLinesOfFunctionsThatWriteOutwards() throws {
    let text = """
      local function f(a)
        local function g
          () a = 1 end
        local h = select(1, { q = function() return a end })
        local i = {
          x = function
            (b) return function() a = b end end,
        }
        local t = {}
        function t
          .f() a = 2 end
        function
          h.g() a = 3 end
        local function own() local z = 1 z = 2 return z end
        for _, f in ipairs { g, h.q, i.x, t.f, h.g, own } do print(debug.getinfo(f, "S").linedefined) end
      end
      f()
      """
    let translation = try translate(Array(text.utf8), file: "p")
    #expect(translation.writerLines == [3, 7, 10, 13])
    #expect(try Stock.run([.init(kind: "print", texts: [translation.text])]) == ["3\\n4\\n7\\n10\\n13\\n14"])
  }

  @Test func knowsWhichLookUpsAreWrittenOut() throws {
    let text = """
      local d, key = dataset "d.csv" { role = text {} }, { other = 1 }
      local a = d:find { role = 1, level = 2 }
      local b = d:at(day):find_all({ level = 2; role = 1, role = 3 })
      local c = d.find { not_a_method = 1 }, d:find { 1, mixed = 2 }, d:find { ["computed"] = 1 }, d:find(key), d:find {}
      local e = d:rows { x = 1 }, d:find({ two = 1 }, { arguments = 2 }), d:find "text"
      return function() return d:find({ inside = d:find((({ nested = 1 }))) }) end
      """
    #expect(
      try translate(Array(text.utf8), file: "p").lookups == [["inside"], ["level", "role"], ["nested"]])
  }

  @Test func stringsAreDecodedAsTheStockLuaDoes() throws {
    let literals = [
      #""a\tb\\\"\'\65\065\x41\u{48}\u{20AC}\u{7FFFFFFF}\u{10FFFF}\u{7FF}""#, "'\\\n\\z  \n  x\\\r\ny'", "[[\n\r\n]]",
      "[==[\r\n]]]=]\r]==]",
      "'\\0\\255'", "[[]]", "''", "'\\a\\b\\f\\n\\r\\t\\v\\1'",
    ]
    for literal in literals {
      let tree = try parse(Array("return \(literal)".utf8), file: "p")
      let index = try #require(
        tree.expressions.indices.first { if case .string = tree.expressions[$0].kind { true } else { false } })
      guard case .return(let values) = tree.statements[0].kind else { continue }
      #expect(index == values.range.lowerBound)
      let bytes = try #require(tree.string(tree.expressionLists[values.range.lowerBound]))
      let check =
        "local s = \(literal) print(#s == \(bytes.count)"
        + bytes.enumerated().map {
          " and s:byte(\($0.offset + 1)) == \($0.element)"
        }.joined() + ")"
      #expect(try Stock.run([.init(kind: "compile", texts: [Array(check.utf8)])]) == ["1"])
      #expect(try Stock.run([.init(kind: "plain", texts: [Array(check.utf8)])]) == ["true"], "\(literal)")
    }
  }

  /// The words of the stock compiler, where it is the stock compiler that would have refused.
  @Test(arguments: [
    "x =", "local", "local x = = 1", "if x then", "if x the", "for i do end", "for i = 1 do end", "for 1 = 1, 2 do end",
    "function f(", "return 1 2",
    "f(", "f(\n1", "x.1 = 2", "x:y = 1", "local x <cons> = 1", "local x <const", "'abc", "'abc\n'", "[[abc", "[=abc",
    "--[[ abc", "'\\q'", "'\\xZZ'",
    "'\\u{110000000}'", "'\\u123'", "'\\300'", "0x", "1e", "1..2", "3x", "0x1p", "@", "x = 1 }", "until x", "x", "x, y",
    "f() = 1", "1 = 2", "...",
    "function f() return ... end", "{", "return {1, 2", "a.b:c", "goto 1", "::x", "do end end", "repeat\n\nend",
    "while x do\n\n", "not", "x = }", "x = \u{1}",
    "local function 1() end", "local x <const> = 1; x = 2", "a b", "return return", "break break x",
  ])
  func syntaxErrorsHaveTheStockWords(_ text: String) throws {
    let stock = try Stock.run([.init(kind: "message", texts: [Array(text.utf8)])])[0]
    #expect(RefusalTests.messages(text).last?.replacing("p.lua:", with: "p:").replacing("\n", with: "\\n") == stock)
  }
}
