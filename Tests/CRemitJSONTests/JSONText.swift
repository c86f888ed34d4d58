import CRemitJSON

/// A JSON text in memory as the C side wants it, with padding that is meant to mislead.
struct JSONText {
  /// What may stand behind the end of a text: each would complete or continue some of the texts that are cut.
  static let paddings: [String] = [
    "\u{0}", "\"}],1\"", "[[", "]]", "}}", "999", "\"", "   ", "aaaa", "\\u0041", ",", ":", ".5e1",
  ]

  let bytes: [UInt8]

  init(_ bytes: some Sequence<UInt8>) {
    self.bytes = Array(bytes)
  }

  init(_ text: String) {
    self.init(text.utf8)
  }

  /// Calls `body` with a cursor at the start of the text.
  func withCursor<Result>(
    padding: String = "\u{0}", depthMax: UInt32 = 64,
    _ body: (inout remit_json_cursor, UnsafePointer<UInt8>) throws -> Result
  ) rethrows -> Result {
    let fill = Array(padding.utf8)
    let padded = bytes + (0..<REMIT_JSON_PADDING).map { fill[$0 % fill.count] }
    // SAFETY: the cursor is used during the call only.
    return unsafe try padded.withUnsafeBufferPointer { buffer in
      var cursor = unsafe remit_json_cursor()
      unsafe cursor.at = buffer.baseAddress
      unsafe cursor.end = buffer.baseAddress! + bytes.count
      unsafe cursor.depth_max = depthMax
      return unsafe try body(&cursor, buffer.baseAddress!)
    }
  }

  /// The status of the whole text and the place of the byte at fault; the same whatever the padding, or nil.
  func validate(depthMax: UInt32 = 64) -> Verdict? {
    var verdicts: [Verdict] = []
    for padding in Self.paddings {
      let verdict = unsafe withCursor(padding: padding) { cursor, base in
        var fault: UnsafePointer<UInt8>?
        let slice = unsafe remit_slice(bytes: base, length: bytes.count)
        let status = unsafe remit_json_validate(slice, depthMax, &fault)
        return unsafe Verdict(status: status, fault: fault! - base)
      }
      verdicts.append(verdict)
    }
    return verdicts.allSatisfy { $0 == verdicts[0] } ? verdicts[0] : nil
  }

  struct Verdict: Equatable, CustomStringConvertible {
    let status: remit_json_status
    let fault: Int

    var description: String { unsafe "\(String(cString: remit_json_status_text(status))) at \(fault)" }
  }
}

/// Runs `body` with an empty buffer and returns what it holds then, and whether it has failed.
func written(limit: Int = 0, _ body: (inout remit_buffer) -> Void) -> (text: String, failed: Bool) {
  var buffer = unsafe remit_buffer()
  unsafe buffer.limit = limit
  // SAFETY: the buffer's bytes are copied before they are freed.
  unsafe body(&buffer)
  let bytes = unsafe Array(UnsafeBufferPointer(start: buffer.bytes, count: buffer.length))
  let failed = unsafe buffer.failed
  unsafe remit_buffer_free(&buffer)
  return (String(decoding: bytes, as: UTF8.self), failed)
}
