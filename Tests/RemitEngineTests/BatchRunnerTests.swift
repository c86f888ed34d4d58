import RemitEngine
import RemitModel
import Testing

@Suite("Batches of lines")
struct BatchRunnerTests {
  private func run(
    _ text: String, jobs: Int = 1, pieceBytes: Int = .max, chunkBytes: Int = 64, lineBytesMax: Int = 40,
    sink: MemorySink = MemorySink()
  ) -> (report: BatchRunner.Report, sink: MemorySink) {
    var runner = BatchRunner(jobs: jobs)
    runner.chunkBytes = chunkBytes
    runner.limits.lineBytesMax = lineBytesMax
    let report = runner.runLines(
      from: MemorySource(text, pieceBytes: pieceBytes), to: sink, outcomes: 2, first: EchoDecider()
    ) { EchoDecider() }
    return (report, sink)
  }

  @Test(
    "Lines are numbered from 1, and blank ones are skipped but counted",
    arguments: [
      ("", []),
      ("\n\n", []),
      ("a", ["1:a"]),
      ("a\nb\n", ["1:a", "2:b"]),
      ("\n \t\r\na\n\nb", ["3:a", "5:b"]),
      ("a\r\nb\r\n", ["1:a\r", "2:b\r"]),
      ("\u{FEFF}a\n\u{FEFF}b\n", ["1:a", "2:\u{FEFF}b"]),
      ("\u{FEFF}", []),
    ])
  func numbering(text: String, expected: [String]) {
    for pieceBytes in [1, 2, 3, .max] {
      #expect(run(text, pieceBytes: pieceBytes).sink.text == expected.map { $0 + "\n" }.joined())
    }
  }

  @Test(
    "A line at the limit is decided, and one byte more is an error line whose id is null", arguments: [1, 7, 64, .max])
  func limit(pieceBytes: Int) {
    let atLimit = String(repeating: "x", count: 40)
    let past = String(repeating: "y", count: 41)
    let farPast = String(repeating: "z", count: 1000)
    let (report, sink) = run("\(atLimit)\n\(past)\n\(farPast)\n\(atLimit)\r\nlast\n\(farPast)", pieceBytes: pieceBytes)
    func tooLong(_ line: Int) -> String {
      "{\"id\":null,\"line\":\(line),\"policy\":\"a.b\",\"version\":\"0\",\"error\":{\"code\":\"line_too_long\","
        + "\"message\":\"line is longer than 40 bytes\"}}"
    }
    let expected = ["1:\(atLimit)", tooLong(2), tooLong(3), "4:\(atLimit)\r", "5:last", tooLong(6)]
    #expect(sink.text == expected.map { $0 + "\n" }.joined())
    #expect(report.tally.rows == 6)
    #expect(report.tally.errors == 3)
  }

  @Test("Outcomes and errors are counted")
  func tally() {
    let report = run("a\nb\n!c\na\n").report
    #expect(report.tally.rows == 4)
    #expect(report.tally.errors == 1)
    #expect(report.tally.outcomes == [1, 2])
    #expect(report.failure == nil)
  }

  @Test("Any number of workers writes the same bytes", arguments: [1, 2, 3, 8])
  func workers(jobs: Int) {
    let seed = 7
    var state = UInt64(seed)
    let text = (0..<5000).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let length = Int(state >> 33) % 60
      return length % 11 == 0 ? "" : String(repeating: length % 7 == 0 ? "!" : "q", count: length)
    }.joined(separator: "\n")
    let expected = run(text, chunkBytes: 1 << 20)
    for chunkBytes in [64, 200, 4096] {
      let actual = run(text, jobs: jobs, chunkBytes: chunkBytes)
      #expect(actual.sink.bytes == expected.sink.bytes)
      #expect(actual.report.tally == expected.report.tally)
    }
  }

  @Test("Long results are written before a chunk is done, still in order", arguments: [1, 4])
  func longResults(jobs: Int) {
    let text = (0..<40).map { "line\($0)" }.joined(separator: "\n")
    var runner = BatchRunner(jobs: jobs)
    runner.chunkBytes = 64
    let sink = MemorySink()
    let makeDecider: @Sendable () -> EchoDecider = {
      let decider = EchoDecider()
      decider.resultBytesMin = 700_000
      return decider
    }
    let report = runner.runLines(
      from: MemorySource(text), to: sink, outcomes: 2, first: makeDecider(), makeDecider: makeDecider)
    #expect(sink.lines.map { $0.prefix { $0 != "." } } == (0..<40).map { "\($0 + 1):line\($0)" })
    #expect(report.tally.rows == 40)
  }

  @Test("A closed output ends the work", arguments: [1, 4])
  func closedOutput(jobs: Int) {
    let sink = MemorySink()
    sink.bytesMax = 500
    let report = run(String(repeating: "abc\n", count: 10000), jobs: jobs, sink: sink).report
    #expect(report.failure?.isClosedPipe == true)
    #expect(report.tally.rows < 10000)
  }

  @Test("What was read before reading failed is decided", arguments: [1, 4])
  func failedInput(jobs: Int) {
    let source = MemorySource(String(repeating: "abc\n", count: 1000), pieceBytes: 100)
    source.failure = StreamError("cannot read x: input/output error")
    let sink = MemorySink()
    var runner = BatchRunner(jobs: jobs)
    runner.chunkBytes = 64
    let report = runner.runLines(from: source, to: sink, outcomes: 2, first: EchoDecider()) { EchoDecider() }
    #expect(report.failure == source.failure)
    #expect(sink.lines.count == 1000)
  }
}
