import RemitEngine
import RemitTestKit
import Synchronization
import Testing

@testable import RemitLog

@Suite struct VerifyTests {
  /// Three segments of two lines.
  private func small() throws -> LogFixture {
    let fixture = LogFixture()
    var configuration = fixture.configuration
    configuration.segmentBytesMax = 700
    try fixture.write(6, configuration)
    #expect(fixture.files() == ["0000000000000001.ndjson", "0000000000000003.ndjson", "0000000000000005.ndjson"])
    #expect(try fixture.verify().isWhole)
    return fixture
  }

  @Test func `a flipped bit in any byte is found`() throws {
    let fixture = try small()
    for name in fixture.files() {
      let whole = fixture.read(name)
      for place in whole.indices {
        var damaged = whole
        damaged[place] ^= 1 << UInt8(place % 8)
        fixture.replace(name, damaged)
        #expect(try !fixture.verify().isWhole, "\(name) byte \(place)")
      }
      fixture.replace(name, whole)
    }
    #expect(try fixture.verify().isWhole)
  }

  @Test func `a byte too many or too few in any place is found`() throws {
    let fixture = try small()
    let name = "0000000000000003.ndjson"
    let whole = fixture.read(name)
    for place in whole.indices {
      for byte: [UInt8] in [[], [whole[place], 0x20], [0x0A], [whole[place], 0x0A]] where byte != [whole[place]] {
        fixture.replace(name, Array(whole[..<place]) + byte + Array(whole[(place + 1)...]))
        #expect(try !fixture.verify().isWhole, "byte \(place) as \(byte)")
      }
    }
  }

  @Test func `lines and segments that are missing, doubled or moved are found`() throws {
    let fixture = try small()
    let whole = fixture.snapshot()
    let names = fixture.files()
    let lines = names.map { name in fixture.read(name).split(separator: 0x0A).map { Array($0) + [0x0A] } }
    func expect(_ problem: String, _ change: () -> Void) throws {
      change()
      let first = try fixture.verify().problems.first
      #expect(first == problem)
      fixture.restore(whole)
    }
    try expect("0000000000000001.ndjson:1: line 1 is missing") { fixture.replace(names[0], lines[0][1]) }
    try expect("0000000000000003.ndjson:1: line 2 is missing") { fixture.replace(names[0], lines[0][0]) }
    try expect("0000000000000003.ndjson:1: line 3 is missing") { fixture.replace(names[1], lines[1][1]) }
    try expect("line 6 was acknowledged and is missing at the end") { fixture.replace(names[2], lines[2][0]) }
    try expect("lines 5 to 6 were acknowledged and are missing at the end") { fixture.delete(names[2]) }
    try expect("0000000000000005.ndjson:1: lines 3 to 4 are missing") { fixture.delete(names[1]) }
    try expect("0000000000000003.ndjson:1: lines 1 to 2 are missing") { fixture.delete(names[0]) }
    try expect("0000000000000003.ndjson:2: line 3 stands where line 4 should") {
      fixture.replace(names[1], lines[1][0] + lines[1][0] + lines[1][1])
    }
    try expect("0000000000000003.ndjson:1: line 3 is missing") {
      fixture.replace(names[1], lines[1][1] + lines[1][0])
    }
    try expect("0000000000000001.ndjson:1: lines 1 to 2 are missing") {
      fixture.replace(names[0], lines[1][0] + lines[1][1])
      fixture.replace(names[1], lines[0][0] + lines[0][1])
    }
    try expect("0000000000000007.ndjson:1: line 5 stands where line 7 should") {
      fixture.replace("0000000000000007.ndjson", lines[2][0] + lines[2][1])
    }
    try expect("0000000000000004.ndjson:1: the segment's name does not say that it begins with line 3") {
      fixture.delete(names[1])
      fixture.replace("0000000000000004.ndjson", lines[1][0] + lines[1][1])
    }
  }

