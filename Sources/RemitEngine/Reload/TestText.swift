/// What can be seen of a file of tests without running it.
struct TestText {
  /// It reads nothing but itself.
  private(set) var standsAlone = true
  /// It may read data files.
  private(set) var readsData = false
  /// The policies or plugins that it has cases of, as far as their names stand there.
  private(set) var subjects: Set<String> = []

  /// Words count wherever they stand, also in comments and texts: they may then seem to be more than they are, never less.
  init(_ text: [UInt8]) {
    var index = 0
    while index < text.count {
      guard Self.isLetter(text[index]) else {
        index += 1
        continue
      }
      let start = index
      while index < text.count, Self.isLetter(text[index]) { index += 1 }
      let word = text[start..<index]
      if word.elementsEqual("require".utf8) {
        standsAlone = false
      } else if word.elementsEqual("dataset".utf8) || word.elementsEqual("decision_table".utf8) {
        standsAlone = false
        readsData = true
      } else if word.elementsEqual("test".utf8) {
        if let name = Self.name(in: text, at: index) { subjects.insert(name) }
      }
    }
  }

  /// The text in quotes that follows, perhaps in parentheses.
  private static func name(in text: [UInt8], at start: Int) -> String? {
    let rest = text[start...].drop { $0 <= UInt8(ascii: " ") || $0 == UInt8(ascii: "(") }
    guard let quote = rest.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
    return String(decoding: rest.dropFirst().prefix { $0 != quote }, as: UTF8.self)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || byte == UInt8(ascii: "_")
      || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
  }
}
