private import CRemitJSON

/// What a connection received and did not take yet, in one piece, with the padding behind it that the reader of JSON asks for.
@safe struct ReceivedBytes: ~Copyable {
  // SAFETY: `memory` belongs to this value alone and is replaced by `grow` only.
  private var memory: UnsafeMutableRawBufferPointer
  private var start = 0
  private var end = 0

  private static let padding = Int(REMIT_JSON_PADDING)
  /// An empty one keeps so much.
  private static let keptBytes = 128 << 10

  init() {
    unsafe memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  }

  deinit {
    unsafe memory.deallocate()
  }

  var count: Int { end - start }

  /// Good until the next change.
  @unsafe var bytes: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(rebasing: memory[start..<end])
  }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard unsafe !bytes.isEmpty else { return }
    if unsafe memory.count < end + bytes.count + Self.padding { grow(by: bytes.count) }
    // SAFETY: `grow` has made room for the bytes and the padding.
    unsafe UnsafeMutableRawBufferPointer(rebasing: memory[end..<end + bytes.count]).copyMemory(from: bytes)
    end += bytes.count
  }

  /// Room to be filled by a read, at least `count` bytes; `filled` says how many were.
  @unsafe mutating func room(_ count: Int) -> UnsafeMutableRawBufferPointer {
    if unsafe memory.count < end + count + Self.padding { grow(by: count) }
    return unsafe UnsafeMutableRawBufferPointer(rebasing: memory[end..<memory.count - Self.padding])
  }

  mutating func filled(_ count: Int) {
    end += count
  }

  mutating func consume(_ count: Int) {
    precondition(count <= self.count, "a connection cannot take more than it has received")
    start += count
    guard start == end else { return }
    start = 0
    end = 0
    if unsafe memory.count > Self.keptBytes + Self.padding { replace(by: 0) }
  }

  private mutating func grow(by count: Int) {
    let needed = self.count + count + Self.padding
    if unsafe needed <= memory.count, start >= self.count {
      // What is in front is as much as what is kept, so moving costs no more than receiving did.
      unsafe memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[start..<end]))
      end -= start
      start = 0
      return
    }
    replace(by: unsafe max(needed, min(memory.count * 2, needed * 2)))
  }

  private mutating func replace(by capacity: Int) {
    let fresh = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 64)
    unsafe fresh.initializeMemory(as: UInt8.self, repeating: 0)
    // SAFETY: `fresh` has room for all that is kept.
    unsafe fresh.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[start..<end]))
    unsafe memory.deallocate()
    unsafe memory = fresh
    end -= start
    start = 0
  }
}
