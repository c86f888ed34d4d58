internal import RemitEngine
internal import RemitWire

/// Gives lines their number and their hashes.
struct LineChain {
  /// Of the last line.
  private(set) var number: Int
  private(set) var hash: [UInt8]
  private var time = RequestTime()

  init(number: Int = 0, hash: [UInt8] = LineFrame.noHash) {
    self.number = number
    self.hash = hash
  }

  /// When the lines that follow are made, in milliseconds since 1970 in UTC.
  mutating func setTime(_ milliseconds: Int64) {
    time.set(milliseconds)
  }

  /// Appends the next lines, each with its newline.
  mutating func append(_ bodies: LineBodies, to lines: inout ByteWriter) {
    unsafe bodies.withEach { body in unsafe append(body, to: &lines) }
  }

  private mutating func append(_ body: UnsafeRawBufferPointer, to lines: inout ByteWriter) {
    let start = lines.count
    number += 1
    lines.append(LineFrame.start)
    lines.append(number)
    lines.append(LineFrame.previousStart)
    lines.append(hash.span)
    lines.append("\",\"time\":\"" as StaticString)
    lines.append(time.text.span)
    lines.append("\"," as StaticString)
    unsafe lines.append(body)
    unsafe lines.withBytes { bytes in
      unsafe LineFrame.hash(UnsafeRawBufferPointer(rebasing: bytes[start...]), into: &hash)
    }
    lines.append(LineFrame.hashStart)
    lines.append(hash.span)
    lines.append("\"}\n" as StaticString)
  }
}
