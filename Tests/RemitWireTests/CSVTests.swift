import RemitTestKit
import Testing

@testable import RemitWire

@Suite("CSV")
struct CSVTests {
  /// The rows of a file that comes in chunks.
  static func rows(_ chunks: [ArraySlice<UInt8>], reader: CSVReader = CSVReader()) throws -> [CSVRow] {
    var reader = reader
    var rows: [CSVRow] = []
    for chunk in chunks { try reader.read(Array(chunk).span) { rows.append($0) } }
    try reader.finish { rows.append($0) }
    return rows
  }

  static let files: [(String, [[String]], [Int])] = [
    ("", [], []),
    ("a,b", [["a", "b"]], [1]),
    ("a,b\n", [["a", "b"]], [1]),
    ("\u{FEFF}a,b\r\n1,2\r\n", [["a", "b"], ["1", "2"]], [1, 2]),
    ("\u{FEFF}\"a\",b\n", [["a", "b"]], [1]),
    ("a,b\n,\n1,", [["a", "b"], ["", ""], ["1", ""]], [1, 2, 3]),
    ("a,b\n\"x,\"\"y\"\"\r\nz\",\"\"\n", [["a", "b"], ["x,\"y\"\r\nz", ""]], [1, 2]),
    ("\n\r\na,b\n\n1,2\n\n", [["a", "b"], ["1", "2"]], [3, 5]),
    ("a\n\n\"\"\n", [["a"], [""], [""]], [1, 2, 3]),
    ("\"\"", [[""]], [1]),
    (" a , b\n", [[" a ", " b"]], [1]),
    ("中,文\n\"😀\",é", [["中", "文"], ["😀", "é"]], [1, 2]),
    ("\u{FEFF}", [], []),
  ]

  @Test("a file gives the same rows whole, byte by byte and at every split point", arguments: files)
  func splits(file: String, fields: [[String]], numbers: [Int]) throws {
    let bytes = Array(file.utf8)
    var ways = [[bytes[...]], bytes.indices.map { bytes[$0...$0] }]
    for split in 0...bytes.count { ways.append([bytes[..<split], bytes[split...]]) }
    for way in ways {
      let rows = try Self.rows(way)
      #expect(rows.map(\.texts) == fields)
      #expect(rows.map(\.number) == numbers)
    }
  }

  static let faults: [(String, Int, String)] = [
    ("a,b\n1\n", 2, "1 fields instead of 2"),
    ("a,b\n1,2,3\n", 2, "more than 2 fields"),
    ("a,b\n\n1,2\n3", 4, "1 fields instead of 2"),
    ("a,b\n1\"2,3\n", 2, "a quote inside a field that does not begin with one"),
    ("a,b\n\"1\"2,3\n", 2, "text behind a closing quote"),
    ("a,b\n\"1\n", 2, "a quote is not closed"),
    ("a,b\r1,2\r", 1, "a carriage return without a newline"),
    ("a,b\n1,2\r", 2, "a carriage return without a newline"),
  ]

  @Test("what RFC 4180 does not have is refused with its row", arguments: faults)
  func refusals(file: String, row: Int, message: String) {
    let bytes = Array(file.utf8)
    for chunks in [[bytes[...]], bytes.indices.map { bytes[$0...$0] }] {
      #expect(throws: WireError(code: .csv, message: message, location: .row(row))) { try Self.rows(chunks) }
    }
  }

  @Test(
    "text that is not UTF-8 is refused, field by field",
    arguments: [[0xFF], [0xE4, 0x2C, 0xB8, 0xAD], [0x22, 0xC0, 0x80, 0x22], [0xEF, 0xBB], [0xED, 0xA0, 0x80]]
      as [[UInt8]])
  func notText(bytes: [UInt8]) {
    #expect(throws: WireError(code: .csv, message: "text is not UTF-8", location: .row(1))) {
      try CSVReader.rows(of: bytes)
    }
  }

  @Test("the limits hold one below, at and one above")
  func limits() throws {
    func rows(_ file: String) throws -> [CSVRow] {
      try Self.rows([Array(file.utf8)[...]], reader: CSVReader(fieldBytesMax: 4, rowBytesMax: 6))
    }
    #expect(try rows("123,1\n1234,12\n\"1,\"\"4\",\n").count == 3)
    #expect(throws: WireError(code: .csv, message: "a field of more than 4 bytes", location: .row(2))) {
      try rows("a,b\n12345,\n")
    }
    #expect(throws: WireError(code: .csv, message: "more than 6 bytes in a row", location: .row(2))) {
      try rows("a,b\n1234,123\n")
    }
    #expect(throws: WireError(code: .csv, message: "more than 6 fields", location: .row(1))) { try rows(",,,,,,\n") }
    #expect(try rows(",,,,,\n")[0].count == 6)
  }

  @Test("what a caller throws comes through")
  func callerFailure() {
    struct Failure: Error {}
    var reader = CSVReader()
    #expect(throws: Failure.self) { try reader.read(Array("a\n".utf8).span) { _ in throw Failure() } }
  }

  @Test("quotes are written only where needed")
  func quotes() {
    var writer = CSVWriter()
    var output = ByteWriter()
    for row in [["a", "b c", " d"], ["x,y", "say \"hi\"", "two\nlines"], ["", "", "\r"]] {
      for field in row { writer.append(field, to: &output) }
      writer.endRow(to: &output)
    }
    #expect(
      String(decoding: output.bytes, as: UTF8.self)
        == "a,b c, d\n\"x,y\",\"say \"\"hi\"\"\",\"two\nlines\"\n,,\"\r\"\n")
  }

  @Test("what was written is read back, for any fields", arguments: [1, 2, 3, 4, 5] as [UInt64])
  func roundTrip(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let pieces = ["a", "B", ",", "\"", "\n", "\r", "\r\n", " ", "中", "😀", "\u{FEFF}", "1.50", ""]
    for _ in 0..<200 {
      let columns = Int.random(in: 1...4, using: &generator)
      let rows = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
        (0..<columns).map { _ in
          (0..<Int.random(in: 0...4, using: &generator)).map { _ in pieces.randomElement(using: &generator)! }.joined()
        }
      }
      var writer = CSVWriter()
      var output = ByteWriter()
      for row in rows {
        for field in row { writer.append(field, to: &output) }
        writer.endRow(to: &output)
      }
      let bytes = output.bytes
      #expect(try CSVReader.rows(of: bytes).map(\.texts) == rows, "seed \(seed)")
      #expect(try Self.rows(bytes.indices.map { bytes[$0...$0] }).map(\.texts) == rows, "seed \(seed)")
    }
  }
}
