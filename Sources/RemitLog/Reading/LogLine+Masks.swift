private import Crypto
private import Glibc
private import RemitWire

extension LogLine {
  /// A masked value: where it stands in `input`, and its path.
  package struct Mask: Equatable, Sendable {
    package var range: Range<Int>
    /// A JSON Pointer.
    package var path: String
    /// Nil where the log holds nothing of the value.
    var commitment: [UInt8]?
  }

  /// What stands in the place of masked values, in the order of the input. An input may hold what looks like one and is none.
  package var masks: [Mask] {
    guard let input = unsafe input else { return [] }
    var masks: [Mask] = []
    unsafe Self.collect(input, from: input.baseAddress!, path: "", into: &masks)
    return masks
  }

  private static func collect(
    _ value: UnsafeRawBufferPointer, from base: UnsafeRawPointer, path: String, into masks: inout [Mask]
  ) {
    if let commitment = unsafe mask(value) {
      let start = unsafe value.baseAddress! - base
      masks.append(
        Mask(range: start..<start + value.count, path: path, commitment: commitment.isEmpty ? nil : commitment))
      return
    }
    let isObject = unsafe value[0] == UInt8(ascii: "{")
    var index = 0
    unsafe JSONBytes.forEach(value) { key, member in
      let first = unsafe member[0]
      if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
        let step = unsafe isObject ? pointer(JSONBytes.unescaped(key)) : String(index)
        unsafe collect(member, from: base, path: "\(path)/\(step)", into: &masks)
      }
      index += 1
      return true
    }
  }

  private static func pointer(_ key: String) -> String {
    guard key.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return key }
    return String(key.map { $0 == "~" ? "~0" : $0 == "/" ? "~1" : String($0) }.joined())
  }

  /// The commitment of a mask, empty where it has none; nil where that is no mask.
  private static func mask(_ value: UnsafeRawBufferPointer) -> [UInt8]? {
    let start = #"{"masked":"#.utf8.count
    guard value.count > start, unsafe memcmp(value.baseAddress!, #"{"masked":"#, start) == 0 else { return nil }
    guard value.count <= start + Seal.commitmentDigits + 3 else { return nil }
    let rest = unsafe Array(value[start...])
    if rest == Array("true}".utf8) { return [] }
    guard rest.count == Seal.commitmentDigits + 3, rest.first == UInt8(ascii: "\"") else { return nil }
    let digits = rest.dropFirst().dropLast(2)
    guard rest.suffix(2) == ArraySlice("\"}".utf8) else { return nil }
    return digits.allSatisfy { Hex.value($0) != nil } ? Array(digits) : nil
  }

  package enum Unsealed: Equatable, Sendable {
    /// The input as the request had it.
    case whole([UInt8])
    /// Masked values were sealed, and none of the keys opens them.
    case underOtherKey
    /// Nothing was kept of masked values, where there are any: what looks like a mask need not be one.
    case nothingSealed
  }

  /// Tries the keys in their order.
  ///
  /// - Throws: Where what was sealed belongs to another line.
  package func unsealedInput(with keys: [LogKey]) throws(LogError) -> Unsealed {
    let place = unsafe place
    guard let input = unsafe input else { throw LogError("\(place): there is no input") }
    let masks = unsafe masks
    guard let sealed = unsafe sealed else { return unsafe masks.isEmpty ? .whole(Array(input)) : .nothingSealed }
    guard let values = try unsafe Self.open(sealed, beside: input, with: keys, at: place) else { return .underOtherKey }
    var output: [UInt8] = []
    var done = 0
    var next = 0
    for mask in masks where next < values.count {
      // What a request has sent that looks like a mask is none: nobody outside knows the salt.
      let isHere = unsafe values[next].withUnsafeBytes { value in
        unsafe Seal.commitment(salt: values.salt, place: next, value) == mask.commitment
      }
      guard isHere else { continue }
      unsafe output.append(contentsOf: input[done..<mask.range.lowerBound])
      output.append(contentsOf: values[next])
      done = mask.range.upperBound
      next += 1
    }
    guard next == values.count else { throw LogError("\(place): the sealed values are not those of the masked ones") }
    unsafe output.append(contentsOf: input[done...])
    return .whole(output)
  }

  /// The whole line with the input as the request had it, and without what was sealed: its hash is that of the line as it was logged. Nil
  /// where none of the keys opens what was sealed.
  ///
  /// - Throws: Where what was sealed belongs to another line.
  package func unsealedBytes(with keys: [LogKey]) throws(LogError) -> [UInt8]? {
    guard let input = unsafe input, let sealed = unsafe sealed else { return unsafe Array(bytes) }
    guard case .whole(let whole) = unsafe try unsealedInput(with: keys) else { return nil }
    let start = unsafe input.baseAddress! - bytes.baseAddress!
    // Behind the closing quote.
    let end = unsafe sealed.baseAddress! - bytes.baseAddress! + sealed.count + 1
    return unsafe bytes[..<start] + whole + bytes[end...]
  }

  private struct Values {
    var salt: [UInt8]
    var texts: [[UInt8]] = []
    var count: Int { texts.count }
    subscript(index: Int) -> [UInt8] { texts[index] }
  }

  /// Nil where it was sealed under none of the keys.
  private static func open(
    _ sealed: UnsafeRawBufferPointer, beside input: UnsafeRawBufferPointer, with keys: [LogKey], at place: Place
  ) throws(LogError) -> Values? {
    let malformed = LogError("\(place): \"sealed\" is not what it should be")
    guard let bytes = unsafe Base64.bytes(sealed),
      bytes.count >= Seal.sessionBytes + Seal.nonceBytes + Seal.tagBytes
    else { throw malformed }
    let session = bytes.prefix(Seal.sessionBytes)
    guard let box = try? AES.GCM.SealedBox(combined: Array(bytes.dropFirst(Seal.sessionBytes))) else { throw malformed }
    let beside = unsafe Array(input)
    let opened = keys.lazy.compactMap { key in
      try? AES.GCM.open(box, using: Seal.sessionKey(key, session), authenticating: beside)
    }.first
    guard let text = opened.map({ Array($0) }) else { return nil }
    guard text.count >= Seal.saltBytes else { throw malformed }
    var values = Values(salt: Array(text.prefix(Seal.saltBytes)))
    var at = Seal.saltBytes
    while at < text.count {
      guard text.count - at >= 4 else { throw malformed }
      let length = (0..<4).reduce(0) { $0 | Int(text[at + $1]) << (8 * $1) }
      at += 4
      guard text.count - at >= length else { throw malformed }
      values.texts.append(Array(text[at..<at + length]))
      at += length
    }
    return values
  }
}
