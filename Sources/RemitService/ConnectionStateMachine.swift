private import Glibc

/// What a connection does with the bytes that it receives: pure, without a socket, a clock or a byte of its own.
///
/// The handler keeps what was received and not taken, tells of each event, and asks `next` what to do until that is to wait. One line
/// at a time is answered, so answers come in the order of the lines.
package struct ConnectionStateMachine: Hashable, Sendable {
  package struct Limits: Hashable, Sendable {
    /// One line without its newline.
    package var lineBytesMax: Int
    /// Lines that are received and not begun; then reading stops. So it does where such lines have twice the bytes of the longest one.
    package var waitingLinesMax: Int

    package init(lineBytesMax: Int = 1 << 20, waitingLinesMax: Int = 1024) {
      self.lineBytesMax = lineBytesMax
      self.waitingLinesMax = waitingLinesMax
    }
  }

  /// What to do. `consuming` is how many of the kept bytes are done with then.
  package enum Next: Equatable {
    /// Answer the line that the first bytes are.
    case answer(Int, consuming: Int)
    /// Say that the line is too long.
    case refuse(consuming: Int)
    /// Forget bytes that mean nothing.
    case drop(Int)
    /// Nothing before the next event.
    case wait
    /// All that was received is answered: end the connection once the answers are sent. Told once.
    case finish
  }

  private enum State: Hashable {
    case open
    /// Nothing more is to be read. The bytes behind the last newline are a line too, or else they count for nothing.
    case ending(restIsLine: Bool)
    case finished
  }

  private let limits: Limits
  private var state = State.open
  /// A line is being answered elsewhere.
  private var isAway = false
  /// Answers wait for who does not read them.
  private var isClogged = false
  /// Others have their turn.
  private var isYielding = false
  /// What was answered is not kept yet, and must not be sent before.
  private var isHeld = false
  /// The bytes up to the next newline belong to a line that was refused.
  private var isPassingOver = false
  /// So many of the kept bytes are known to hold no newline.
  private var scanned = 0
  /// Whole lines among the kept bytes, counted while nothing can be taken.
  private var waitingLines = 0
  private var keptBytes = 0

  package init(_ limits: Limits) {
    self.limits = limits
  }

  private var isBlocked: Bool { isAway || isClogged || isYielding || isHeld }

  /// Whether more is to be read.
  package var wantsInput: Bool {
    guard case .open = state else { return false }
    return !isBlocked || (waitingLines < limits.waitingLinesMax && keptBytes < 2 * limits.lineBytesMax)
  }

  /// Whether the connection waits for the client alone: for its next request, or that it reads answers.
  package var isIdle: Bool { !isAway && !isYielding && !isHeld }

  // MARK: Events

  /// More bytes came: the kept ones end in them.
  package mutating func received(_ bytes: UnsafeRawBufferPointer) {
    keptBytes += bytes.count
    if isBlocked { unsafe waitingLines += Self.newlines(bytes) }
  }

  /// The client has ended its half: what it sent is still answered.
  package mutating func inputEnded() {
    if case .open = state { state = .ending(restIsLine: true) }
  }

  /// The service ends: whole lines are still answered.
  package mutating func stopReading() {
    if case .open = state { state = .ending(restIsLine: false) }
  }

  /// The line is being answered elsewhere.
  package mutating func wentAway(kept: UnsafeRawBufferPointer) {
    unsafe block(kept) { $0.isAway = true }
  }

  /// It has been answered.
  package mutating func cameBack() {
    isAway = false
  }

  /// The client takes no more answers for now.
  package mutating func clogged(kept: UnsafeRawBufferPointer) {
    unsafe block(kept) { $0.isClogged = true }
  }

  /// It takes them again.
  package mutating func unclogged() {
    isClogged = false
  }

  /// There is more to do, and others have their turn first.
  package mutating func yielded(kept: UnsafeRawBufferPointer) {
    unsafe block(kept) { $0.isYielding = true }
  }

  package mutating func resumed() {
    isYielding = false
  }

  /// What was answered is being kept.
  package mutating func held(kept: UnsafeRawBufferPointer) {
    unsafe block(kept) { $0.isHeld = true }
  }

  /// It is kept.
  package mutating func released() {
    isHeld = false
  }

  private mutating func block(_ kept: UnsafeRawBufferPointer, _ change: (inout Self) -> Void) {
    if !isBlocked { waitingLines = unsafe Self.newlines(kept) }
    change(&self)
  }

  // MARK: What to do

  /// - Parameter kept: What was received and not taken; a line's padding behind it is not part of it.
  package mutating func next(_ kept: UnsafeRawBufferPointer) -> Next {
    guard !isBlocked else { return .wait }
    if case .finished = state { return .wait }
    if let newline = unsafe Self.newline(in: kept, from: scanned) {
      return unsafe take(kept, upTo: newline, consuming: newline + 1)
    }
    if case .ending(let restIsLine) = state {
      if restIsLine, unsafe !kept.isEmpty { return unsafe take(kept, upTo: kept.count, consuming: kept.count) }
      state = .finished
      return .finish
    }
    scanned = kept.count
    if isPassingOver { return unsafe kept.isEmpty ? .wait : consume(.drop(kept.count), kept.count) }
    // A carriage return before the newline would not count, so one byte more may still be a line.
    guard kept.count > limits.lineBytesMax + 1 else { return .wait }
    isPassingOver = true
    return consume(.refuse(consuming: kept.count), kept.count)
  }

  private mutating func take(_ kept: UnsafeRawBufferPointer, upTo end: Int, consuming: Int) -> Next {
    if isPassingOver {
      isPassingOver = false
      return consume(.drop(consuming), consuming)
    }
    let length = unsafe end > 0 && kept[end - 1] == UInt8(ascii: "\r") ? end - 1 : end
    if length > limits.lineBytesMax { return consume(.refuse(consuming: consuming), consuming) }
    if unsafe Self.isBlank(UnsafeRawBufferPointer(rebasing: kept[..<length])) {
      return consume(.drop(consuming), consuming)
    }
    return consume(.answer(length, consuming: consuming), consuming)
  }

  private mutating func consume(_ next: Next, _ count: Int) -> Next {
    scanned = 0
    keptBytes -= count
    return next
  }

  // MARK: Bytes

  private static func newline(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard start < bytes.count, let base = bytes.baseAddress else { return nil }
    // SAFETY: the bytes from `start` on are inside the buffer.
    return unsafe memchr(base + start, 10, bytes.count - start).map { unsafe UnsafeRawPointer($0) - base }
  }

  private static func newlines(_ bytes: UnsafeRawBufferPointer) -> Int {
    var count = 0
    var at = 0
    while let newline = unsafe newline(in: bytes, from: at) {
      count += 1
      at = newline + 1
    }
    return count
  }

  private static func isBlank(_ bytes: UnsafeRawBufferPointer) -> Bool {
    for index in bytes.indices {
      let byte = unsafe bytes[index]
      guard byte == 32 || byte == 9 || byte == 13 else { return false }
    }
    return true
  }
}
