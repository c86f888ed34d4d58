internal import RemitWire

/// What became of one row of CSV, as it waits in the spool until the columns are known.
///
/// A record is a run of blocks, each four bytes of length and so many bytes: the row's own cells as CSV, outcome,
/// reasons, error code and error message; then four bytes of how many other outputs there are, and for each its name
/// and its cell.
struct CSVResult {
  var outcome = ""
  var reasons = ""
  var code = ""
  var message = ""
  var others: [(name: String, cell: String)] = []

  init(code: String, message: String) {
    self.code = code
    self.message = message
  }

  /// - Parameter line: A result line of the machine.
  init(line: [UInt8]) {
    if let view = try? JSONView(line) {
      self.init(view)
    } else {
      self.init(code: "internal_error", message: "the result cannot be read")
    }
  }

  /// - Parameter line: A result line.
  init(_ line: JSONView) {
    if let error = line["error"] {
      code = error["code"]?.string ?? ""
      message = error["message"]?.string ?? ""
    }
    for (name, value) in line["decision"]?.members ?? [] {
      switch name {
      case "outcome": outcome = value.string ?? ""
      case "reasons": reasons = value.elements.compactMap(\.string).joined(separator: ";")
      default: others.append((name, Self.cell(value)))
      }
    }
  }

  /// A text as it is, nothing for null, and anything else as JSON.
  private static func cell(_ value: JSONView) -> String {
    switch value.kind {
    case .string: value.string ?? ""
    case .null: ""
    default: value.rawText
    }
  }

  /// Appends the record.
  ///
  /// - Parameter cells: The row's own cells, parted by commas.
  func append(to output: inout ByteWriter, cells: UnsafeRawBufferPointer) {
    Self.append(length: cells.count, to: &output)
    unsafe output.append(cells)
    for text in [outcome, reasons, code, message] { Self.append(block: text, to: &output) }
    Self.append(length: others.count, to: &output)
    for other in others {
      Self.append(block: other.name, to: &output)
      Self.append(block: other.cell, to: &output)
    }
  }

  private static func append(block text: String, to output: inout ByteWriter) {
    append(length: text.utf8.count, to: &output)
    output.append(text)
  }

  private static func append(length: Int, to output: inout ByteWriter) {
    let length = UInt32(length)
    for shift in [0, 8, 16, 24] as [UInt32] { output.append(UInt8(truncatingIfNeeded: length >> shift)) }
  }
}
