import CRemitJSON

/// Cuts a stream of bytes into lines without copying them.
///
/// The framer owns one buffer. `fill` lends its free part to a reader such as read(2); `next` then hands out ranges of it, which stay
/// good until the next `fill`. A line that is not complete is kept and continued.
///
/// Memory is bounded: a line over the limit is told once and the rest of it is thrown away as it comes in.
@safe package struct LineFramer: ~Copyable {
  /// One line of the stream, in order.
  package enum Line: Equatable, Sendable {
    /// Where its bytes are, without `\n` and without a `\r` before it.
    case text(Range<Int>)
    /// Nothing but white space.
    case blank
    /// More than `lineBytesMax` bytes.
    case tooLong
  }

  /// The most bytes that a line may have, not counting `\n` and a `\r` before it.
  package let lineBytesMax: Int

  private let chunkBytes: Int
  private var base: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  /// INVARIANT: 0 <= start <= scanned <= end <= capacity, and `padding` readable bytes stand behind `end`.
  private var start = 0
  /// No newline stands in start ..< scanned.
  private var scanned = 0
  private var end = 0
  private var state = State.beginning

  private enum State {
    /// Nothing was read yet, so a byte order mark may still come.
    case beginning
    case inLines
    /// Inside a line that was told to be too long.
    case discarding
  }

  private static var padding: Int { REMIT_JSON_PADDING }

  /// - Parameters:
  ///   - lineBytesMax: The most bytes that a line may have.
  ///   - chunkBytes: How much to read at once, and where the buffer starts; it grows only for lines that need it.
  package init(lineBytesMax: Int, chunkBytes: Int = 64 * 1024) {
    precondition(lineBytesMax >= 0 && chunkBytes > 0, "limits of lines are not negative")
    // Sums of a few of these must not overflow.
    self.lineBytesMax = min(lineBytesMax, Int.max / 4)
    self.chunkBytes = chunkBytes
    capacity = chunkBytes
    // SAFETY: freed in deinit or when replaced; the padding is written before anybody reads it.
    unsafe base = .allocate(capacity: chunkBytes + Self.padding)
    unsafe base.initialize(repeating: 0, count: Self.padding)
  }

  deinit {
    // SAFETY: nobody else owns it.
    unsafe base.deallocate()
  }

  /// Lets `read` put bytes behind those that are there already, and returns how many it did. Ranges handed out before are void.
  ///
  /// - Parameter read: Gets free space, never empty; returns how many bytes it has written from its start on.
  package mutating func fill<Failure: Error>(
    _ read: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
  ) throws(Failure) -> Int {
    makeRoom()
    // SAFETY: end ..< capacity lies inside the allocation.
    let room = unsafe UnsafeMutableRawBufferPointer(start: base + end, count: capacity - end)
    let count = unsafe try read(room)
    precondition(count >= 0 && count <= room.count, "a reader cannot write more than the room it was given")
    end += count
    // SAFETY: the allocation is `padding` bytes longer than `capacity`. Zeros make what is read there the same on every run.
    unsafe (base + end).initialize(repeating: 0, count: Self.padding)
    return count
  }

  /// The next line, or nil where its newline has not come yet.
  package mutating func next() -> Line? {
    if state != .inLines && !enterLine() { return nil }

    // SAFETY: scanned ..< end holds bytes that were read.
    let newline = unsafe scanned + remit_find_byte(base + scanned, end - scanned, UInt8(ascii: "\n"))
    if newline < end {
      let line = line(start..<newline)
      start = newline + 1
      scanned = start
      return line
    }

    scanned = end
    // A last byte that is `\r` may not count, so one more than the limit is not yet too long.
    if end - start > lineBytesMax + 1 {
      state = .discarding
      start = end
      return .tooLong
    }
    return nil
  }

  /// The last line, where the stream ended without a newline behind it. Call it once, after `next` has returned nil.
  package mutating func finish() -> Line? {
    defer {
      start = end
      scanned = end
    }
    // Fewer bytes than a byte order mark are a line after all.
    if state == .discarding || start == end { return nil }
    return line(start..<end)
  }

  /// The bytes of a line, with at least `REMIT_JSON_PADDING` readable bytes behind them. Good until the next `fill`.
  @unsafe package func bytes(of range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
    precondition(range.lowerBound >= 0 && range.upperBound <= end, "the range is one of this framer's lines")
    // SAFETY: the range was checked; the caller keeps the framer alive and does not fill it meanwhile.
    return unsafe UnsafeBufferPointer(start: base + range.lowerBound, count: range.count)
  }

  /// How many bytes wait for their newline.
  package var pendingBytes: Int { end - start }

  /// The bytes of memory that the framer holds.
  package var capacityBytes: Int { capacity + Self.padding }

  /// Passes a byte order mark or the rest of a line that is too long. False where more bytes are needed for that.
  private mutating func enterLine() -> Bool {
    switch state {
    case .inLines:
      break
    case .beginning:
      let mark: [3 of UInt8] = [0xEF, 0xBB, 0xBF]
      var length = 0
      // SAFETY: start + length < end.
      while length < 3 && start + length < end, unsafe base[start + length] == mark[length] { length += 1 }
      if length < 3 && start + length == end { return false }
      if length == 3 { start += 3 }
      scanned = start
      state = .inLines
    case .discarding:
      // SAFETY: start ..< end holds bytes that were read.
      let newline = unsafe start + remit_find_byte(base + start, end - start, UInt8(ascii: "\n"))
      start = min(newline + 1, end)
      scanned = start
      if newline >= end { return false }
      state = .inLines
    }
    return true
  }

  /// What the bytes of that range are, the newline behind them not included.
  private func line(_ range: Range<Int>) -> Line {
    var upper = range.upperBound
    // SAFETY: the range holds bytes that were read.
    if upper > range.lowerBound, unsafe base[upper - 1] == UInt8(ascii: "\r") { upper -= 1 }
    if upper - range.lowerBound > lineBytesMax { return .tooLong }
    for index in range.lowerBound..<upper {
      switch unsafe base[index] {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): continue
      default: return .text(range.lowerBound..<upper)
      }
    }
    return .blank
  }

  /// Makes room for a good part of a chunk, by moving what is pending to the front or into another buffer.
  private mutating func makeRoom() {
    if start == end {
      start = 0
      scanned = 0
      end = 0
      // Long lines are rare; their memory goes back when they are done.
      if capacity > 4 * chunkBytes { move(toCapacity: chunkBytes) }
    }
    let wanted = max(chunkBytes / 2, 1)
    if capacity - end >= wanted { return }

    let pending = end - start
    if capacity - pending >= wanted {
      // SAFETY: both parts lie inside the allocation; `update` may overlap.
      unsafe base.update(from: base + start, count: pending)
      scanned -= start
      start = 0
      end = pending
    } else {
      // A line that is not complete has at most lineBytesMax + 1 bytes, or `next` would have thrown it away: doubling ends there.
      let doubled = min(capacity * 2, lineBytesMax + 1 + chunkBytes)
      move(toCapacity: max(doubled, pending + wanted))
    }
  }

  /// Moves what is pending to the front of a new buffer.
  private mutating func move(toCapacity capacity: Int) {
    let pending = end - start
    precondition(pending <= capacity, "what is pending fits into the new buffer")
    let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity + Self.padding)
    // SAFETY: start ..< end holds bytes that were read; the old allocation is freed once they are moved.
    unsafe moved.initialize(from: base + start, count: pending)
    unsafe base.deallocate()
    unsafe base = moved
    self.capacity = capacity
    scanned -= start
    start = 0
    end = pending
  }
}
