import CRemitJSON

/// Values that are known to be valid JSON, where they stand: no copies.
package enum JSONBytes {
  /// Whether that is one JSON value, with the reader's padding behind it, of any depth that can be walked.
  package static func isValid(_ text: UnsafeRawBufferPointer) -> Bool {
    var fault: UnsafePointer<UInt8>?
    // SAFETY: the caller vouches for the padding.
    let slice = unsafe remit_slice(bytes: text.baseAddress?.assumingMemoryBound(to: UInt8.self), length: text.count)
    return unsafe text.count > 0 && remit_json_validate(slice, UInt32(REMIT_JSON_DEPTH_LIMIT), &fault) == REMIT_JSON_OK
  }

  /// What a string, with its quotes, means.
  ///
  /// - Returns: Nil where the value is no string.
  package static func string(_ value: UnsafeRawBufferPointer) -> String? {
    guard let inside = unsafe insideQuotes(value) else { return nil }
    return unsafe unescaped(inside)
  }

  /// The bytes between the quotes; nil where the value is no string.
  package static func insideQuotes(_ value: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    guard value.count >= 2, unsafe value[0] == UInt8(ascii: "\"") else { return nil }
    // SAFETY: slicing checks the bounds.
    return unsafe UnsafeRawBufferPointer(rebasing: value[1..<value.count - 1])
  }

  /// What the bytes between two quotes mean.
  package static func unescaped(_ inside: UnsafeRawBufferPointer) -> String {
    // SAFETY: what a string means is never longer than what was written.
    unsafe String(unsafeUninitializedCapacity: inside.count) { out in
      guard let from = inside.baseAddress, let to = out.baseAddress else { return 0 }
      return unsafe remit_json_unescape(from.assumingMemoryBound(to: UInt8.self), inside.count, to)
    }
  }

  /// Hands out the members of an object or the elements of an array, whose keys are empty; nothing of anything else.
  ///
  /// - Parameter body: Gets a key as written between its quotes, and a value; false ends the walk.
  package static func forEach(
    _ value: UnsafeRawBufferPointer,
    _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool
  ) {
    var walk = unsafe remit_json_walk()
    // SAFETY: the caller's bytes are valid JSON with the reader's padding behind them, during the call.
    let slice = unsafe remit_slice(bytes: value.baseAddress?.assumingMemoryBound(to: UInt8.self), length: value.count)
    guard value.count > 0, unsafe remit_json_walk_start(&walk, slice) else { return }
    while unsafe remit_json_walk_next(&walk) {
      let key = unsafe UnsafeRawBufferPointer(start: walk.key.bytes, count: walk.object ? walk.key.length : 0)
      guard unsafe body(key, UnsafeRawBufferPointer(start: walk.value.bytes, count: walk.value.length)) else { return }
    }
  }
}
