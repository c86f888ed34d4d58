/// The names of one file, each once, as small numbers. The keywords have the first numbers.
package struct NameTable: Sendable {
  private var bytes: [UInt8] = []
  private var ends: [Int32] = []
  private var hashes: [UInt32] = []
  /// Open addressing; -1 is free. Its count is a power of two and at least twice that of the names.
  private var slots = [Int32](repeating: -1, count: 256)

  private static let withKeywords: NameTable = {
    var table = NameTable(empty: ())
    for keyword in TokenKind.keywords {
      let text = Array("\(keyword)".utf8)
      _ = table.intern(text, from: 0, to: text.count)
    }
    return table
  }()

  private init(empty: Void) {}

  init() { self = Self.withKeywords }

  var count: Int { ends.count }

  /// The number of the name at `source[start..<end]`.
  mutating func intern(_ source: [UInt8], from start: Int, to end: Int) -> NameID {
    var hash: UInt32 = 2_166_136_261
    for index in start..<end { hash = (hash ^ UInt32(source[index])) &* 16_777_619 }
    var slot = Int(hash) & (slots.count - 1)
    while slots[slot] >= 0 {
      let candidate = Int(slots[slot])
      if hashes[candidate] == hash, equals(candidate, source, start, end) { return NameID(candidate) }
      slot = (slot + 1) & (slots.count - 1)
    }
    let id = ends.count
    bytes.append(contentsOf: source[start..<end])
    ends.append(Int32(bytes.count))
    hashes.append(hash)
    slots[slot] = Int32(id)
    if ends.count * 2 > slots.count { grow() }
    return NameID(id)
  }

  /// The name as bytes.
  package func utf8(_ id: NameID) -> ArraySlice<UInt8> {
    bytes[(id.index == 0 ? 0 : Int(ends[id.index - 1]))..<Int(ends[id.index])]
  }

  /// The name as text.
  package func text(_ id: NameID) -> String { String(decoding: utf8(id), as: UTF8.self) }

  private func equals(_ candidate: Int, _ source: [UInt8], _ start: Int, _ end: Int) -> Bool {
    let first = candidate == 0 ? 0 : Int(ends[candidate - 1])
    let length = Int(ends[candidate]) - first
    guard length == end - start else { return false }
    for offset in 0..<length where bytes[first + offset] != source[start + offset] { return false }
    return true
  }

  private mutating func grow() {
    slots = [Int32](repeating: -1, count: slots.count * 2)
    for (id, hash) in hashes.enumerated() {
      var slot = Int(hash) & (slots.count - 1)
      while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = Int32(id)
    }
  }
}
