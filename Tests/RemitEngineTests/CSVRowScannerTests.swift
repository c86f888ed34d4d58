import Testing

@testable import RemitEngine

@Suite("Rows of CSV")
struct CSVRowScannerTests {
  /// The plain automaton, byte by byte: what the scanner must agree with.
  private func expectedEnds(_ text: [UInt8]) -> [Int] {
    var ends: [Int] = []
    var isStart = true
    var isQuoted = false
    var quoteSeen = false
    for (index, byte) in text.enumerated() {
      if isQuoted {
        isQuoted = byte != UInt8(ascii: "\"")
        quoteSeen = !isQuoted
        continue
      }
      if byte == UInt8(ascii: "\""), isStart || quoteSeen {
        isQuoted = true
      } else if byte == 10 {
        ends.append(index + 1)
      }
      isStart = byte == 10 || byte == UInt8(ascii: ",")
      quoteSeen = false
    }
    return ends
  }

  /// The ends that the scanner finds where the text comes in two parts.
  private func ends(_ text: [UInt8], splitAt split: Int) -> [Int] {
    var scanner = CSVRowScanner()
    var ends: [Int] = []
    for part in [0..<split, split..<text.count] {
      unsafe Array(text[part]).withUnsafeBytes { bytes in
        var position = 0
        while let end = unsafe scanner.rowEnd(in: bytes, from: position) {
          ends.append(part.lowerBound + end)
          position = end
        }
      }
    }
    return ends
  }

  @Test("Every text of up to six bytes of the grammar, split anywhere, has the rows that reading it byte by byte gives")
  func everySmallText() {
    let alphabet = Array("a,\"\n".utf8)
    var texts: [[UInt8]] = [[]]
    var wrong = 0
    for _ in 0..<6 {
      texts = texts.flatMap { text in alphabet.map { text + [$0] } }
      for text in texts {
        let expected = expectedEnds(text)
        for split in 0...text.count where ends(text, splitAt: split) != expected { wrong += 1 }
      }
    }
    #expect(texts.count == 4096)
    #expect(wrong == 0)
  }
}
