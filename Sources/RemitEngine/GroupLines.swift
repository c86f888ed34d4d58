private import Glibc
internal import RemitWire

/// The result lines of one group, in the order of its rows. Nothing of them leaves before all are there, as one decision at fault
/// undoes the others; so many of them wait in a file.
final class GroupLines {
  private var recent = ByteWriter()
  private var older: Spool?
  private(set) var tally: BatchTally
  private let outcomes: Int

  private static let recentBytesMax = 4 << 20
  private static let bytesKept = 256 << 10

  init(outcomes: Int) {
    self.outcomes = outcomes
    tally = BatchTally(outcomes: outcomes)
  }

  func removeAll() {
    recent.removeAll(capacityBytesMax: Self.bytesKept)
    older = nil
    tally = BatchTally(outcomes: outcomes)
  }

  /// Appends what `write` appends: a line, of which it returns the outcome. An error has none.
  func append(_ write: (inout ByteWriter) -> Int?) throws(StreamError) {
    if let outcome = write(&recent) { tally.count(outcome: outcome) } else { tally.countError() }
    guard !recent.hasFailed else { throw StreamError("no memory for the results") }
    if recent.count > Self.recentBytesMax {
      let spool = older ?? Spool()
      older = spool
      try flush(to: spool)
    }
  }

  /// Hands out the lines, each with its newline.
  func handOut(_ body: (UnsafeRawBufferPointer) throws(StreamError) -> Void) throws(StreamError) {
    if let spool = older {
      try flush(to: spool)
      try spool.rewind()
      try unsafe Self.lines(of: spool, body)
    } else {
      try unsafe recent.withBytes { (bytes) throws(StreamError) in
        var position = 0
        while let line = unsafe Self.line(in: bytes, at: position) {
          position += line.count
          try unsafe body(line)
        }
      }
    }
  }

  private func flush(to spool: Spool) throws(StreamError) {
    try unsafe recent.withBytes { (bytes) throws(StreamError) in try unsafe spool.write(bytes) }
    recent.removeAll()
  }

  private static func lines(
    of source: Spool, _ body: (UnsafeRawBufferPointer) throws(StreamError) -> Void
  ) throws(StreamError) {
    var buffer = [UInt8](repeating: 0, count: 256 << 10)
    var end = 0
    while true {
      if end == buffer.count { buffer.append(contentsOf: repeatElement(0, count: buffer.count)) }
      let count = try unsafe buffer.withUnsafeMutableBufferPointer { (bytes) throws(StreamError) in
        try unsafe source.read(
          into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(bytes)[end...]))
      }
      if count == 0 { return }
      end += count
      var start = 0
      try unsafe buffer.withUnsafeBufferPointer { (bytes) throws(StreamError) in
        let filled = unsafe UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<end])
        while let line = unsafe Self.line(in: filled, at: start) {
          start += line.count
          try unsafe body(line)
        }
      }
      buffer.replaceSubrange(0..<end - start, with: buffer[start..<end])
      end -= start
    }
  }

  /// The line that starts at `position`, with its newline; nil where there is none, or not all of it.
  @unsafe private static func line(in bytes: UnsafeRawBufferPointer, at position: Int) -> UnsafeRawBufferPointer? {
    guard position < bytes.count, let base = bytes.baseAddress else { return nil }
    // SAFETY: the bytes from `position` on are inside the buffer.
    guard let newline = unsafe memchr(base + position, 10, bytes.count - position) else { return nil }
    let end = unsafe UnsafeRawPointer(newline) - base + 1
    return unsafe UnsafeRawBufferPointer(rebasing: bytes[position..<end])
  }
}
