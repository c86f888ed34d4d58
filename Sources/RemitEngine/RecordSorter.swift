internal import RemitWire

/// A record: bytes to sort by, and what they stand for. Valid until its owner is asked for another.
@unsafe struct SortedRecord {
  let key: UnsafeRawBufferPointer
  let payload: UnsafeRawBufferPointer
}

/// Sorts records by the bytes of their keys, however many there are: a few megabytes of them in memory, and more as sorted runs in
/// temporary files, which are merged. No two keys may be equal. One thread at a time.
final class RecordSorter {
  private let memoryBytesMax: Int
  private var memory = ByteWriter()
  private var entries: [Entry] = []
  /// Sorted runs; those of a level hold as many records as `fanIn` of the level before.
  private var levels: [[TemporaryFile]] = []
  private var merge: RecordMerge?

  /// How many runs are merged at once: so many files may be open, on each level.
  private static let fanIn = 32
  private static let writeBytes = 256 << 10

  init(memoryBytesMax: Int = 16 << 20) {
    self.memoryBytesMax = memoryBytesMax
  }

  /// Adds a record.
  ///
  /// - Parameter fill: Appends the bytes of the key, then those of the payload.
  func add(keyBytes: Int, payloadBytes: Int, fill: (inout ByteWriter) -> Void) throws(StreamError) {
    precondition(merge == nil, "a sorter that is read takes no more records")
    let offset = memory.count
    memory.append(fixed: UInt32(keyBytes))
    memory.append(fixed: UInt32(payloadBytes))
    fill(&memory)
    guard !memory.hasFailed else { throw StreamError("no memory for the rows") }
    precondition(
      memory.count == offset + Entry.headerBytes + keyBytes + payloadBytes, "a record has the size it was said to have")
    entries.append(unsafe memory.withBytes { bytes in unsafe Entry(offset: offset, in: bytes) })
    if memory.count + entries.count * MemoryLayout<Entry>.stride > memoryBytesMax { try spill() }
  }

  /// Ends the adding.
  func finish() throws(StreamError) {
    if levels.isEmpty {
      sortEntries()
    } else if !entries.isEmpty {
      // What others want to hold in memory meanwhile is worth more than these.
      try spill()
      memory = ByteWriter()
      entries = []
    }
    var runs: [RecordRun] = []
    for file in levels.joined() { runs.append(try RecordRun(file)) }
    levels = []
    merge = RecordMerge(runs)
  }

  /// The record with the next key; nil at the end. After `finish`.
  @unsafe func next() throws(StreamError) -> SortedRecord? {
    guard let merge else { preconditionFailure("a sorter is read once all is added") }
    guard place < entries.count else { return try unsafe merge.next() }
    place += 1
    return unsafe record(entries[place - 1])
  }
  /// The next of the records in memory, where that holds them all.
  private var place = 0

  // SAFETY: nothing is appended to `memory` while the sorter is read.
  @unsafe private func record(_ entry: Entry) -> SortedRecord {
    unsafe memory.withBytes { bytes in
      var position = entry.offset
      let keyBytes = unsafe Int(bytes.take(UInt32.self, at: &position))
      let payloadBytes = unsafe Int(bytes.take(UInt32.self, at: &position))
      return unsafe SortedRecord(
        key: bytes.take(keyBytes, at: &position), payload: bytes.take(payloadBytes, at: &position))
    }
  }

  private func sortEntries() {
    unsafe memory.withBytes { bytes in
      entries.sort { unsafe $0.precedes($1, in: bytes) }
    }
  }

  /// Writes what is in memory as a run.
  private func spill() throws(StreamError) {
    sortEntries()
    let file = try TemporaryFile()
    var output = ByteWriter()
    for entry in entries {
      unsafe RecordRun.append(record(entry), to: &output)
      if output.count >= Self.writeBytes { try Self.flush(&output, to: file) }
    }
    try Self.flush(&output, to: file)
    // Kept whole: the next records need as much.
    memory.removeAll(capacityBytesMax: .max)
    entries.removeAll(keepingCapacity: true)
    try add(run: file, level: 0)
  }

  private func add(run: TemporaryFile, level: Int) throws(StreamError) {
    if levels.count == level { levels.append([]) }
    levels[level].append(run)
    guard levels[level].count == Self.fanIn else { return }
    var runs: [RecordRun] = []
    for file in levels[level] { runs.append(try RecordRun(file)) }
    levels[level] = []
    let merge = RecordMerge(runs)
    let file = try TemporaryFile()
    var output = ByteWriter()
    while let record = try unsafe merge.next() {
      unsafe RecordRun.append(record, to: &output)
      if output.count >= Self.writeBytes { try Self.flush(&output, to: file) }
    }
    try Self.flush(&output, to: file)
    try add(run: file, level: level + 1)
  }

  private static func flush(_ output: inout ByteWriter, to file: TemporaryFile) throws(StreamError) {
    guard !output.hasFailed else { throw StreamError("no memory for the rows") }
    try unsafe output.withBytes { (bytes) throws(StreamError) in try unsafe file.write(bytes) }
    output.removeAll()
  }
}

/// A record in memory: where it is, and the first bytes of its key as a number, which settle most comparisons.
private struct Entry {
  let prefix: UInt64
  let offset: Int

  /// The lengths of key and payload.
  static let headerBytes = 8

  @unsafe init(offset: Int, in bytes: UnsafeRawBufferPointer) {
    self.offset = offset
    let key = unsafe Self.key(at: offset, in: bytes)
    var prefix: UInt64 = 0
    for index in 0..<8 { prefix = unsafe prefix << 8 | (index < key.count ? UInt64(key[index]) : 0) }
    self.prefix = prefix
  }

  @unsafe func precedes(_ other: Entry, in bytes: UnsafeRawBufferPointer) -> Bool {
    if prefix != other.prefix { return prefix < other.prefix }
    return unsafe Self.key(at: offset, in: bytes).precedes(Self.key(at: other.offset, in: bytes))
  }

  @unsafe private static func key(at offset: Int, in bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var position = offset
    let count = unsafe Int(bytes.take(UInt32.self, at: &position))
    position = offset + headerBytes
    return unsafe bytes.take(count, at: &position)
  }
}
