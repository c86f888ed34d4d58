import RemitEngine
import RemitWire

/// Gives out bytes in pieces of the sizes that a test asks for.
final class MemorySource: ByteSource {
  private let bytes: [UInt8]
  private let pieceBytes: Int
  private var position = 0
  /// What reading ends with, in place of the end.
  var failure: StreamError?

  init(_ bytes: [UInt8], pieceBytes: Int = .max) {
    self.bytes = bytes
    self.pieceBytes = pieceBytes
  }

  convenience init(_ text: String, pieceBytes: Int = .max) {
    self.init(Array(text.utf8), pieceBytes: pieceBytes)
  }

  func read(into target: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    let count = min(target.count, pieceBytes, bytes.count - position)
    if count == 0, let failure { throw failure }
    unsafe bytes[position..<position + count].withUnsafeBytes { piece in unsafe target.copyMemory(from: piece) }
    position += count
    return count
  }
}

/// Keeps what is written, and may fail after so many bytes.
final class MemorySink: ByteSink {
  private(set) var bytes: [UInt8] = []
  var bytesMax = Int.max
  var failure = StreamError("cannot write: broken pipe", isClosedPipe: true)

  func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    guard self.bytes.count + bytes.count <= bytesMax else { throw failure }
    unsafe self.bytes.append(contentsOf: bytes)
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }
  var lines: [String] { text.split(separator: "\n").map(String.init) }
}

/// Decides by repeating the input: `!` at its start is an error. Takes its time where the input says so.
final class EchoDecider: LineDecider {
  let label = Array(",\"policy\":\"a.b\",\"version\":\"0\"".utf8)
  /// Bytes of every result line, at least.
  var resultBytesMin = 0

  func decide(_ input: UnsafeRawBufferPointer, line: UInt64, into output: inout ByteWriter) -> Int? {
    output.append(Int(line))
    output.append(UInt8(ascii: ":"))
    unsafe output.append(input)
    for _ in 0..<resultBytesMin { output.append(UInt8(ascii: ".")) }
    output.append(UInt8(ascii: "\n"))
    guard let first = unsafe input.first, first != UInt8(ascii: "!") else { return nil }
    return Int(first) & 1
  }
}
