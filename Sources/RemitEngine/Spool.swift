/// Keeps bytes until all are there: the first in memory, and where there are more all of them in a temporary file.
final class Spool: ByteSink, ByteSource {
  /// More goes to the file.
  private let memoryBytesMax: Int
  private var memory: [UInt8] = []
  private var position = 0
  private var file: TemporaryFile?

  init(memoryBytesMax: Int = 8 << 20) {
    self.memoryBytesMax = memoryBytesMax
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    if let file { return try unsafe file.write(bytes) }
    unsafe memory.append(contentsOf: bytes)
    guard memory.count > memoryBytesMax else { return }
    let opened = try TemporaryFile()
    try writeMemory(to: opened)
    memory = []
    file = opened
  }

  /// Reads what was written, from the start: call `rewind` first.
  func read(into target: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    if let file { return try unsafe file.read(into: target) }
    let count = min(target.count, memory.count - position)
    unsafe memory[position..<position + count].withUnsafeBytes { bytes in unsafe target.copyMemory(from: bytes) }
    position += count
    return count
  }

  func rewind() throws(StreamError) {
    position = 0
    try file?.rewind()
  }

  private func writeMemory(to file: TemporaryFile) throws(StreamError) {
    let bytes = memory
    try unsafe bytes.withUnsafeBufferPointer { (bytes) throws(StreamError) in
      try unsafe file.write(UnsafeRawBufferPointer(bytes))
    }
  }
}
