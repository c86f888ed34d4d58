private import RemitModel
package import RemitPolicy
private import RemitWire

extension BatchRunner {
  /// Decides rows of CSV, of which the first names the columns.
  ///
  /// Results have columns that only the last row may show, so they wait until all are decided: a few megabytes in
  /// memory, more of them in a temporary file. Memory stays constant.
  ///
  /// - Throws: Where there is no header to go by.
  package func runCSV<Decider: LineDecider & SendableMetatype>(
    from source: any ByteSource, to sink: any ByteSink, declaration: PolicyDeclaration, first: Decider,
    makeDecider: @escaping @Sendable () throws -> Decider
  ) throws(StreamError) -> Report {
    let spool = Spool()
    var (report, columns) = try decideCSV(
      from: source, to: spool, declaration: declaration, form: .cells, first: first, makeDecider: makeDecider)
    do throws(StreamError) {
      try columns.write(spool, to: sink)
    } catch {
      report.failure = report.failure ?? error
    }
    return report
  }

  /// Reads the header and has every row decided; what comes of the rows goes to `sink` in their order, in that form.
  func decideCSV<Decider: LineDecider & SendableMetatype>(
    from source: any ByteSource, to sink: any ByteSink, declaration: PolicyDeclaration, form: CSVRowForm,
    first: Decider,
    makeDecider: @escaping @Sendable () throws -> Decider
  ) throws(StreamError) -> (Report, ResultColumns) {
    let header = HeaderSource(source)
    let (template, columnNames) = try header.readHeader(bytesMax: limits.lineBytesMax)
    let columns = CSVColumns(names: columnNames, declaration: declaration)
    let names = SharedNames()
    let lineBytesMax = limits.lineBytesMax
    let splitter = LineSplitter(
      header, rows: .csv, lineBytesMax: lineBytesMax, chunkBytes: chunkBytes, firstLine: header.nextLine)
    let makeWorker: @Sendable (Decider) -> CSVWorker<Decider> = { decider in
      CSVWorker(
        decider: decider, columns: columns, lineBytesMax: lineBytesMax, names: names, template: template, form: form)
    }
    let report = run(
      InputGate(splitter), to: sink, outcomes: declaration.outcomes.count, first: makeWorker(first)
    ) {
      makeWorker(try makeDecider())
    }
    return (report, ResultColumns(inputs: columnNames, outputs: names))
  }
}

/// The columns of the output: those of the input, and the outputs that any row has.
struct ResultColumns {
  let inputs: [String]
  let outputs: SharedNames

  /// Writes the table, once all results are in the spool.
  func write(_ spool: Spool, to sink: any ByteSink) throws(StreamError) {
    try spool.rewind()
    var output = CSVOutput(names: outputs.sorted, from: spool, to: sink)
    try output.write(header: inputs)
  }
}

/// Gives out a source's bytes from behind its first row of CSV.
private final class HeaderSource: ByteSource {
  private let source: any ByteSource
  private var rest: ArraySlice<UInt8> = []
  /// The number of the line behind the header.
  private(set) var nextLine: UInt64 = 1

  init(_ source: any ByteSource) {
    self.source = source
  }

  /// - Returns: A reader that has read the header, and the names in it.
  func readHeader(bytesMax: Int) throws(StreamError) -> (CSVReader, [String]) {
    var reader = CSVReader(fieldBytesMax: bytesMax, rowBytesMax: bytesMax)
    var names: [String] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while names.isEmpty {
      let count = try unsafe buffer.withUnsafeMutableBufferPointer { (buffer) throws(StreamError) in
        try unsafe source.read(into: UnsafeMutableRawBufferPointer(buffer))
      }
      var position = 0
      do {
        // Byte by byte, to stop right behind it.
        while position < count && names.isEmpty {
          let byte = [buffer[position]]
          if byte == [10] { nextLine += 1 }
          try reader.read(byte.span) { names = $0.texts }
          position += 1
        }
        if count == 0 { try reader.finish { names = $0.texts } }
      } catch {
        throw StreamError("the header cannot be read: \((error as? WireError)?.message ?? "\(error)")")
      }
      rest = buffer[position..<count]
      if count == 0 && names.isEmpty { throw StreamError("the input has no header row") }
    }
    return (reader, names)
  }

  func read(into target: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    guard !rest.isEmpty else { return try unsafe source.read(into: target) }
    let count = min(rest.count, target.count)
    unsafe rest.prefix(count).withUnsafeBytes { bytes in unsafe target.copyMemory(from: bytes) }
    rest = rest.dropFirst(count)
    return count
  }
}