  @Test func `a line of another log is found though its own hash is right`() throws {
    let fixture = try small()
    let other = LogFixture()
    other.clock.withLock { $0 += 1 }
    var configuration = other.configuration
    configuration.segmentBytesMax = 700
    try other.write(6, configuration)
    let name = "0000000000000003.ndjson"
    fixture.replace(name, other.read(name))
    let report = try fixture.verify()
    #expect(
      report.problems == [
        "\(name):1: line 3 does not follow the line before it",
        "0000000000000005.ndjson:1: line 5 does not follow the line before it",
      ])
    let last = "0000000000000005.ndjson"
    for each in fixture.files() { fixture.replace(each, other.read(each)) }
    #expect(try fixture.verify().problems == ["\(last):2: line 6 is not the one that \(fixture.path)/head has seen"])
  }

  @Test func `readers stop where the verifier finds something`() throws {
    let fixture = try small()
    let whole = fixture.snapshot()
    let names = fixture.files()
    let last = fixture.read(names[2])
    func expect(_ lines: Int, _ message: String?, _ change: () -> Void) throws {
      change()
      defer { fixture.restore(whole) }
      let reader = try LogReader([fixture.path])
      var read = 0
      var failure: LogError?
      do throws(LogError) {
        while unsafe try reader.next() != nil { read += 1 }
      } catch {
        failure = error
      }
      #expect(read == lines)
      #expect(failure == message.map { LogError("\($0) (see remit log verify)", isBroken: true) })
    }
    try expect(6, nil) {}
    try expect(5, "line 6 was acknowledged and is missing at the end") {
      fixture.replace(names[2], Array(last[...last.firstIndex(of: 0x0A)!]))
    }
    try expect(5, "line 6 was acknowledged and is missing at the end") { fixture.replace(names[2], last.dropLast(9)) }
    try expect(4, "lines 5 to 6 were acknowledged and are missing at the end") { fixture.delete(names[2]) }
    try expect(0, "lines 1 to 6 were acknowledged and are missing at the end") {
      for name in names { fixture.delete(name) }
    }
    try expect(5, "\(names[2]):2: line 6 is not the one that \(fixture.path)/head has seen") {
      fixture.replace(names[2], Self.rehashed(last))
    }
    try expect(0, "0000000000000002.ndjson:1: the segment's name does not say that it begins with line 1") {
      fixture.replace("0000000000000002.ndjson", fixture.read(names[0]))
      fixture.delete(names[0])
    }
    // Older segments may be taken away, and then nothing is known of them.
    try expect(4, nil) { fixture.delete(names[0]) }
    // A head that is behind, or not there, hides nothing.
    try expect(6, nil) { fixture.delete("head") }
    try expect(5, nil) {
      fixture.delete("head")
      fixture.replace(names[2], last.dropLast(9))
    }
    let behind = HeadFile.Record(number: 2, hash: Self.hash(fixture.read(names[0])), isElsewhere: false)
    try expect(6, nil) { fixture.replace("head", HeadFile.bytes(behind)) }
    // Where segments were taken away and the next one has no line yet.
    let ahead = HeadFile.Record(number: 6, hash: Self.hash(last), isElsewhere: false)
    try expect(0, nil) {
      for name in names { fixture.delete(name) }
      fixture.replace("head", HeadFile.bytes(ahead))
      fixture.replace("0000000000000007.ndjson", [])
    }
  }

  /// The same lines, of which the last says something else and has a hash that is right.
  private static func rehashed(_ lines: [UInt8]) -> [UInt8] {
    let start = lines.dropLast().lastIndex(of: 0x0A)! + 1
    let line = String(decoding: lines[start...], as: UTF8.self).replacing("approve", with: "reject")
    let body = Array(line.utf8.dropLast(75))
    var digits = LineFrame.noHash
    unsafe body.withUnsafeBytes { unsafe LineFrame.hash($0, into: &digits) }
    return lines[..<start] + body + Array(",\"hash\":\"".utf8) + digits + Array("\"}\n".utf8)
  }

  /// Of the last line.
  private static func hash(_ lines: [UInt8]) -> [UInt8] { Array(lines.dropLast(3).suffix(LineFrame.hashDigits)) }

  @Test func `a torn line that was acknowledged is not said to be none`() throws {
    let fixture = try small()
    let name = "0000000000000005.ndjson"
    let whole = fixture.read(name)
    fixture.replace(name, whole.dropLast(9))
    let rest = whole.count - 9 - whole.firstIndex(of: 0x0A)! - 1
    let report = try fixture.verify()
    #expect(
      report.problems == [
        "\(name): \(rest) bytes of a line that is not whole stand at the end",
        "line 6 was acknowledged and is missing at the end",
      ])
    #expect(report.notes == [])
    // One that nobody has answered.
    fixture.replace(name, whole + whole[..<50])
    #expect(
      try fixture.verify().notes == [
        "\(name): 50 bytes of a decision that was not answered stand at the end: the next start cuts them off"
      ])
  }

  @Test func `a log may be verified while it is written`() throws {
    let fixture = LogFixture()
    let log = try fixture.open()
    let recorder = log.makeRecorder()
    for number in 1...3 {
      recorder.take(id: "\(number)")
      #expect(recorder.keep())
      #expect(try fixture.verify().lines == number)
    }
    let name = "0000000000000001.ndjson"
    let whole = fixture.read(name)
    fixture.replace(name, whole + whole[..<50])
    let report = try fixture.verify()
    #expect(report.isWhole && report.notes == ["\(name): a service writes to it: the last line is not whole yet"])
    log.close()
  }

  @Test func `what is no log is told`() throws {
    let fixture = LogFixture()
    #expect(throws: LogError("cannot read the folder \"\(fixture.path)\": no such file or directory")) {
      try fixture.verify()
    }
    let empty = LogConfiguration(folder: fixture.folder.path)
    #expect(
      throws: LogError(
        "there is no decision log in \"\(empty.folder)\": a log has files such as 0000000000000001.ndjson")
    ) { try LogVerifier.verify([empty.folder]) }
    #expect(throws: LogError.self) { try LogReader([empty.folder]) }
    try fixture.write(1)
    #expect(throws: LogError.self) { try LogVerifier.verify([fixture.path, fixture.path]) }
    fixture.replace("0000000000000001.ndjson", Array("nothing\n".utf8))
    #expect(try fixture.verify().problems.first == "0000000000000001.ndjson:1: this is no line of a decision log")
  }
}
