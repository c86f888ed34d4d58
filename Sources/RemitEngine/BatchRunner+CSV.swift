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
    let header = HeaderSource(source)
    let (template, columnNames) = try header.readHeader(bytesMax: limits.lineBytesMax)
    let columns = CSVColumns(names: columnNames, declaration: declaration)
    let names = SharedNames()
    let spool = Spool()
    let lineBytesMax = limits.lineBytesMax
    let splitter = LineSplitter(
      header, rows: .csv, lineBytesMax: lineBytesMax, chunkBytes: chunkBytes, firstLine: header.nextLine)
    var report = run(
      InputGate(splitter), to: spool, outcomes: declaration.outcomes.count,
      first: CSVWorker(decider: first, columns: columns, lineBytesMax: lineBytesMax, names: names, template: template)
    ) {
      CSVWorker(
        decider: try makeDecider(), columns: columns, lineBytesMax: lineBytesMax, names: names, template: template)
    }
    do throws(StreamError) {
      try spool.rewind()
      var output = CSVOutput(names: names.sorted, from: spool, to: sink)
      try output.write(header: columnNames)
    } catch {
      report.failure = report.failure ?? error
    }
    return report
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
    var reader = CSVReader()
    var scanner = CSVRowScanner()
    var names: [String] = []
    var row: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while names.isEmpty {
      let count = try unsafe buffer.withUnsafeMutableBufferPointer { (buffer) throws(StreamError) in
        try unsafe source.read(into: UnsafeMutableRawBufferPointer(buffer))
      }
      var position = 0
      while position < count && names.isEmpty {
        let byte = buffer[position]
        position += 1
        row.append(byte)
        if byte == 10 { nextLine += 1 }
        if row == [0xEF, 0xBB, 0xBF] {
          // A byte-order mark is no part of the first name.
          scanner = CSVRowScanner()
          continue
        }
        if scanner.take(byte) {
          names = try Self.names(in: row, &reader, isLast: false)
          row.removeAll()
        }
        guard row.count <= bytesMax else { throw StreamError("the header is longer than \(bytesMax) bytes") }
      }
      rest = buffer[position..<count]
      guard names.isEmpty, count == 0 else { continue }
      names = try Self.names(in: row, &reader, isLast: true)
      if names.isEmpty { throw StreamError("the input has no header row") }
    }
    return (reader, names)
  }

  private static func names(in row: [UInt8], _ reader: inout CSVReader, isLast: Bool) throws(StreamError) -> [String] {
    var names: [String] = []
    do {
      try reader.read(row.span) { names = $0.texts }
      if isLast { try reader.finish { names = $0.texts } }
    } catch let error as WireError {
      throw StreamError("the header cannot be read: \(error.message)")
    } catch {
      throw StreamError("the header cannot be read: \(error)")
    }
    return names
  }

  func read(into target: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    guard !rest.isEmpty else { return try unsafe source.read(into: target) }
    let count = min(rest.count, target.count)
    unsafe rest.prefix(count).withUnsafeBytes { bytes in unsafe target.copyMemory(from: bytes) }
    rest = rest.dropFirst(count)
    return count
  }
}
