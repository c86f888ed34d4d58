internal import RemitWire

/// Numbers of a fixed width inside records, which never leave the process: in the machine's own byte order.
extension ByteWriter {
  mutating func append(fixed value: some FixedWidthInteger & BitwiseCopyable) {
    // SAFETY: the bytes of an integer are all there, and are copied during the call.
    unsafe withUnsafeBytes(of: value) { bytes in unsafe append(bytes) }
  }
}

extension UnsafeRawBufferPointer {
  /// Reads the number at `position`, and moves that behind it.
  func take<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type, at position: inout Int) -> Number {
    let value = unsafe loadUnaligned(fromByteOffset: position, as: Number.self)
    position += MemoryLayout<Number>.size
    return value
  }

  /// The next `count` bytes.
  func take(_ count: Int, at position: inout Int) -> UnsafeRawBufferPointer {
    // SAFETY: slicing checks the bounds.
    let bytes = unsafe UnsafeRawBufferPointer(rebasing: self[position..<position + count])
    position += count
    return unsafe bytes
  }
}
