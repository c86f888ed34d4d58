private import RemitModel
internal import RemitWire

/// What a worker makes of a row of CSV.
enum CSVRowForm {
  /// The cells of the result, for the spool.
  case cells
  /// The row's own cells, after their length in four bytes, and what the decider wrote, as it is.
  case records
}

/// Rows of CSV in, records for the spool out.
struct CSVWorker<Decider: LineDecider>: ChunkWorker {
  let decider: Decider
  let columns: CSVColumns
  let lineBytesMax: Int
  /// Where the names of outputs are collected.
  let names: SharedNames
  /// A reader that knows the header, to start afresh with after a row at fault.
  let template: CSVReader
  let form: CSVRowForm

  private var reader: CSVReader
  private var knownNames: Set<String> = []

  init(
    decider: Decider, columns: CSVColumns, lineBytesMax: Int, names: SharedNames, template: CSVReader,
    form: CSVRowForm
  ) {
    self.decider = decider
    self.columns = columns
    self.lineBytesMax = lineBytesMax
    self.names = names
    self.template = template
    self.form = form
    reader = template
  }

  mutating func decide(_ chunk: Chunk, tally: inout BatchTally, writeEarly: (Chunk) -> Bool) {
    var line = chunk.firstLine
    var position = chunk.start
    while position < chunk.end {
      var scanner = CSVRowScanner()
      // SAFETY: the chunk is not filled again before this function returns.
      let rest = unsafe chunk.bytes(position..<chunk.end)
      let rowEnd = unsafe scanner.rowEnd(in: rest, from: 0)
      let end = rowEnd.map { position + $0 } ?? chunk.end
      let isCut = chunk.lastIsCut && end == chunk.end
      unsafe decide(
        chunk.bytes(position..<end), line: line, isCut: isCut, isOpen: rowEnd == nil, chunk: chunk, tally: &tally)
      if chunk.output.count > outputBytesKept, !writeEarly(chunk) { return }
      line += chunk.newlines(position..<end)
      position = end
    }
  }

  /// - Parameter isOpen: No newline ends the row: the text does, perhaps inside a quoted field.
  @unsafe private mutating func decide(
    _ text: UnsafeRawBufferPointer, line: UInt64, isCut: Bool, isOpen: Bool, chunk: Chunk, tally: inout BatchTally
  ) {
    if isCut || text.count > lineBytesMax + 2 {
      let message = "line \(line): row is longer than \(lineBytesMax) bytes"
      refuse(.lineTooLong, message, line: line, cells: [], chunk: chunk, tally: &tally)
      return
    }
    let decider = decider
    let columns = columns
    do {
      var found: [String] = []
      var outcome: Int??
      let body = { (row: CSVRow) in
        var input = ByteWriter()
        columns.write(row, into: &input)
        let count = input.count
        for _ in 0..<Self.padding { input.append(0) }
        var result = ByteWriter()
        outcome = unsafe input.withBytes { bytes in
          // SAFETY: the padding stands behind the `count` bytes of the input.
          unsafe decider.decide(UnsafeRawBufferPointer(rebasing: bytes[..<count]), line: line, into: &result)
        }
        var cells = ByteWriter()
        var writer = CSVWriter()
        for index in 0..<row.count { writer.append(row.bytes(at: index).span, to: &cells) }
        switch form {
        case .cells:
          let parsed = CSVResult(try JSONView(result.bytes))
          found = parsed.others.map(\.name)
          unsafe cells.withBytes { bytes in unsafe parsed.append(to: &chunk.output, cells: bytes) }
        case .records:
          Self.append(cells: cells, record: result, to: &chunk.output)
        }
      }
      // SAFETY: the bytes are not changed during the call.
      try unsafe reader.read(Span(_unsafeBytes: text), body)
      if isOpen { try reader.finish(body) }
      for name in found where knownNames.insert(name).inserted { names.insert(name) }
      // A blank line is no row.
      guard let outcome else { return }
      chunk.rows += 1
      if let outcome { tally.count(outcome: outcome) } else { tally.countError() }
    } catch let error as WireError {
      // Where only their number is wrong, the cells are there.
      let cells = unsafe (try? CSVReader.rows(of: Array(text)))?.first?.texts ?? []
      refuse(.parseError, "line \(line): \(error.message)", line: line, cells: cells, chunk: chunk, tally: &tally)
    } catch {
      refuse(.internalError, "line \(line): \(error)", line: line, cells: [], chunk: chunk, tally: &tally)
    }
  }

  private static var padding: Int { 64 }

  /// A row that was not decided: its cells stand as far as there are columns for them, and the next row is read afresh.
  private mutating func refuse(
    _ code: ErrorCode, _ message: String, line: UInt64, cells: [String], chunk: Chunk, tally: inout BatchTally
  ) {
    reader = template
    var output = ByteWriter()
    var writer = CSVWriter()
    for column in columns.names.indices { writer.append(column < cells.count ? cells[column] : "", to: &output) }
    switch form {
    case .cells:
      let result = CSVResult(code: code.rawValue, message: message)
      unsafe output.withBytes { bytes in unsafe result.append(to: &chunk.output, cells: bytes) }
    case .records:
      var result = ByteWriter()
      decider.appendError(code, message, line: line, hasID: true, into: &result)
      Self.append(cells: output, record: result, to: &chunk.output)
    }
    chunk.rows += 1
    tally.countError()
  }

  private static func append(
    cells: borrowing ByteWriter, record: borrowing ByteWriter, to output: inout ByteWriter
  ) {
    output.append(fixed: UInt32(cells.count))
    unsafe cells.withBytes { bytes in unsafe output.append(bytes) }
    unsafe record.withBytes { bytes in unsafe output.append(bytes) }
  }
}

/// The names of outputs that any row has.
final class SharedNames: @unchecked Sendable {
  // SAFETY: `names` is used under `monitor` alone.
  private let monitor = Monitor()
  private var names: Set<String> = []

  func insert(_ name: String) {
    monitor.lock()
    names.insert(name)
    monitor.unlock()
  }

  func insert(_ all: [String]) {
    monitor.lock()
    names.formUnion(all)
    monitor.unlock()
  }

  /// In byte order.
  var sorted: [String] {
    monitor.lock()
    defer { monitor.unlock() }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
