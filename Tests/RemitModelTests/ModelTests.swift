import RemitModel
import Testing

@Suite("Names, versions, codes and diagnostics")
struct ModelTests {
  @Test(
    "A policy's name is a family and a name in lower snake case",
    arguments: [
      ("approval.purchase_order", true), ("a.b", true), ("a1.b_2", true),
      ("approval", false), ("approval.", false), (".x", false), ("a.b.c", false), ("Approval.x", false), ("a.B", false),
      ("a.1b", false), ("a._b", false), ("a-b.c", false), ("a.b c", false), ("a.ü", false), ("", false), (".", false),
      ("approval.purchase_order_test", false), ("lib.authority", false), ("meta.policy", false),
      ("plugin.calendar", false),
      ("../x.y", false), ("a/b.c", false),
    ])
  func policyNames(text: String, isName: Bool) {
    #expect((PolicyName(text) != nil) == isName)
    if isName { #expect(PolicyName(text)?.description == text) }
  }

  @Test("Policies sort by family, then by name")
  func order() throws {
    let names = try ["b.a", "a_b.a", "a.b", "a.a"].map { try #require(PolicyName($0)) }
    #expect(names.sorted().map(\.description) == ["a.a", "a.b", "a_b.a", "b.a"])
  }

  @Test("A version shows twelve digits of its hash")
  func version() {
    let version = Version(digest: [0x9F, 0x2C, 0x41, 0xD0, 0x7A, 0xB3, 0xFF])
    #expect(version.description == "9f2c41d07ab3")
    #expect(version.hex == "9f2c41d07ab3ff")
  }

  @Test(
    "A message of the machine is taken apart into file, line and words",
    arguments: [
      ("approval/po.lua:14: attempt to compare", "approval/po.lua", 14, "attempt to compare"),
      ("odd:name.lua:3: bad: 4: x", "odd:name.lua", 3, "bad: 4: x"),
      ("no place", "", 0, "no place"),
      ("loop in require: a.b -> a.b", "", 0, "loop in require: a.b -> a.b"),
      ("a.lua:x: y", "", 0, "a.lua:x: y"),
      (":3: y", "", 0, ":3: y"),
    ])
  func located(text: String, file: String, line: Int, message: String) {
    let diagnostic = Diagnostic(located: text)
    #expect(diagnostic == Diagnostic(file: file, line: line, message: message))
    #expect(diagnostic.description == text)
  }

  @Test("Diagnostics sort by file, then by line as a number")
  func diagnosticOrder() {
    let sorted = [
      Diagnostic(file: "b.lua", line: 1, message: "x"), Diagnostic(file: "a.lua", line: 10, message: "x"),
      Diagnostic(file: "a.lua", line: 9, message: "z"), Diagnostic(file: "a.lua", line: 9, message: "y"),
    ].sorted()
    #expect(sorted.map(\.description) == ["a.lua:9: y", "a.lua:9: z", "a.lua:10: x", "b.lua:1: x"])
  }

  @Test("Every code has the number and the exit status of the contract")
  func codes() {
    #expect(ErrorCode.allCases.filter { $0.jsonRPCNumber != -32000 } == [.parseError, .invalidParams])
    #expect(ErrorCode.parseError.jsonRPCNumber == -32700)
    #expect(ErrorCode.invalidParams.jsonRPCNumber == -32602)
    #expect(ErrorCode.unknownPolicy.exitStatus.rawValue == 2)
    #expect(ErrorCode.invalidParams.exitStatus.rawValue == 2)
    #expect(ErrorCode.policyError.exitStatus.rawValue == 4)
    #expect(ErrorCode.invalidInput.exitStatus.rawValue == 3)
  }
}
