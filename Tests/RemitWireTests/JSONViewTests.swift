import Testing

@testable import RemitWire

@Suite("Looking into JSON")
struct JSONViewTests {
  @Test("every kind of value shows what it is")
  func kinds() throws {
    let view = try JSONView(
      #" { "o" : {} , "a":[1, -2.50e3,"x"],"s":"\u4e2d\"\n\ud83d\ude00","t":true,"f":false,"n":null,"":0,"a":2 } "#)
    #expect(view.kind == .object)
    #expect(view.members.map(\.key) == ["o", "a", "s", "t", "f", "n", "", "a"])
    #expect(view.members.map(\.value.kind) == [.object, .array, .string, .boolean, .boolean, .null, .number, .number])
    #expect(view["a"]?.elements.map(\.rawText) == ["1", "-2.50e3", "\"x\""])
    #expect(view["a"]?[0]?.integer == 1)
    #expect(view["a"]?[1]?.integer == nil)
    #expect(view["a"]?[2]?.string == "x")
    #expect(view["a"]?[3] == nil && view["a"]?[-1] == nil)
    #expect(view["s"]?.string == "中\"\n😀")
    #expect(view["t"]?.boolean == true && view["f"]?.boolean == false && view["n"]?.isNull == true)
    #expect(view[""]?.integer == 0)
    #expect(view["missing"] == nil && view["o"]?.members.isEmpty == true)
    #expect(view["s"]?.members.isEmpty == true && view["s"]?.elements.isEmpty == true && view["t"]?.string == nil)
  }

  @Test("a scalar is a text of its own")
  func scalars() throws {
    #expect(try JSONView(" 12 ").rawText == "12")
    #expect(try JSONView("\"\"").string == "")
    #expect(try JSONView("null").isNull)
  }

  @Test(
    "a text that is not JSON names the byte at fault",
    arguments: [
      ("", 0, "text ends inside a value"), ("[1,]", 3, "unexpected character"), ("{\"a\":01}", 6, "malformed number"),
      ("\"\\x\"", 2, "invalid escape in a string"), ("[[1]]", 1, "nested too deeply"),
      ("1 2", 2, "unexpected character"),
    ])
  func errors(text: String, offset: Int, message: String) {
    #expect(throws: WireError(code: .json, message: message, location: .byte(offset))) {
      try JSONView(text, depthMax: 1)
    }
  }
}
