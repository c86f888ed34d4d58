/// Cuts a stream of bytes into chunks of whole lines, and counts the lines.
///
/// A line longer than allowed is cut: its chunk says so, and the rest of it is passed over. Memory does not depend on
/// the length of the stream or of its lines.
struct LineSplitter {
  /// What a row is.
  enum Rows {
    /// A line.
    case lines
    /// A row of CSV, of which a quoted field may hold newlines.
    case csv
  }

  private let source: any ByteSource
  private let rows: Rows
  private let lineBytesMax: Int
  private let chunkBytes: Int

  /// The beginning of the line that the last chunk ended in.
  private var carry: [UInt8] = []
  private var nextLine: UInt64
  private var isAtStart: Bool
  private var isPassingOver = false
  private var scanner = CSVRowScanner()
  private(set) var hasEnded = false

  init(_ source: any ByteSource, rows: Rows, lineBytesMax: Int, chunkBytes: Int, firstLine: UInt64 = 1) {
    self.source = source
    self.rows = rows
    self.lineBytesMax = lineBytesMax
    self.chunkBytes = chunkBytes
    nextLine = firstLine
    isAtStart = firstLine == 1
  }

  /// Fills an empty chunk with the next lines; false at the end.
  ///
  /// It does not wait for more than one line, so that what a slow writer sends is decided at once.
  mutating func fill(_ chunk: Chunk) throws(StreamError) -> Bool {
    chunk.clear()
    chunk.firstLine = nextLine
    if chunk.capacity < carry.count + chunkBytes { chunk.grow(to: carry.count + chunkBytes) }
    unsafe carry.withUnsafeBytes { kept in unsafe chunk.free.copyMemory(from: kept) }
    chunk.end = carry.count
    carry.removeAll(keepingCapacity: true)

    while !hasEnded {
      if chunk.capacity - chunk.end < chunkBytes / 4 { chunk.grow(to: chunk.end + chunkBytes) }
      let fresh = chunk.end
      let count: Int
      do throws(StreamError) {
        count = try unsafe source.read(into: chunk.free)
      } catch {
        hasEnded = true
        throw error
      }
      if count == 0 {
        hasEnded = true
        break
      }
      chunk.end += count
      if isPassingOver && !passOver(in: chunk) { continue }
      if let rowEnd = lastRowEnd(in: chunk, from: min(fresh, chunk.end)) {
        unsafe carry.append(contentsOf: chunk.bytes(rowEnd..<chunk.end))
        chunk.end = rowEnd
        return finish(chunk)
      }
      // A carriage return before the newline would not count, so one byte more may still be a line.
      if chunk.end > lineBytesMax + 1 {
        chunk.lastIsCut = true
        isPassingOver = true
        scanner = CSVRowScanner()
        return finish(chunk)
      }
    }
    return chunk.end > 0 && finish(chunk)
  }

  private mutating func finish(_ chunk: Chunk) -> Bool {
    if isAtStart {
      isAtStart = false
      if chunk.end >= 3, unsafe chunk.bytes(0..<3).elementsEqual([0xEF, 0xBB, 0xBF]) { chunk.start = 3 }
    }
    nextLine += chunk.newlines(chunk.start..<chunk.end)
    return true
  }

  /// Drops the rest of a line that was cut; false where it goes on.
  private mutating func passOver(in chunk: Chunk) -> Bool {
    let newline = chunk.lineEnd(from: 0)
    guard newline < chunk.end else {
      chunk.end = 0
      return false
    }
    chunk.dropFirst(newline + 1)
    isPassingOver = false
    nextLine += 1
    chunk.firstLine = nextLine
    return true
  }

  /// Behind the last newline that ends a row, of the bytes from `fresh` on.
  private mutating func lastRowEnd(in chunk: Chunk, from fresh: Int) -> Int? {
    let bytes = unsafe chunk.bytes(fresh..<chunk.end)
    switch rows {
    case .lines:
      return unsafe bytes.lastIndex(of: 10).map { fresh + $0 + 1 }
    case .csv:
      var last: Int?
      while let end = unsafe scanner.rowEnd(in: bytes, from: last ?? 0) { last = end }
      return last.map { fresh + $0 }
    }
  }
}
