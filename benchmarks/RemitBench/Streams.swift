private import Glibc
internal import RemitEngine

/// The input, whole in memory, so that no run waits for a disk.
struct Input {
  let path: String
  let bytes: [UInt8]
  let lines: Int

  /// - Parameter linesMax: Leaves away what comes behind so many lines.
  init(path: String, linesMax: Int) throws {
    let whole = try readFile(path)
    var lines = 0
    var end = 0
    while end < whole.count && lines < linesMax {
      end = whole[end...].firstIndex(of: 10).map { $0 + 1 } ?? whole.count
      lines += 1
    }
    self.path = path
    self.lines = lines
    bytes = end == whole.count ? whole : Array(whole[..<end])
  }

  /// The first lines, without their newlines.
  func first(_ count: Int) -> [ArraySlice<UInt8>] {
    bytes.split(separator: 10, maxSplits: count, omittingEmptySubsequences: true).prefix(count).map { $0 }
  }

  func source() -> MemorySource { MemorySource(bytes) }
}

/// Reads a file to its end.
func readFile(_ path: String) throws(StreamError) -> [UInt8] {
  let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { throw StreamError("cannot read \(path)") }
  defer { close(file) }
  let stream = FileStream(file, name: path)
  var bytes: [UInt8] = []
  var block = [UInt8](repeating: 0, count: 1 << 20)
  while true {
    let count = try unsafe block.withUnsafeMutableBufferPointer { (room) throws(StreamError) in
      try unsafe stream.read(into: UnsafeMutableRawBufferPointer(room))
    }
    if count == 0 { return bytes }
    bytes.append(contentsOf: block[..<count])
  }
}

/// Hands out bytes as read(2) would: as many as there is room for.
final class MemorySource: ByteSource {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  func read(into target: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(target.count, bytes.count - position)
    // SAFETY: both ranges are inside their memory, and `target` is the caller's own.
    unsafe bytes.withUnsafeBytes { source in
      unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[position..<position + count]))
    }
    position += count
    return count
  }
}

/// Counts what it is given, and keeps none of it.
final class CountingSink: ByteSink {
  private(set) var count = 0

  func write(_ bytes: UnsafeRawBufferPointer) {
    count += bytes.count
  }
}

/// Keeps what it is given.
final class KeepingSink: ByteSink {
  private(set) var bytes: [UInt8] = []

  func write(_ bytes: UnsafeRawBufferPointer) {
    unsafe self.bytes.append(contentsOf: bytes)
  }
}
