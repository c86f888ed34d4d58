internal import RemitLua
internal import RemitModel
private import RemitWire

/// A data file's records as the machine takes them: `[[row,"cell",…],…]`, the header first, so that the project has one
/// CSV reader.
enum DataRecords {
  /// - Parameter file: As the diagnostic names it.
  static func records(of text: ByteBlock, file: String) throws(Problem) -> ByteBlock {
    var writer = ByteWriter()
    writer.append(UInt8(ascii: "["))
    do {
      var reader = CSVReader()
      // SAFETY: the block lives through the call.
      try reader.read(unsafe text.bytes.span) { append($0, to: &writer) }
      try reader.finish { append($0, to: &writer) }
    } catch let error as WireError {
      throw Problem(Diagnostic(file: file, line: error.row, message: error.message))
    } catch {
      throw Problem(Diagnostic(file: file, line: 0, message: "cannot be read as CSV"))
    }
    writer.append(UInt8(ascii: "]"))
    guard !writer.hasFailed else { throw Problem(Diagnostic(file: file, line: 0, message: "not enough memory")) }
    return ByteBlock(writer.bytes)
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
