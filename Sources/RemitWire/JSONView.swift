import CRemitJSON

/// A JSON text, or a value inside one, that can be looked into.
///
/// For tools and tests. Each look walks the bytes again and makes copies of what it finds, which is simple and never wrong, and too slow
/// for deciding.
package struct JSONView: Sendable {
  /// What a value is.
  package enum Kind: Sendable {
    case object, array, string, number, boolean, null
  }

  /// The whole text with its padding; shared by all views into it.
  private let text: [UInt8]
  /// INVARIANT: the bytes of one valid value, without white space around it.
  private let range: Range<Int>

  /// Reads a text that holds one JSON value.
  ///
  /// - Throws: `WireError` with the byte at fault where it is not valid or nested deeper than `depthMax`.
  package init(_ bytes: some Collection<UInt8>, depthMax: Int = 64) throws(WireError) {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count + REMIT_JSON_PADDING)
    text.append(contentsOf: bytes)
    let count = text.count
    text.append(contentsOf: repeatElement(0, count: REMIT_JSON_PADDING))

    var lower = 0
    var upper = count
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
    while lower < upper && isSpace(text[lower]) { lower += 1 }
    while upper > lower && isSpace(text[upper - 1]) { upper -= 1 }
    self.text = text
    range = lower..<upper

    let depthMax = UInt32(clamping: depthMax)
    // SAFETY: the slice and its padding are inside `text` during the call.
    let (status, offset) = unsafe text.withUnsafeBufferPointer { text in
      var fault: UnsafePointer<UInt8>?
      let slice = unsafe remit_slice(bytes: text.baseAddress, length: count)
      let status = unsafe remit_json_validate(slice, depthMax, &fault)
      return (status, unsafe fault.map { unsafe $0 - text.baseAddress! } ?? 0)
    }
    if status != REMIT_JSON_OK {
      throw WireError(
        code: .json, message: unsafe String(cString: remit_json_status_text(status)), location: .byte(offset))
    }
  }

  /// Reads a text in UTF-8.
  package init(_ text: String, depthMax: Int = 64) throws(WireError) {
    try self.init(Array(text.utf8), depthMax: depthMax)
  }

  private init(text: [UInt8], range: Range<Int>) {
    self.text = text
    self.range = range
  }

  package var kind: Kind {
    switch text[range.lowerBound] {
    case UInt8(ascii: "{"): .object
    case UInt8(ascii: "["): .array
    case UInt8(ascii: "\""): .string
    case UInt8(ascii: "t"), UInt8(ascii: "f"): .boolean
    case UInt8(ascii: "n"): .null
    default: .number
    }
  }

  /// The value's bytes as written.
  package var rawBytes: ArraySlice<UInt8> { text[range] }

  /// The value as written.
  package var rawText: String { String(decoding: text[range], as: UTF8.self) }

  /// What a string means; nil for anything else.
  package var string: String? {
    guard kind == .string else { return nil }
    return Self.unescaped(text[range.lowerBound + 1..<range.upperBound - 1])
  }

  /// True or false; nil for anything else.
  package var boolean: Bool? {
    kind == .boolean ? text[range.lowerBound] == UInt8(ascii: "t") : nil
  }

  package var isNull: Bool { kind == .null }

  /// A whole number as an integer; nil for anything else, and where it does not fit or is written with a point or an exponent.
  package var integer: Int? {
    kind == .number ? Int(rawText) : nil
  }

  /// An object's members in the order they stand, repeated keys included; empty for anything else.
  package var members: [(key: String, value: JSONView)] {
    guard kind == .object else { return [] }
    return walk { key, value in (Self.unescaped(text[key]), JSONView(text: text, range: value)) }
  }

  /// An array's elements; empty for anything else.
  package var elements: [JSONView] {
    guard kind == .array else { return [] }
    return walk { _, value in JSONView(text: text, range: value) }
  }

  /// The first member of that name; nil where there is none or this is no object.
  package subscript(key: String) -> JSONView? {
    members.first { $0.key == key }?.value
  }

  /// The element at that place, the first being 0; nil where there is none or this is no array.
  package subscript(index: Int) -> JSONView? {
    let elements = elements
    return elements.indices.contains(index) ? elements[index] : nil
  }

  private func walk<Item>(_ item: (_ key: Range<Int>, _ value: Range<Int>) -> Item) -> [Item] {
    // SAFETY: all pointers lie in `text`, which is not changed during the call; what leaves it are ranges.
    unsafe text.withUnsafeBufferPointer { buffer in
      let base = buffer.baseAddress!
      let slice = unsafe remit_slice(bytes: base + range.lowerBound, length: range.count)
      var walk = unsafe remit_json_walk()
      var items: [Item] = []
      guard unsafe remit_json_walk_start(&walk, slice) else { return items }
      while unsafe remit_json_walk_next(&walk) {
        let key = unsafe walk.object ? walk.key.bytes - base : 0
        let value = unsafe walk.value.bytes - base
        unsafe items.append(item(key..<key + walk.key.length, value..<value + walk.value.length))
      }
      return items
    }
  }

  private static func unescaped(_ bytes: ArraySlice<UInt8>) -> String {
    guard bytes.contains(UInt8(ascii: "\\")) else { return String(decoding: bytes, as: UTF8.self) }
    // SAFETY: what a string means is never longer than what was written.
    return unsafe String(unsafeUninitializedCapacity: bytes.count) { out in
      unsafe bytes.withUnsafeBufferPointer { bytes in
        unsafe remit_json_unescape(bytes.baseAddress!, bytes.count, out.baseAddress!)
      }
    }
  }
}
