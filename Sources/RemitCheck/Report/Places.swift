/// Turns offsets and byte columns of a file into what people count: lines and characters, both from 1.
struct Places {
  private let source: [UInt8]
  /// Where each line starts. A `\r\n` or `\n\r` is one newline, as in Lua.
  private var lineStarts = [0]
  /// How many characters start in front of each block of 64 bytes: a line may be as long as the file.
  private let charactersBefore: [Int]
  /// Behind a byte order mark, which no editor counts.
  private let start: Int

  init(_ source: [UInt8]) {
    self.source = source
    start = source.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var counts: [Int] = []
    var count = 0
    for (index, byte) in source.enumerated() {
      if index % 64 == 0 { counts.append(count) }
      if Self.startsCharacter(byte) { count += 1 }
    }
    charactersBefore = counts
    var position = 0
    while position < source.count {
      let byte = source[position]
      position += 1
      guard Self.isNewline(byte) else { continue }
      if position < source.count, Self.isNewline(source[position]), source[position] != byte { position += 1 }
      lineStarts.append(position)
    }
  }

  func position(of offset: Int) -> (line: Int, column: Int) {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return (low + 1, column(in: low, upTo: offset))
  }

  /// - Parameter column: In bytes.
  func position(line: Int, column: Int) -> (line: Int, column: Int) {
    let index = min(max(line, 1), lineStarts.count) - 1
    return (index + 1, self.column(in: index, upTo: lineStarts[index] + column - 1))
  }

  /// The first character of the line that is no blank.
  func firstColumn(of line: Int) -> Int {
    guard line >= 1, line <= lineStarts.count else { return 1 }
    var offset = lineStarts[line - 1]
    while offset < source.count, source[offset] == 32 || source[offset] == 9 { offset += 1 }
    return offset < source.count && !Self.isNewline(source[offset]) ? column(in: line - 1, upTo: offset) : 1
  }

  private func column(in index: Int, upTo offset: Int) -> Int {
    let first = max(lineStarts[index], start)
    guard first < min(offset, source.count) else { return 1 }
    return 1 + characters(before: min(offset, source.count)) - characters(before: first)
  }

  private func characters(before offset: Int) -> Int {
    guard offset > 0 else { return 0 }
    let block = (offset - 1) / 64
    return charactersBefore[block] + source[block * 64..<offset].count(where: Self.startsCharacter)
  }

  /// Every byte of UTF-8 but those that go on with a character.
  private static func startsCharacter(_ byte: UInt8) -> Bool { byte & 0xC0 != 0x80 }

  private static func isNewline(_ byte: UInt8) -> Bool { byte == 10 || byte == 13 }
}
