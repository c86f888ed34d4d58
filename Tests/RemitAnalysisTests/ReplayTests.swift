import RemitLua
import RemitPolicy
import RemitTestKit
import RemitWire
import Testing

@testable import RemitAnalysis
@testable import RemitLog

/// Rows as a log has them, without what chains them.
private struct Row {
  var id = "1"
  var method = #""decide_batch""#
  var row: Int? = 0
  var rows: Int? = 2

  var json: String {
    let zeros = String(repeating: "0", count: LineFrame.hashDigits)
    let places = (row.map { #","row":\#($0)"# } ?? "") + (rows.map { #","rows":\#($0)"# } ?? "")
    return #"{"n":1,"previous":"\#(zeros)","time":"","request":{"id":\#(id),"method":\#(method)\#(places),"input":{}},"#
      + #""at":"2025-06-15","policy":"a.x","version":"0","decision":{"outcome":"x"},"hash":"\#(zeros)"}"#
  }
}

/// Hands a line to `body`, as a reader does.
private func withLine<Result>(_ json: String, _ body: (LogLine) throws -> Result) throws -> Result {
  let block = ByteBlock(Array(json.utf8))
  defer { withExtendedLifetime(block) {} }
  let bytes = unsafe UnsafeRawBufferPointer(block.bytes)
  let place = LogLine.Place(segment: LogSegment(folder: "log", firstNumber: 1), line: 1)
  guard let frame = unsafe LineFrame.read(bytes), let line = unsafe LogLine(bytes, frame, place) else {
    throw WireError(code: .json, message: "no line: \(json)", location: .byte(0))
  }
  return unsafe try body(line)
}

@Suite("Rows that were decided together")
struct RowGroupingTests {
  private func groups(_ rows: [Row]) throws -> (grouping: RowGrouping, places: [Int?]) {
    var grouping = RowGrouping()
    let places = try rows.enumerated().map { index, row in
      unsafe try withLine(row.json) { unsafe grouping.add($0, at: index) }
    }
    return (grouping, places)
  }

  @Test("A batch is a group; one row, and what is decided by itself, is none")
  func batches() throws {
    let (grouping, places) = try groups([
      Row(row: 0, rows: 3), Row(row: 1, rows: 3), Row(row: 2, rows: 3), Row(row: 0, rows: 1), Row(row: 0, rows: nil),
      Row(method: #""decide""#, row: nil, rows: nil), Row(row: 0, rows: 2), Row(row: 1, rows: 2),
    ])
    #expect(places == [0, 0, 0, nil, nil, nil, 1, 1])
    #expect(grouping.groups.map(\.lines) == [[0, 1, 2], [6, 7]])
    #expect(grouping.groups.allSatisfy(\.isComplete) && !grouping.awaitsRows)
  }

  @Test("Rows of several batches and of other threads may stand between each other")
  func interleaved() throws {
    let (grouping, places) = try groups([
      Row(id: "1", row: 0), Row(id: "2", row: 0), Row(row: 0, rows: nil), Row(id: "2", row: 1), Row(id: "1", row: 1),
    ])
    #expect(places == [0, 1, nil, 1, 0])
    #expect(grouping.groups.map(\.lines) == [[0, 4], [1, 3]])
    #expect(!grouping.awaitsRows)
  }

  @Test("A batch that lost rows takes none of the next one that is alike, and is given up in the end")
  func incomplete() throws {
    let (grouping, places) = try groups([Row(row: 1), Row(row: 0, rows: 3), Row(row: 0), Row(row: 0), Row(row: 1)])
    #expect(places == [0, 1, 2, 3, 3])
    #expect(grouping.groups.map(\.isComplete) == [false, false, false, true])
    #expect(grouping.awaitsRows)
    var longer = grouping
    unsafe try withLine(Row(row: 0, rows: nil).json) { line in
      for (index, awaits) in [(10_002, true), (10_003, false)] {
        let group = unsafe longer.add(line, at: index)
        #expect(group == nil)
        #expect(longer.awaitsRows == awaits)
      }
    }
  }
}

@Suite("Values in the place of masked ones")
struct StandInTests {
  private static let policy = """
    return policy {
      summary = "For tests.", outcomes = { "x" }, reasons = { r = { en = "R." } },
      input = record { value = %@ },
      decide = function(tx) return { outcome = "x", reasons = { "r" } } end,
    }
    """

  @Test(
    "A declaration accepts what stands in for its values",
    arguments: [
      "text {}", "text { min = 40 }", "text { max = 0 }", "integer {}", "integer { min = 5 }", "integer { max = -7 }",
      "number { min = -3, max = -2.5 }", "money { min = \"0.01\" }", "boolean {}", "date {}", "timestamp {}",
      "enum { \"b\", \"a\\\"\" }", "record { a = text {}, b = optional(text {}), c = record { d = date {} } }",
      "list { of = money { min = 7 } }", "list { of = record { a = integer {} }, min = 3 }",
      "map { of = boolean {}, min = 2 }",
    ])
  func accepted(_ type: String) throws {
    let text = Self.policy.split(separator: "%@", maxSplits: 1).joined(separator: type)
    let folder = TemporaryFolder(["a/x.lua": text])
    defer { withExtendedLifetime(folder) {} }
    let loader = PolicyLoader(ModuleStore(folder: PolicyFolder(policies: folder.path, plugins: "nothing")))
    let (loaded, machine) = try loader.load(named: "a.x")
    let declaration = try JSONView(loaded.declarationJSON.array())
    let declared = DeclaredType(try #require(declaration["input"]))
    let type = try #require(declared.type(at: ["value"]))
    let value = try #require(StandIn.json(for: type))
    let input = ByteBlock(Array("{\"value\":".utf8) + value + [UInt8(ascii: "}")])
    let error = unsafe machine.machine.read(machine.policy, input: UnsafeRawBufferPointer(input.bytes))
    #expect(error == nil)
  }

  @Test("What would be too long is not made up")
  func long() throws {
    let type = DeclaredType(try JSONView(#"{"type":"text","min":100000}"#))
    #expect(StandIn.json(for: type) == nil)
  }
}

@Suite("What one declaration accepts of another")
struct AcceptanceTests {
  private static let types = [
    #"{"type":"text"}"#, #"{"type":"text","max":8}"#, #"{"type":"text","min":2,"max":8}"#,
    #"{"type":"text","optional":true}"#, #"{"type":"integer"}"#, #"{"type":"number","min":1.5}"#,
    #"{"type":"number","min":2}"#, #"{"type":"enum","values":["a","b"]}"#, #"{"type":"enum","values":["b"]}"#,
    #"{"type":"list","of":{"type":"text"}}"#, #"{"type":"list","of":{"type":"text","max":8},"max":3}"#,
    #"{"type":"record","fields":[{"name":"a","type":{"type":"text"}}]}"#,
    #"{"type":"record","fields":[{"name":"a","type":{"type":"text","optional":true}}]}"#,
    #"{"type":"record","fields":[{"name":"a","type":{"type":"text"}},{"name":"b","type":{"type":"text","optional":true}}]}"#,
  ]
  /// The first accepts all of the second, beside each of itself.
  private static let wider: Set<[Int]> = [
    [0, 1], [0, 2], [1, 2], [3, 0], [3, 1], [3, 2], [5, 6], [7, 8], [9, 10], [12, 11],
  ]

  @Test("Each against each")
  func pairs() throws {
    let types = try Self.types.map { DeclaredType(try JSONView($0)) }
    for one in types.indices {
      for other in types.indices {
        let isWider = one == other || Self.wider.contains([one, other])
        #expect(types[one].acceptsAll(of: types[other]) == isWider, "\(Self.types[one]) of \(Self.types[other])")
      }
    }
  }
}

@Suite("What a replay tells")
struct ReplayWordsTests {
  private func difference(_ from: String, _ to: String) -> ReplayDifference {
    ReplayDifference(
      place: LogLine.Place(segment: LogSegment(folder: "log", firstNumber: 11), line: 7), number: 17,
      id: Array(#""PO-1""#.utf8), policy: Array(#""a.x""#.utf8), at: Array("2025-06-15".utf8), formerVersion: nil,
      version: "abc", transition: ReplayTally.Transition(from: from, to: to),
      was: .init(isError: true, json: Array(#"{"code":"unknown_policy"}"#.utf8)),
      now: .init(isError: false, json: Array(#"{"outcome":"x"}"#.utf8)))
  }

  @Test("A difference in words and as JSON")
  func differences() throws {
    #expect(
      difference("error unknown_policy", "x").lines == [
        "0000000000000011.ndjson:7: a.x PO-1: error unknown_policy -> x", #"  was {"code":"unknown_policy"}"#,
        #"  is  {"outcome":"x"}"#,
      ])
    #expect(difference("x", "x").lines[0] == "0000000000000011.ndjson:7: a.x PO-1: x, but not the same decision")
    let json = try JSONView(difference("error unknown_policy", "x").json)
    #expect(json["n"]?.integer == 17 && json["line"]?.integer == 7)
    #expect(json["was"]?.rawText == #"{"error":{"code":"unknown_policy"}}"#)
    #expect(json["is"]?.rawText == #"{"version":"abc","decision":{"outcome":"x"}}"#)
  }

  @Test("Sums")
  func sums() throws {
    var tally = ReplayTally()
    tally.lines = 10
    tally.equal = 3
    tally.masked = 1
    tally.transitions = [.init(from: "a", to: "b"): 2, .init(from: "a", to: "a"): 4]
    tally.formerVersions = ["old": 9, ReplayTally.noVersion: 1]
    tally.incomplete = 3
    tally.regrouped = 2
    tally.underOtherKeys = 1
    tally.undeclared = 1
    var report = Replayer.Report()
    report.policies = [(name: Array(#""a.x""#.utf8), tally: tally)]
    report.total = tally
    report.told = 5
    let summary = ReplaySummary(report, isCandidate: false, seconds: 0.5)
    #expect(summary.differs)
    #expect(summary.table == ["", "a.x: 6 of 10 lines", "  4  a, other bytes", "  2  a -> b"])
    #expect(
      summary.notes == [
        "a.x: 1 line from when there was no such policy", "a.x: 9 lines of version old, which is not the one of now",
        "1 row not compared: others that were decided with them are not in the log",
        "2 rows not compared: decided one by one then, and together now, and which were one batch is not in the log",
        "1 line with values sealed under another key: they stay masked (--log-key may be given again)",
        "1 line masked, since what is masked might be refused now, or that cannot be told: give the policies of then with "
          + "--policies, and these with --candidate, or the key",
        "5 of 6 differences are shown (--all shows every one)",
        "10 lines, 3 equal, 6 differing, 1 masked, 0 not compared (time), 10 of other versions, 0.50 s, 20 decisions/s",
      ])
    let json = try JSONView(summary.json)
    #expect(json["summary"]?["turned"]?.integer == 2 && json["summary"]?["altered"]?.integer == 4)
  }
}
