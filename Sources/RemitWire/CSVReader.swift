import CRemitJSON

/// One row of a CSV file.
package struct CSVRow: Sendable {
  /// Where the row stands, the header being 1 and blank lines counting: what a spreadsheet shows at its left.
  package fileprivate(set) var number = 0

  /// The fields' bytes one behind the other, and where each ends.
  fileprivate var bytes: [UInt8] = []
  fileprivate var ends: [Int] = []

  /// How many fields there are.
  package var count: Int { ends.count }

  /// A field's bytes, its quotes taken away. They are valid UTF-8.
  package func bytes(at index: Int) -> ArraySlice<UInt8> {
    bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
  }

  /// All fields' bytes, one field behind the other, and where each ends.
  package var allBytes: [UInt8] { bytes }
  package var allEnds: [Int] { ends }

  /// A field's text.
  package subscript(index: Int) -> String {
    String(decoding: bytes(at: index), as: UTF8.self)
  }

  /// All fields' texts.
  package var texts: [String] { (0..<count).map { self[$0] } }
}

/// Reads CSV as it comes in, by RFC 4180: quoted fields with doubled quotes and newlines, CRLF or LF, a byte order mark at the start.
///
/// What RFC 4180 does not have is refused, because a guess would shift columns: a quote inside a field that does not begin with one, text
/// behind a closing quote, `\r` alone, a row with more or fewer fields than the first. Blank lines are skipped but counted, unless rows
/// have a single column: there they are an empty field. Every error names its row, and after one the reader is spent.
package struct CSVReader {
  /// The most bytes that a field, and that all fields of a row together, may have.
  package let fieldBytesMax, rowBytesMax: Int

  private var state = State.fileStart(matched: 0)
  private var row = CSVRow()
  /// The row being read, the header being 1.
  private var rowNumber = 1
  /// The number of fields of the first row; 0 before it is known.
  private var columns = 0
  private var fieldStart = 0
  /// The row has more than its line end.
  private var isStarted = false

  private enum State {
    /// So many bytes of a byte order mark were seen.
    case fileStart(matched: Int)
    case fieldStart
    case unquoted
    case quoted
    /// Behind a quote inside a quoted field: either its end or the first half of a doubled one.
    case quoteSeen
    case carriageReturn
  }

  package init(fieldBytesMax: Int = 1 << 20, rowBytesMax: Int = 4 << 20) {
    self.fieldBytesMax = fieldBytesMax
    self.rowBytesMax = rowBytesMax
  }

  /// Reads the next bytes of the file and hands each row that they complete to `body`.
  ///
  /// - Throws: `WireError` with the row at fault, or what `body` throws.
  package mutating func read(_ bytes: Span<UInt8>, _ body: (CSVRow) throws -> Void) throws {
    var index = 0
    while index < bytes.count {
      index += try takeRun(bytes.extracting(index...))
      guard index < bytes.count else { break }
      try take(bytes[index], body)
      index += 1
    }
  }

  /// Stores the bytes up to the next one that means something, all at once: most of a file.
  ///
  /// - Returns: How many there were.
  private mutating func takeRun(_ bytes: Span<UInt8>) throws -> Int {
    let isQuoted: Bool
    switch state {
    case .unquoted, .fieldStart: isQuoted = false
    case .quoted: isQuoted = true
    default: return 0
    }
    var count = 0
    while count < bytes.count {
      let byte = bytes[count]
      if byte == UInt8(ascii: "\"") { break }
      if !isQuoted && (byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")) { break }
      count += 1
    }
    guard count > 0 else { return 0 }
    if row.bytes.count - fieldStart + count > fieldBytesMax || row.bytes.count + count > rowBytesMax {
      for index in 0..<count { try store(bytes[index]) }
    }
    // SAFETY: the bytes are copied during the call.
    unsafe bytes.extracting(first: count).withUnsafeBufferPointer { unsafe row.bytes.append(contentsOf: $0) }
    if !isQuoted {
      isStarted = true
      state = .unquoted
    }
    return count
  }

  /// Ends the file: hands out its last row where no newline stood behind it.
  package mutating func finish(_ body: (CSVRow) throws -> Void) throws {
    switch state {
    case .fileStart(let matched):
      if matched > 0 { throw failure("text is not UTF-8") }
    case .quoted:
      throw failure("a quote is not closed")
    case .carriageReturn:
      throw failure("a carriage return without a newline")
    case .fieldStart, .unquoted, .quoteSeen:
      if isStarted { try endRow(body) }
    }
    state = .fieldStart
  }

  /// All rows of a file that is in memory whole.
  package static func rows(of bytes: [UInt8]) throws -> [CSVRow] {
    var rows: [CSVRow] = []
    var reader = CSVReader()
    try reader.read(bytes.span) { rows.append($0) }
    try reader.finish { rows.append($0) }
    return rows
  }

  private mutating func take(_ byte: UInt8, _ body: (CSVRow) throws -> Void) throws {
    switch state {
    case .unquoted:
      if byte == UInt8(ascii: "\"") { throw failure("a quote inside a field that does not begin with one") }
      try takeOutsideQuotes(byte, body)

    case .quoted:
      if byte == UInt8(ascii: "\"") {
        state = .quoteSeen
      } else {
        try store(byte)
      }

    case .fieldStart:
      if byte == UInt8(ascii: "\"") {
        isStarted = true
        state = .quoted
      } else {
        try takeOutsideQuotes(byte, body)
      }

    case .quoteSeen:
      switch byte {
      case UInt8(ascii: "\""):
        try store(byte)
        state = .quoted
      case UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
        try takeOutsideQuotes(byte, body)
      default:
        throw failure("text behind a closing quote")
      }

    case .carriageReturn:
      if byte != UInt8(ascii: "\n") { throw failure("a carriage return without a newline") }
      try endRow(body)

    case .fileStart(let matched):
      let mark: [3 of UInt8] = [0xEF, 0xBB, 0xBF]
      if byte == mark[matched] {
        state = matched == 2 ? .fieldStart : .fileStart(matched: matched + 1)
        return
      }
      // What looked like a mark is the first bytes of the text.
      state = .fieldStart
      for index in 0..<matched { try take(mark[index], body) }
      try take(byte, body)
    }
  }

  private mutating func takeOutsideQuotes(_ byte: UInt8, _ body: (CSVRow) throws -> Void) throws {
    switch byte {
    case UInt8(ascii: ","):
      isStarted = true
      try endField()
      state = .fieldStart
    case UInt8(ascii: "\n"):
      try endRow(body)
    case UInt8(ascii: "\r"):
      state = .carriageReturn
    default:
      isStarted = true
      try store(byte)
      state = .unquoted
    }
  }

  private mutating func store(_ byte: UInt8) throws {
    if row.bytes.count - fieldStart >= fieldBytesMax { throw failure("a field of more than \(fieldBytesMax) bytes") }
    if row.bytes.count >= rowBytesMax { throw failure("more than \(rowBytesMax) bytes in a row") }
    row.bytes.append(byte)
  }

  private mutating func endField() throws {
    // Field by field: what two fields hold together proves nothing about each.
    // SAFETY: fieldStart <= bytes.count, and the bytes are read during the call only.
    let isText = unsafe row.bytes.withUnsafeBufferPointer { bytes in
      unsafe bytes.isEmpty || remit_utf8_valid(bytes.baseAddress! + fieldStart, bytes.count - fieldStart)
    }
    if !isText { throw failure("text is not UTF-8") }
    // Empty fields cost memory too.
    if columns > 0 && row.ends.count >= columns { throw failure("more than \(columns) fields") }
    if row.ends.count >= rowBytesMax { throw failure("more than \(rowBytesMax) fields") }
    row.ends.append(row.bytes.count)
    fieldStart = row.bytes.count
  }

  private mutating func endRow(_ body: (CSVRow) throws -> Void) throws {
    if isStarted || columns == 1 {
      try endField()
      if columns == 0 { columns = row.count }
      if row.count != columns { throw failure("\(row.count) fields instead of \(columns)") }
      row.number = rowNumber
      try body(row)
      row.bytes.removeAll(keepingCapacity: true)
      row.ends.removeAll(keepingCapacity: true)
      fieldStart = 0
      isStarted = false
    }
    rowNumber += 1
    state = .fieldStart
  }

  private func failure(_ message: String) -> WireError {
    WireError(code: .csv, message: message, location: .row(rowNumber))
  }
}
