/// Writes CSV that `CSVReader` reads back as it was: fields parted by commas, rows ended by a newline, quotes only where needed.
package struct CSVWriter {
  /// Fields of the row that is being written.
  private var fields = 0
  /// The row is one empty field so far.
  private var isBlank = true

  package init() {}

  /// Appends one field to the row.
  package mutating func append(_ field: Span<UInt8>, to output: inout ByteWriter) {
    if fields > 0 { output.append(UInt8(ascii: ",")) }
    fields += 1
    isBlank = fields == 1 && field.isEmpty
    if !Self.needsQuotes(field) {
      output.append(field)
      return
    }
    output.append(UInt8(ascii: "\""))
    for index in field.indices {
      if field[index] == UInt8(ascii: "\"") { output.append(UInt8(ascii: "\"")) }
      output.append(field[index])
    }
    output.append(UInt8(ascii: "\""))
  }

  /// Appends one field to the row.
  package mutating func append(_ field: String, to output: inout ByteWriter) {
    append(field.utf8.span, to: &output)
  }

  /// Ends the row.
  package mutating func endRow(to output: inout ByteWriter) {
    // A row of one empty field would be a blank line.
    if isBlank { output.append("\"\"" as StaticString) }
    output.append(UInt8(ascii: "\n"))
    fields = 0
    isBlank = true
  }

  private static func needsQuotes(_ field: Span<UInt8>) -> Bool {
    // At the start of a file it would be taken for a byte order mark.
    if field.count >= 3 && field[0] == 0xEF && field[1] == 0xBB && field[2] == 0xBF { return true }
    for index in field.indices {
      switch field[index] {
      case UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r"): return true
      default: continue
      }
    }
    return false
  }
}
