import CRemitJSON
import Testing

@Suite("UTF-8, strings and their writing")
struct TextTests {
  /// Well-formed by the standard library, which is another implementation.
  static func isUTF8(_ bytes: [UInt8]) -> Bool { String(validating: bytes, as: UTF8.self) != nil }

  static func isValid(_ bytes: [UInt8]) -> Bool {
    unsafe bytes.withUnsafeBufferPointer { unsafe remit_utf8_valid($0.baseAddress!, $0.count) }
  }

  @Test(
    "every lead byte with what may and may not follow is judged as the standard library does, in a string of JSON too")
  func sequences() {
    // The borders of what may follow a lead byte.
    let borders: [UInt8] = [0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF]
    func check(_ bytes: [UInt8]) {
      let expected = Self.isUTF8(bytes)
      let inside = unsafe JSONText([0x22] + bytes + [0x22]).withCursor { cursor, _ in unsafe remit_json_skip(&cursor) }
      if Self.isValid(bytes) != expected || inside != expected { Issue.record("\(bytes)") }
    }
    for lead in UInt8(0x80)...0xFF {
      check([lead])
      for second in borders {
        check([lead, second])
        for third in borders {
          check([lead, second, third])
          guard lead >= 0xE0 else { continue }
          for fourth in borders { check([lead, second, third, fourth]) }
        }
      }
    }
  }

  @Test("a character that is cut makes the text truncated, one that is wrong is at fault")
  func faults() {
    #expect(JSONText([0x22, 0x61, 0xE4, 0xB8]).validate() == .init(status: REMIT_JSON_TRUNCATED, fault: 4))
    #expect(JSONText([0x22, 0xF0]).validate() == .init(status: REMIT_JSON_TRUNCATED, fault: 2))
    #expect(JSONText([0x22, 0x61, 0xE0, 0x80]).validate() == .init(status: REMIT_JSON_BAD_UTF8, fault: 2))
    #expect(JSONText([0x22, 0xED, 0xA0, 0x80, 0x22]).validate() == .init(status: REMIT_JSON_BAD_UTF8, fault: 1))
    #expect(JSONText([0x5B, 0x22, 0xC0, 0x80, 0x22, 0x5D]).validate() == .init(status: REMIT_JSON_BAD_UTF8, fault: 2))
    #expect(JSONText([0x80]).validate() == .init(status: REMIT_JSON_UNEXPECTED, fault: 0))
  }

  static let texts: [(String, String)] = [
    ("", #""""#), ("a", #""a""#), ("\"", #""\"""#), ("\\", #""\\""#), ("/", #""/""#),
    ("\u{8}\t\n\u{C}\r", #""\b\t\n\f\r""#), ("\u{0}\u{1}\u{1F}\u{7F}", "\"\\u0000\\u0001\\u001f\u{7F}\""),
    ("0123456789abcde\"", #""0123456789abcde\"""#), ("0123456789abcdef\n", #""0123456789abcdef\n""#),
    ("中文é😀", #""中文é😀""#), ("0123456789abcd中\"x", #""0123456789abcd中\"x""#),
  ]

  @Test("strings are written with the shortest escapes and read back", arguments: texts)
  func writes(text: String, json: String) {
    #expect(Self.json(Array(text.utf8)).text == json)
  }

  static func json(_ bytes: [UInt8], limit: Int = 0) -> (text: String, failed: Bool) {
    unsafe written(limit: limit) { buffer in
      unsafe bytes.withUnsafeBufferPointer { bytes in
        // An empty array has no address of its own.
        var nothing: UInt8 = 0
        if bytes.isEmpty {
          _ = unsafe remit_json_write_string(&buffer, &nothing, 0)
        } else {
          _ = unsafe remit_json_write_string(&buffer, bytes.baseAddress!, bytes.count)
        }
      }
    }
  }

  @Test("a text of any length with any special byte at any place is written and read back")
  func roundTrips() {
    for length in 0...40 {
      for place in 0..<max(length, 1) {
        for special in ["x", "\"", "\n", "\u{1}", "中"] {
          var text = String(repeating: "abcdefgh", count: 5).prefix(length)
          if place < length {
            let index = text.index(text.startIndex, offsetBy: place)
            text.replaceSubrange(index...index, with: special)
          }
          let (json, failed) = Self.json(Array(text.utf8))
          #expect(!failed)
          let back: String? = unsafe JSONText(json).withCursor { cursor, _ in
            var string = unsafe remit_json_string()
            guard unsafe remit_json_read_string(&cursor, &string), unsafe cursor.at == cursor.end else { return nil }
            guard unsafe string.escaped == json.contains("\\") else { return nil }
            var out = [UInt8](repeating: 0, count: unsafe string.length + 1)
            let count = unsafe remit_json_unescape(string.bytes, string.length, &out)
            return String(decoding: out[..<count], as: UTF8.self)
          }
          if back != String(text) { Issue.record("\(text.debugDescription) became \(json)") }
        }
      }
    }
  }

  @Test(
    "what is not UTF-8 is not written",
    arguments: [[0xFF], Array("0123456789abcdef".utf8) + [0xC0, 0x80], [0x61, 0xE4]] as [[UInt8]])
  func refuses(bytes: [UInt8]) {
    let (text, failed) = unsafe written { buffer in
      unsafe remit_buffer_byte(&buffer, 0x21)
      let isText = unsafe remit_json_write_string(&buffer, bytes, bytes.count)
      #expect(!isText)
    }
    #expect(text == "!" && !failed)
  }

  @Test("a text of nothing but escapes grows the buffer as it needs", arguments: [100, 255, 256, 257, 5000])
  func manyEscapes(count: Int) {
    let (text, failed) = Self.json(Array(repeating: 0x01, count: count))
    #expect(!failed && text == "\"" + String(repeating: "\\u0001", count: count) + "\"")
  }

  @Test("a buffer's limit holds one below, at and one above, and failing is sticky")
  func limits() {
    for limit in 1...40 {
      for count in 0...limit + 1 {
        let (text, failed) = unsafe written(limit: limit) { buffer in
          for _ in 0..<count { unsafe remit_buffer_byte(&buffer, 0x78) }
          unsafe remit_buffer_append(&buffer, "", 0)
          if count > limit { unsafe remit_buffer_int64(&buffer, 1) }
        }
        #expect(failed == (count > limit))
        #expect(text == String(repeating: "x", count: min(count, limit)))
      }
      let fits = Array(repeating: UInt8(ascii: "x"), count: max(limit - 2, 0))
      #expect(Self.json(fits, limit: limit).failed == (limit < 2))
      #expect(Self.json(fits + [0x78], limit: limit) == ("", true))
    }
    #expect(Self.json([0x01], limit: 8) == (#""\u0001""#, false))
    #expect(Self.json([0x01], limit: 7) == ("", true))
  }

  @Test("integers are written whole", arguments: [0, 1, -1, 9, 10, 99, 100, 1_234_567_890, Int64.max, Int64.min])
  func integers(value: Int64) {
    #expect(unsafe written { unsafe remit_buffer_int64(&$0, value) }.text == String(value))
  }
}
