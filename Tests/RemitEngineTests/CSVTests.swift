import RemitEngine
import RemitLua
import RemitModel
import RemitPolicy
import RemitWire
import Testing

/// Gives the input back as an output, so that a test sees what became of the cells.
private final class ReflectingDecider: LineDecider {
  let label: [UInt8] = []

  func decide(_ input: UnsafeRawBufferPointer, line: UInt64, into output: inout ByteWriter) -> Int? {
    output.append("{\"decision\":{\"outcome\":\"yes\",\"reasons\":[\"a\",\"b\"],\"line\":")
    output.append(Int(line))
    output.append(",\"input\":")
    unsafe output.append(input)
    output.append("}}\n")
    return 0
  }
}

@Suite("Batches of CSV")
struct CSVTests {
  private func declaration() throws -> PolicyDeclaration {
    let json = """
      {"name":"a.b","summary":"","strict":false,"outcomes":["yes"],"input":{"type":"record","fields":[
        {"name":"amount","type":{"type":"money"}},{"name":"name","type":{"type":"text"}},
        {"name":"note","type":{"type":"text","optional":true}},{"name":"day","type":{"type":"date"}},
        {"name":"urgent","type":{"type":"boolean","optional":true}},
        {"name":"who","type":{"type":"record","fields":[
          {"name":"level","type":{"type":"integer"}},{"name":"id","type":{"type":"text"}}]}},
        {"name":"boss","type":{"type":"record","optional":true,"fields":[{"name":"id","type":{"type":"text"}}]}},
        {"name":"lines","type":{"type":"list","optional":true,"of":{"type":"text"}}},
        {"name":"tags","type":{"type":"map","optional":true,"of":{"type":"text"}}}]},"params":[],"reasons":[]}
      """
    return try #require(PolicyDeclaration(json: ByteBlock(Array(json.utf8))))
  }

  private func run(_ text: String, jobs: Int = 1, chunkBytes: Int = 64, pieceBytes: Int = .max) throws -> String {
    var runner = BatchRunner(jobs: jobs)
    runner.chunkBytes = chunkBytes
    let sink = MemorySink()
    let report = try runner.runCSV(
      from: MemorySource(text, pieceBytes: pieceBytes), to: sink, declaration: declaration(), first: ReflectingDecider()
    ) { ReflectingDecider() }
    #expect(report.failure == nil)
    return sink.text
  }

  /// The JSON that the cells of one row become.
  private func input(_ header: String, _ row: String) throws -> String {
    let rows = try CSVReader.rows(of: Array(run("\(header)\n\(row)\n").utf8))
    let column = try #require(rows[0].texts.firstIndex(of: "decision.input"))
    return rows[1][column]
  }

  @Test(
    "Cells become what the declaration asks for",
    arguments: [
      ("amount", "12.50", "{\"amount\":12.50}"),
      ("amount", "\"12,50\"", "{\"amount\":\"12,50\"}"),
      ("amount", "+1", "{\"amount\":\"+1\"}"),
      ("amount", "007", "{\"amount\":\"007\"}"),
      ("amount", "-0.5e3", "{\"amount\":-0.5e3}"),
      ("amount", "1.", "{\"amount\":\"1.\"}"),
      ("amount", "\"1,\"\"name\"\":2\"", "{\"amount\":\"1,\\\"name\\\":2\"}"),
      ("amount,name", ",", "{\"name\":\"\"}"),
      ("name,note", "a,", "{\"name\":\"a\"}"),
      ("name,note", "12,x", "{\"name\":\"12\",\"note\":\"x\"}"),
      ("name,day", "a,", "{\"name\":\"a\"}"),
      ("day", "2025-01-01", "{\"day\":\"2025-01-01\"}"),
      ("urgent", "true", "{\"urgent\":true}"),
      ("urgent", "yes", "{\"urgent\":\"yes\"}"),
      ("who.level,who.id", "3,U1", "{\"who\":{\"level\":3,\"id\":\"U1\"}}"),
      ("who.level,name,who.id", "3,n,U1", "{\"who\":{\"level\":3,\"id\":\"U1\"},\"name\":\"n\"}"),
      ("who.level,name", ",n", "{\"who\":{},\"name\":\"n\"}"),
      ("boss.id,name", ",n", "{\"name\":\"n\"}"),
      ("boss.id,name", "U9,n", "{\"boss\":{\"id\":\"U9\"},\"name\":\"n\"}"),
      ("lines", "\"[\"\"a\"\"]\"", "{\"lines\":[\"a\"]}"),
      ("lines", "\"1,\"\"amount\"\":5\"", "{\"lines\":\"1,\\\"amount\\\":5\"}"),
      ("tags.x,tags.y", "1,", "{\"tags\":{\"x\":\"1\"}}"),
      ("who", "\"{\"\"level\"\":1}\"", "{\"who\":{\"level\":1}}"),
      ("other,name", "o,n", "{\"name\":\"n\"}"),
      ("id,name", "7,n", "{\"id\":\"7\",\"name\":\"n\"}"),
      ("name,name", "a,b", "{\"name\":\"a\",\"name\":\"b\"}"),
    ])
  func cells(header: String, row: String, expected: String) throws {
    #expect(try input(header, row) == expected)
  }

  @Test("The output has the input's columns and the decision's, whatever the number of workers", arguments: [1, 2, 5])
  func output(jobs: Int) throws {
    let text = "name,x\r\na,\"q\"\"q\"\r\n\r\n\"b\nb\",\nstray\"quote,1\nshort\nd,\"4,5\",6\nc,z"
    let expected = """
      name,x,decision.outcome,decision.reasons,decision.input,decision.line,error.code,error.message
      a,"q""q",yes,a;b,"{""name"":""a""}",2,,
      "b
      b",,yes,a;b,"{""name"":""b\\nb""}",4,,
      ,,,,,,parse_error,line 6: a quote inside a field that does not begin with one
      short,,,,,,parse_error,line 7: 1 fields instead of 2
      d,"4,5",,,,,parse_error,line 8: more than 2 fields
      c,z,yes,a;b,"{""name"":""c""}",9,,

      """
    for pieceBytes in [1, 5, .max] {
      #expect(try run(text, jobs: jobs, pieceBytes: pieceBytes) == expected)
    }
  }

  @Test("More than fits in memory waits in a file")
  func spool() throws {
    let row = "name," + String(repeating: "y", count: 1000) + "\n"
    let output = try run("name,x\n" + String(repeating: row, count: 20_000), jobs: 2, chunkBytes: 1 << 16)
    #expect(output.utf8.count > 20_000 * 1000)
    #expect(output.hasSuffix("yes,a;b,\"{\"\"name\"\":\"\"name\"\"}\",20001,,\n"))
  }

  @Test("Without a header there is nothing to go by", arguments: ["", "\n\n"])
  func noHeader(text: String) {
    #expect(throws: StreamError.self) { try run(text) }
  }

  @Test("A header alone is an empty table")
  func headerOnly() throws {
    #expect(try run("\u{FEFF}name") == "name,decision.outcome,decision.reasons,error.code,error.message\n")
  }
}
