internal import RemitWire

/// Writes the table of results once all columns are known: the input's columns as they were, `decision.outcome`,
/// `decision.reasons`, each other output in byte order, `error.code` and `error.message`.
struct CSVOutput {
  private let names: [String]
  private let sink: any ByteSink
  private var source: RecordReader
  private var output = [UInt8]()

  /// So much is written at once.
  private static let writeBytes = 256 << 10

  init(names: [String], from source: any ByteSource, to sink: any ByteSink) {
    self.names = names
    self.sink = sink
    self.source = RecordReader(source)
  }

  mutating func write(header columns: [String]) throws(StreamError) {
    let decision = ["decision.outcome", "decision.reasons"] + names.map { "decision.\($0)" }
    append(cells: columns + decision + ["error.code", "error.message"], isRowStart: true)
    output.append(10)
    while let count = try source.length() {
      output += try source.bytes(count)
      let fixed = try (0..<4).map { _ throws(StreamError) in try source.text() }
      var others: [String: String] = [:]
      for _ in 0..<(try source.length() ?? 0) {
        let name = try source.text()
        others[name] = try source.text()
      }
      append(cells: [fixed[0], fixed[1]] + names.map { others[$0] ?? "" } + [fixed[2], fixed[3]], isRowStart: false)
      output.append(10)
      if output.count >= Self.writeBytes { try flush() }
    }
    try flush()
  }

  private mutating func append(cells: [String], isRowStart: Bool) {
    var row = ByteWriter()
    var writer = CSVWriter()
    for cell in cells { writer.append(cell, to: &row) }
    if !isRowStart { output.append(UInt8(ascii: ",")) }
    output += row.bytes
  }

  private mutating func flush() throws(StreamError) {
    let bytes = output
    try unsafe bytes.withUnsafeBufferPointer { (bytes) throws(StreamError) in
      try unsafe sink.write(UnsafeRawBufferPointer(bytes))
    }
    output.removeAll(keepingCapacity: true)
  }
}

/// Reads the blocks of records, as `CSVResult` writes them.
private struct RecordReader {
  private let source: any ByteSource
  private var buffer: [UInt8] = []
  private var position = 0

  init(_ source: any ByteSource) {
    self.source = source
  }

  /// A number; nil at the end.
  mutating func length() throws(StreamError) -> Int? {
    if position == buffer.count, try !refill() { return nil }
    return try bytes(4).reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  mutating func text() throws(StreamError) -> String {
    String(decoding: try bytes(try length() ?? 0), as: UTF8.self)
  }

  mutating func bytes(_ count: Int) throws(StreamError) -> [UInt8] {
    var result: [UInt8] = []
    while result.count < count {
      if position == buffer.count, try !refill() { throw StreamError("the temporary file was cut short") }
      let part = buffer[position..<min(buffer.count, position + count - result.count)]
      result += part
      position = part.endIndex
    }
    return result
  }

  private mutating func refill() throws(StreamError) -> Bool {
    if buffer.count < 64 << 10 { buffer = Array(repeating: 0, count: 64 << 10) }
    let count = try unsafe buffer.withUnsafeMutableBufferPointer { (buffer) throws(StreamError) in
      try unsafe source.read(into: UnsafeMutableRawBufferPointer(buffer))
    }
    buffer.removeLast(buffer.count - count)
    position = 0
    return count > 0
  }
}
