internal import RemitPolicy
private import RemitWire

/// Finds what is sensitive in an input, by its place and not by its type: an input that does not fit its declaration is logged too.
enum SensitiveValues {
  /// Hands out the values in the order of the input; no one lies in another.
  ///
  /// - Parameter input: A valid JSON value, with padding behind it.
  static func forEach(
    in input: UnsafeRawBufferPointer, _ part: SensitivePart, _ body: (UnsafeRawBufferPointer) -> Void
  ) {
    let first = unsafe input[0]
    let isFit =
      switch part {
      case .whole: false
      case .record, .map: first == UInt8(ascii: "{")
      case .list: first == UInt8(ascii: "[")
      }
    guard isFit else {
      // Something else stands where sensitive values should be: it may be one. Null tells no more than an absent member.
      if part == .whole || first != UInt8(ascii: "n") { unsafe body(input) }
      return
    }
    unsafe JSONBytes.forEach(input) { key, value in
      switch part {
      case .whole: break
      case .list(let inner), .map(let inner): unsafe forEach(in: value, inner, body)
      case .record(let fields):
        switch unsafe field(key, of: fields) {
        // A misspelt name must not show what the right one would hide.
        case nil: unsafe body(value)
        case let field?: if let inner = field.part { unsafe forEach(in: value, inner, body) }
        }
      }
      return true
    }
  }

  private static func field(_ key: UnsafeRawBufferPointer, of fields: [SensitivePart.Field]) -> SensitivePart.Field? {
    if unsafe key.contains(UInt8(ascii: "\\")) {
      let name = unsafe Array(JSONBytes.unescaped(key).utf8)
      return fields.first { $0.name == name }
    }
    return fields.first { unsafe key.elementsEqual($0.name) }
  }
}
