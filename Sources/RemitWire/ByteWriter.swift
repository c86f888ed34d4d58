package import CRemitJSON
private import Glibc

/// Output bytes that grow as they are appended; the C side appends to the same buffer.
///
/// When memory runs out `hasFailed` turns true and later writes do nothing, so that one look at the end is enough.
@safe package struct ByteWriter: ~Copyable {
  /// INVARIANT: its bytes belong to this writer alone.
  private var buffer = unsafe remit_buffer()

  package init() {}

  deinit {
    var buffer = unsafe buffer
    // SAFETY: the bytes belong to this writer alone.
    unsafe remit_buffer_free(&buffer)
  }

  /// How many bytes are there.
  package var count: Int { unsafe buffer.length }

  /// Memory ran out; what was appended from then on is missing.
  package var hasFailed: Bool { unsafe buffer.failed }

  /// Forgets the bytes and keeps the memory, unless it holds more than `capacityBytesMax`: one huge line should not stay for ever.
  package mutating func removeAll(capacityBytesMax: Int = 1 << 20) {
    if unsafe buffer.capacity > capacityBytesMax {
      // SAFETY: the bytes belong to this writer alone.
      unsafe remit_buffer_free(&buffer)
    }
    unsafe buffer.length = 0
    unsafe buffer.failed = false
  }

  /// Forgets what was appended after the writer had `count` bytes.
  package mutating func truncate(to count: Int) {
    precondition(count >= 0 && count <= self.count, "a writer is cut to fewer bytes than it has")
    unsafe buffer.length = count
  }

  /// Puts spaces in the place of line breaks, from a byte on.
  package mutating func joinLines(from start: Int) {
    precondition(start >= 0 && start <= count, "a writer has the bytes that are looked at")
    // SAFETY: the bytes are this writer's own, and every search begins and ends inside of them.
    guard let bytes = unsafe buffer.bytes, unsafe memchr(bytes + start, 0x0A, buffer.length - start) != nil else {
      return
    }
    for place in start..<count where unsafe bytes[place] == 0x0A || bytes[place] == 0x0D {
      unsafe bytes[place] = 0x20
    }
  }

  package mutating func append(_ byte: UInt8) {
    // SAFETY: the buffer is this writer's own.
    unsafe remit_buffer_byte(&buffer, byte)
  }

  package mutating func append(_ text: StaticString) {
    precondition(text.hasPointerRepresentation, "a static text of more than one character has bytes")
    // SAFETY: a static text lives for ever.
    unsafe remit_buffer_append(&buffer, text.utf8Start, text.utf8CodeUnitCount)
  }

  /// Appends an integer in decimal.
  package mutating func append(_ value: Int) {
    // SAFETY: the buffer is this writer's own.
    unsafe remit_buffer_int64(&buffer, Int64(value))
  }

  package mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    // SAFETY: the caller's bytes are read during the call only.
    unsafe remit_buffer_append(&buffer, start, bytes.count)
  }

  package mutating func append(_ bytes: Span<UInt8>) {
    // SAFETY: the span is read during the call only.
    unsafe bytes.withUnsafeBytes { unsafe append($0) }
  }

  /// Appends the bytes of a text in UTF-8.
  package mutating func append(_ text: String) {
    append(text.utf8.span)
  }

  /// Appends a JSON string with its quotes. False, and nothing appended, where the bytes are not UTF-8.
  @discardableResult
  package mutating func appendJSONString(_ bytes: Span<UInt8>) -> Bool {
    // SAFETY: the span is read during the call only.
    unsafe bytes.withUnsafeBufferPointer { bytes in
      guard let start = bytes.baseAddress, !bytes.isEmpty else {
        append("\"\"" as StaticString)
        return true
      }
      return unsafe remit_json_write_string(&buffer, start, bytes.count)
    }
  }

  /// Appends a text as a JSON string with its quotes.
  package mutating func appendJSONString(_ text: String) {
    appendJSONString(text.utf8.span)
  }

  /// Lends the buffer to a C function that appends to it.
  package mutating func withBuffer<Result>(_ body: (UnsafeMutablePointer<remit_buffer>) -> Result) -> Result {
    // SAFETY: the pointer is good during the call only.
    unsafe withUnsafeMutablePointer(to: &buffer) { unsafe body($0) }
  }

  /// Lends the bytes to a reader such as write(2).
  package func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the pointer is good during the call only, in which this writer cannot change.
    unsafe try body(UnsafeRawBufferPointer(start: buffer.bytes, count: buffer.length))
  }

  /// A copy of the bytes.
  package var bytes: [UInt8] {
    // SAFETY: copied during the call.
    unsafe withBytes { unsafe Array($0) }
  }
}
