import Glibc
import RemitEngine
import RemitTestKit
import Synchronization
import Testing

@testable import RemitLog

@Suite struct RepairTests {
  private let segment = "0000000000000001.ndjson"

  @Test func `a cut at every byte of the last line is repaired`() throws {
    let fixture = LogFixture()
    try fixture.write(2)
    let two = fixture.snapshot()
    let start = fixture.read(segment).count
    try fixture.write(1, first: 3)
    let whole = fixture.read(segment)
    let head = try #require(two.first { $0.0 == "head" })
    for cut in start..<whole.count {
      // The last line was never answered: the head has not seen it.
      fixture.restore(two.filter { $0.0 != segment } + [(segment, Array(whole[..<cut])), head])
      fixture.said.withLock { $0 = [] }
      #expect(try fixture.verify().isWhole)
      try fixture.write(1, first: 3)
      let lines = try fixture.lines()
      #expect(lines.count == 3 && lines[2].contains(#""id":3"#))
      let report = try fixture.verify()
      #expect(report.isWhole && report.notes.isEmpty)
      let said = fixture.said.withLock { $0 }
      if cut == start {
        #expect(said.isEmpty)
      } else {
        let words = cut - start == 1 ? "1 byte" : "\(cut - start) bytes"
        let copy = "\(fixture.path)/torn-1-\(start).part"
        #expect(
          said == [
            "warning: \(fixture.path)/\(segment): the last line was torn: cut off \(words) of a decision that was not answered "
              + "(kept in \(copy))"
          ])
        #expect(LogFixture.read(copy) == Array(whole[start..<cut]))
      }
    }
  }

  @Test func `a torn first line of a segment is repaired`() throws {
    let fixture = LogFixture()
    try fixture.write(1)
    let whole = fixture.read(segment)
    for cut in [0, 1, 30, whole.count - 1] {
      let next = "0000000000000002.ndjson"
      fixture.restore(fixture.snapshot().filter { $0.0 != next } + [(segment, whole), (next, Array(whole[..<cut]))])
      let log = try fixture.open()
      log.close()
      #expect(try fixture.verify().isWhole)
      #expect(fixture.files() == [segment])
    }
  }

  @Test func `a head that is damaged at any byte has another slot`() throws {
    let fixture = LogFixture()
    try fixture.write(3)
    let whole = fixture.snapshot()
    let head = fixture.read("head")
    #expect(head.count == 512)
    for place in 0..<512 {
      var damaged = head
      damaged[place] ^= 0x01
      fixture.restore(whole)
      fixture.replace("head", damaged)
      let report = try fixture.verify()
      let words =
        "\(fixture.path)/head: one of its two slots is damaged: where that was the later one, a line that is missing at the end "
        + "cannot be told"
      #expect(report.isWhole && report.notes == [words])
      fixture.said.withLock { $0 = [] }
      try fixture.write(1, first: 4)
      #expect(fixture.said.withLock { $0 } == ["warning: " + words])
      #expect(try fixture.verify().notes.isEmpty)
      #expect(try fixture.lines().count == 4)
    }
    for count in 0..<512 {
      fixture.restore(whole)
      fixture.replace("head", Array(head[..<count]))
      fixture.said.withLock { $0 = [] }
      #expect(try fixture.verify().isWhole)
      try fixture.write(1, first: 4)
      #expect(try fixture.verify().isWhole)
      #expect(fixture.read("head").count == 512)
      let isDamaged = fixture.said.withLock { $0 }.contains { $0.contains("head is damaged") }
      #expect(isDamaged == (count < 256))
    }
  }

  @Test func `a log that never had a line has lost none`() throws {
    let fixture = LogFixture()
    try fixture.write(0)
    #expect(fixture.files().isEmpty)
    let report = try fixture.verify()
    #expect(report.isWhole && report.lines == 0 && report.notes.isEmpty)
    #expect(try LogSummary(try LogReader([fixture.path])).lines == 0)
    // A start on a full disk leaves a head without bytes, and maybe a segment without.
    for files in [["head"], ["head", segment]] {
      fixture.restore(files.map { ($0, []) })
      fixture.said.withLock { $0 = [] }
      try fixture.write(0)
      #expect(fixture.said.withLock { $0 }.isEmpty)
    }
    fixture.restore([("head", []), ("0000000000000005.ndjson", [])])
    try fixture.write(0)
    #expect(fixture.said.withLock { $0 }.last?.contains("head is damaged") == true)
  }

  @Test func `lines that are missing at the end are told for ever`() throws {
    let fixture = LogFixture()
    try fixture.write(4)
    let whole = fixture.read(segment)
    let lines = try fixture.lines()
    let kept = lines[0].utf8.count + lines[1].utf8.count + 2
    fixture.replace(segment, Array(whole[..<kept]))
    #expect(try fixture.verify().problems == ["lines 3 to 4 were acknowledged and are missing at the end"])
    try fixture.write(1, first: 5)
    #expect(
      fixture.said.withLock { $0 } == [
        "warning: \(fixture.path): lines 3 to 4 were written and are missing now; the decision log goes on behind (see remit log verify)"
      ])
    #expect(try fixture.verify().problems == ["0000000000000005.ndjson:1: lines 3 to 4 are missing"])
  }

  @Test func `a log without its segments goes on behind them`() throws {
    let fixture = LogFixture()
    try fixture.write(3)
    fixture.delete(segment)
    try fixture.write(1, first: 4)
    #expect(fixture.files() == ["0000000000000004.ndjson"])
    #expect(try fixture.verify().problems == ["0000000000000004.ndjson:1: lines 1 to 3 are missing"])
    #expect(try fixture.verify(firstNumber: 4).isWhole)
  }

  @Test func `a broken last line is refused`() throws {
    let fixture = LogFixture()
    try fixture.write(2)
    let whole = fixture.read(segment)
    for place in [whole.count - 2, whole.count - 30, whole.count - 200] {
      var damaged = whole
      damaged[place] ^= 0x01
      fixture.replace(segment, damaged)
      #expect(throws: LogError.self) { try fixture.open() }
    }
    // Whole, and another than the one that was written last.
    let other = LogFixture()
    other.clock.withLock { $0 += 1 }
    try other.write(2)
    fixture.replace(segment, other.read(segment))
    #expect(throws: LogError.self) { try fixture.open() }
  }

  @Test func `a missing head is told`() throws {
    let fixture = LogFixture()
    try fixture.write(2)
    fixture.delete("head")
    let report = try fixture.verify()
    #expect(
      report.isWhole && report.notes == ["there is no file head: whether lines are missing at the end cannot be told"])
    try fixture.write(1, first: 3)
    #expect(fixture.said.withLock { $0.count } == 1)
    #expect(try fixture.verify().notes.isEmpty)
  }

  @Test func `one service has the folder`() throws {
    let fixture = LogFixture()
    let log = try fixture.open()
    #expect(
      throws: LogError(
        "another service writes its decision log in \"\(fixture.path)\": each needs a folder of its own")
    ) { try fixture.open() }
    log.close()
    withExtendedLifetime(log) {}
  }

  @Test func `a folder that is none is refused`() throws {
    let fixture = LogFixture()
    LogFixture.write([], fixture.path)
    #expect(throws: LogError("cannot log in \"\(fixture.path)\": it is no folder")) { try fixture.open() }
    let missing = LogConfiguration(folder: "\(fixture.folder.path)/a/b")
    #expect(
      throws: LogError("cannot make the folder \"\(missing.folder)\" for the decision log: no such file or directory")
    ) { try fixture.open(missing) }
  }
}
