private import Glibc
internal import RemitLua
internal import RemitWire

/// Whole lines of input, and the results of deciding them: what a worker takes, works on and hands back.
///
/// One thread at a time has it; it passes from one to the next under a lock.
@safe final class Chunk: @unchecked Sendable {
  // SAFETY: `memory` belongs to the chunk alone, from `init` to `deinit`, and is replaced by `grow` only. The chunk is
  // handed from thread to thread under the locks of `InputGate` and `ReorderWindow`.
  private var memory: UnsafeMutableRawBufferPointer
  /// Its place in the input, from 0.
  var sequence = 0
  /// Bytes before the first line: a byte-order mark.
  var start = 0
  /// Where the lines end.
  var end = 0
  /// The number of the line at `start`.
  var firstLine: UInt64 = 1
  /// True where the last line is longer than a line may be, and goes on outside of the chunk.
  var lastIsCut = false
  /// How many lines of the chunk were not blank.
  var rows = 0

  var output = ByteWriter()

  init(capacity: Int) {
    unsafe memory = .allocate(byteCount: capacity + ByteBlock.padding, alignment: 64)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit {
    unsafe memory.deallocate()
  }

  /// How many bytes of input it has room for.
  var capacity: Int { unsafe memory.count - ByteBlock.padding }

  func clear() {
    start = 0
    end = 0
    lastIsCut = false
    rows = 0
    output.removeAll(capacityBytesMax: outputBytesKept)
  }

  func grow(to capacity: Int) {
    let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity + ByteBlock.padding, alignment: 64)
    unsafe larger.initializeMemory(as: UInt8.self, repeating: 0)
    // SAFETY: `larger` has room for more than the `end` bytes that are in use.
    unsafe larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<end]))
    unsafe memory.deallocate()
    unsafe memory = larger
  }

  /// Drops bytes from the beginning, and moves the others there.
  func dropFirst(_ count: Int) {
    precondition(count <= end, "a chunk cannot lose more than it has")
    // SAFETY: both ranges are inside the memory, and `memmove` lets them overlap.
    if let base = unsafe memory.baseAddress { unsafe _ = memmove(base, base + count, end - count) }
    end -= count
  }

  /// Room behind `end`; the padding is not part of it.
  @unsafe var free: UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(rebasing: memory[end..<capacity])
  }

  /// Bytes of the input; `ByteBlock.padding` more are readable behind them.
  @unsafe func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    precondition(range.upperBound <= capacity, "a line ends inside its chunk")
    return unsafe UnsafeRawBufferPointer(rebasing: memory[range])
  }

  /// Where the line that starts at `position` ends: at its newline, or at the end.
  func lineEnd(from position: Int) -> Int {
    guard position < end, let base = unsafe memory.baseAddress else { return end }
    // SAFETY: the bytes from `position` to `end` are inside the memory.
    guard let newline = unsafe memchr(base + position, 10, end - position) else { return end }
    return unsafe UnsafeRawPointer(newline) - UnsafeRawPointer(base)
  }

  func newlines(_ range: Range<Int>) -> UInt64 {
    var count: UInt64 = 0
    var at = lineEnd(from: range.lowerBound)
    while at < range.upperBound {
      count += 1
      at = lineEnd(from: at + 1)
    }
    return count
  }
}
