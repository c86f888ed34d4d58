private import Glibc
private import RemitLua

/// The lines of one file, one at a time. Memory depends on the longest line alone.
@safe final class SegmentLines {
  /// A line, and whether its newline was there.
  @unsafe struct Line {
    /// Without its newline, with `ByteBlock.padding` readable bytes behind it; good until the next call.
    var bytes: UnsafeRawBufferPointer
    var isWhole: Bool
  }

  private let file: Int32
  private let path: String
  /// INVARIANT: `start..<end` has been read and not handed out; the padding stands behind `room`.
  private var buffer: UnsafeMutablePointer<UInt8>
  private var room: Int
  private var start = 0
  private var end = 0
  /// Bytes of the file in front of `start`.
  private(set) var offset = 0
  /// Whether the last line that was given was not whole.
  private(set) var hasTornLine = false

  private static let roomAtFirst = 256 << 10

  init(_ path: String) throws(LogError) {
    file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw LogError("cannot read \(path): \(LogError.systemWords())") }
    self.path = path
    room = Self.roomAtFirst
    unsafe buffer = Self.allocate(room)
  }

  deinit {
    close(file)
    unsafe buffer.deallocate()
  }

  private static func allocate(_ room: Int) -> UnsafeMutablePointer<UInt8> {
    let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: room + ByteBlock.padding)
    // SAFETY: so much was allocated.
    unsafe memset(buffer, 0, room + ByteBlock.padding)
    return unsafe buffer
  }

  /// The next line; nil at the end of the file.
  func next() throws(LogError) -> Line? {
    var searched = 0
    while true {
      // SAFETY: `start..<end` lies in the buffer.
      if let found = unsafe memchr(buffer + start + searched, 0x0A, end - start - searched) {
        let length = unsafe found - UnsafeMutableRawPointer(buffer + start)
        let bytes = unsafe UnsafeRawBufferPointer(start: buffer + start, count: length)
        start += length + 1
        offset += length + 1
        return unsafe Line(bytes: bytes, isWhole: true)
      }
      searched = end - start
      guard searched <= LineFrame.lineBytesMax else {
        throw LogError("\(path): byte \(offset): a line of more than \(LineFrame.lineBytesMax) bytes is none of a log")
      }
      guard try fill() > 0 else { break }
    }
    guard end > start else { return nil }
    let bytes = unsafe UnsafeRawBufferPointer(start: buffer + start, count: end - start)
    offset += end - start
    start = end
    hasTornLine = true
    return unsafe Line(bytes: bytes, isWhole: false)
  }

  private func fill() throws(LogError) -> Int {
    if start > 0 {
      // SAFETY: both places lie in the buffer.
      unsafe memmove(buffer, buffer + start, end - start)
      end -= start
      start = 0
    }
    if end == room {
      let larger = unsafe Self.allocate(room * 2)
      unsafe larger.update(from: buffer, count: end)
      unsafe buffer.deallocate()
      unsafe buffer = larger
      room *= 2
    }
    while true {
      // SAFETY: so much room is left.
      let count = unsafe read(file, buffer + end, room - end)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw LogError("cannot read \(path): \(LogError.systemWords())") }
      end += count
      return count
    }
  }
}
