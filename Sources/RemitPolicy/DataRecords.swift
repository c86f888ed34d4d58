internal import RemitLua
internal import RemitModel
private import RemitWire

/// A data file's records as the machine takes them, so that the project has one CSV reader: one by one for a dataset, and
/// for a decision table as `[[row,"cell",…],…]`; the header first.
enum DataRecords {
  /// - Parameter file: As the diagnostic names it.
  static func records(of text: ByteBlock, file: String) throws(Problem) -> ByteBlock {
    var writer = ByteWriter()
    writer.append(UInt8(ascii: "["))
    try read(text, file: file) { append($0, to: &writer) }
    writer.append(UInt8(ascii: "]"))
    guard !writer.hasFailed else { throw Problem(Diagnostic(file: file, line: 0, message: "not enough memory")) }
    return ByteBlock(writer.bytes)
  }

  /// Hands the file's records to the builder, and makes the dataset of them.
  ///
  /// - Parameter file: As the diagnostic names it.
  /// - Returns: Nil where the builder refuses the file.
  static func dataset(
    of text: ByteBlock, file: String, from builder: DatasetBuilder
  ) throws(Problem) -> Dataset? {
    var isTaken = true
    try read(text, file: file) { row in
      if isTaken { isTaken = builder.add(number: row.number, bytes: row.allBytes.span, ends: row.allEnds.span) }
    }
    return isTaken ? builder.finish() : nil
  }

  private static func read(_ text: ByteBlock, file: String, _ body: (CSVRow) -> Void) throws(Problem) {
    do {
      var reader = CSVReader()
      // SAFETY: the block lives through the call.
      try reader.read(unsafe text.bytes.span, body)
      try reader.finish(body)
    } catch let error as WireError {
      throw Problem(Diagnostic(file: file, line: error.row, message: error.message))
    } catch {
      throw Problem(Diagnostic(file: file, line: 0, message: "cannot be read as CSV"))
    }
  }

  struct Problem: Error {
    let diagnostic: Diagnostic
    init(_ diagnostic: Diagnostic) { self.diagnostic = diagnostic }
  }

  private static func append(_ row: CSVRow, to writer: inout ByteWriter) {
    writer.append(writer.count > 1 ? ",[" : "[")
    writer.append(row.number)
    for index in 0..<row.count {
      writer.append(UInt8(ascii: ","))
      // The reader lets nothing through that is not UTF-8.
      _ = writer.appendJSONString(row.bytes(at: index).span)
    }
    writer.append(UInt8(ascii: "]"))
  }
}

extension WireError {
  /// The row at fault, 0 where the error names none.
  fileprivate var row: Int {
    if case .row(let number) = location { return number }
    return 0
  }
}
