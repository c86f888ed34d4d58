private import Glibc

/// How a segment ends: its last whole line, and what stands behind that.
struct SegmentEnd {
  /// Of the file.
  let length: Int
  /// Up to the last newline.
  let wholeLength: Int
  /// Without its newline; nil where there is none.
  let lastLine: [UInt8]?

  private static let blockBytes = 64 << 10

  init(_ path: String) throws(LogError) {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw LogError("cannot read \(path): \(LogError.systemWords())") }
    defer { close(file) }
    var status = stat()
    guard unsafe fstat(file, &status) == 0 else { throw LogError("cannot read \(path): \(LogError.systemWords())") }
    length = Int(status.st_size)
    wholeLength = try Self.lineStart(file, before: length, path)
    guard wholeLength > 0 else {
      lastLine = nil
      return
    }
    let start = try Self.lineStart(file, before: wholeLength - 1, path)
    lastLine = try Self.bytes(file, start..<wholeLength - 1, path)
  }

  /// The place behind the last newline before `end`; 0 where there is none.
  private static func lineStart(_ file: Int32, before end: Int, _ path: String) throws(LogError) -> Int {
    var upper = end
    while upper > 0 {
      guard end - upper <= LineFrame.lineBytesMax else {
        throw LogError(
          "\(path) is no part of a decision log: it has a line of more than \(LineFrame.lineBytesMax) bytes")
      }
      let lower = max(0, upper - blockBytes)
      if let place = try bytes(file, lower..<upper, path).lastIndex(of: 0x0A) { return lower + place + 1 }
      upper = lower
    }
    return 0
  }

  static func bytes(_ file: Int32, _ range: Range<Int>, _ path: String) throws(LogError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    var done = 0
    while done < range.count {
      // SAFETY: so much room is left.
      let count = unsafe bytes.withUnsafeMutableBytes { room in
        unsafe pread(file, room.baseAddress! + done, room.count - done, range.lowerBound + done)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw LogError("cannot read \(path): \(LogError.systemWords(count < 0 ? errno : EIO))") }
      done += count
    }
    return bytes
  }
}
