private import Glibc
internal import RemitWire

extension UnsafeRawBufferPointer {
  /// True where these bytes come before the other ones: byte by byte, and the shorter first.
  func precedes(_ other: UnsafeRawBufferPointer) -> Bool {
    let shorter = Swift.min(count, other.count)
    guard shorter > 0 else { return count < other.count }
    // SAFETY: both have at least `shorter` bytes.
    let order = unsafe memcmp(baseAddress!, other.baseAddress!, shorter)
    return order != 0 ? order < 0 : count < other.count
  }
}

/// Merges sorted runs into one: a heap of runs, the one with the first record on top.
final class RecordMerge {
  private var heap: [RecordRun]
  /// The run that the last record came from stands on top, and moves on before the next is taken.
  private var isTopTaken = false

  init(_ runs: [RecordRun]) {
    heap = runs.filter { unsafe $0.head != nil }
    for place in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(place) }
  }

  /// The record with the next key; nil at the end.
  @unsafe func next() throws(StreamError) -> SortedRecord? {
    try advance()
    guard let top = heap.first else { return nil }
    isTopTaken = true
    return unsafe top.head
  }

  private func advance() throws(StreamError) {
    guard isTopTaken else { return }
    isTopTaken = false
    try heap[0].advance()
    if unsafe heap[0].head == nil {
      let last = heap.removeLast()
      if heap.isEmpty { return }
      heap[0] = last
    }
    sink(0)
  }

  private func sink(_ start: Int) {
    var place = start
    while true {
      var child = 2 * place + 1
      guard child < heap.count else { return }
      if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
      guard heap[child].precedes(heap[place]) else { return }
      heap.swapAt(child, place)
      place = child
    }
  }
}

/// A sorted run in a file, read from its start.
@safe final class RecordRun {
  private let file: TemporaryFile
  // SAFETY: `buffer` belongs to the run alone, and `head` points into it.
  private var buffer: UnsafeMutableRawBufferPointer
  private var start = 0
  private var end = 0
  /// The next record; nil at the end.
  private(set) var head: SortedRecord?

  private static let bufferBytes = 64 << 10
  private static let headerBytes = 8

  init(_ file: TemporaryFile) throws(StreamError) {
    self.file = file
    unsafe buffer = .allocate(byteCount: Self.bufferBytes, alignment: 16)
    unsafe head = nil
    try file.rewind()
    try advance()
  }

  deinit {
    unsafe buffer.deallocate()
  }

  static func append(_ record: SortedRecord, to output: inout ByteWriter) {
    output.append(fixed: unsafe UInt32(record.key.count))
    output.append(fixed: unsafe UInt32(record.payload.count))
    unsafe output.append(record.key)
    unsafe output.append(record.payload)
  }

  func precedes(_ other: RecordRun) -> Bool {
    guard let own = unsafe head, let others = unsafe other.head else { return unsafe head != nil }
    return unsafe own.key.precedes(others.key)
  }

  /// Moves to the next record.
  func advance() throws(StreamError) {
    unsafe head = nil
    guard try has(Self.headerBytes) else { return }
    var position = start
    let keyBytes = unsafe Int(UnsafeRawBufferPointer(buffer).take(UInt32.self, at: &position))
    let payloadBytes = unsafe Int(UnsafeRawBufferPointer(buffer).take(UInt32.self, at: &position))
    guard try has(Self.headerBytes + keyBytes + payloadBytes) else {
      throw StreamError("the temporary file was cut short")
    }
    position = start + Self.headerBytes
    unsafe head = unsafe SortedRecord(
      key: UnsafeRawBufferPointer(buffer).take(keyBytes, at: &position),
      payload: UnsafeRawBufferPointer(buffer).take(payloadBytes, at: &position))
    start = position
  }

  /// Makes the next `count` bytes stand in the buffer, from `start` on; false where the file has fewer.
  private func has(_ count: Int) throws(StreamError) -> Bool {
    guard end - start < count else { return true }
    let larger = max(count, Self.bufferBytes)
    let old = unsafe buffer
    if old.count < larger { unsafe buffer = .allocate(byteCount: larger, alignment: 16) }
    // SAFETY: both have room for what is left, and `memmove` lets them overlap.
    unsafe _ = memmove(buffer.baseAddress!, old.baseAddress! + start, end - start)
    if old.count < larger { unsafe old.deallocate() }
    end -= start
    start = 0
    while end < count {
      let read = try unsafe file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
      if read == 0 { return false }
      end += read
    }
    return true
  }
}
