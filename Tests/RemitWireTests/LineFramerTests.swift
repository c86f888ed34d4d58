import Testing

@testable import RemitWire

@Suite("Lines out of a stream")
struct LineFramerTests {
  /// A line as a test names it.
  enum Seen: Equatable, CustomStringConvertible {
    case text(String)
    case blank
    case tooLong

    var description: String {
      switch self {
      case .text(let text): "text(\(text.debugDescription))"
      case .blank: "blank"
      case .tooLong: "tooLong"
      }
    }
  }

  /// Puts as many of the bytes as there is room for into the framer, and returns how many.
  static func feed(_ bytes: some Collection<UInt8>, to framer: inout LineFramer) -> Int {
    unsafe framer.fill { room in
      let part = bytes.prefix(room.count)
      unsafe room.copyBytes(from: part)
      return part.count
    }
  }

  /// Feeds the chunks one after another and collects every line.
  static func lines(_ chunks: [[UInt8]], limit: Int, chunkBytes: Int = 16) -> [Seen] {
    var framer = LineFramer(lineBytesMax: limit, chunkBytes: chunkBytes)
    var seen: [Seen] = []
    func note(_ line: LineFramer.Line, _ framer: borrowing LineFramer) {
      switch line {
      case .blank: seen.append(.blank)
      case .tooLong: seen.append(.tooLong)
      case .text(let range): unsafe seen.append(.text(String(decoding: framer.bytes(of: range), as: UTF8.self)))
      }
    }
    for chunk in chunks {
      var rest = chunk[...]
      while !rest.isEmpty {
        rest = rest.dropFirst(feed(rest, to: &framer))
        while let line = framer.next() { note(line, framer) }
      }
    }
    if let line = framer.finish() { note(line, framer) }
    #expect(framer.finish() == nil)
    return seen
  }

  static let streams: [(String, [Seen])] = [
    ("", []),
    ("\n", [.blank]),
    ("a", [.text("a")]),
    ("a\n", [.text("a")]),
    ("a\r\nb\r\n", [.text("a"), .text("b")]),
    ("a\r", [.text("a")]),
    ("a\rb\n", [.text("a\rb")]),
    ("\r\n \t \n\na\n\n", [.blank, .blank, .blank, .text("a"), .blank]),
    (" a \n", [.text(" a ")]),
    (
      "12345678\n123456789\n12345678\r\n123456789\r\nx\n",
      [.text("12345678"), .tooLong, .text("12345678"), .tooLong, .text("x")]
    ),
    ("1234567\n12345678", [.text("1234567"), .text("12345678")]),
    ("123456789", [.tooLong]),
    ("12345678\r", [.text("12345678")]),
    ("123456789abcdefghijklmnopqrstuvwxyz\nb", [.tooLong, .text("b")]),
    ("         \n", [.tooLong]),
    ("\u{FEFF}a\n\u{FEFF}b\n", [.text("a"), .text("\u{FEFF}b")]),
    ("\u{FEFF}", []),
    ("\u{FEFF}\n", [.blank]),
    ("\u{FEFF}12345678\n", [.text("12345678")]),
    ("\u{FEFF}123456789\n", [.tooLong]),
    ("中\n文\n", [.text("中"), .text("文")]),
  ]

  @Test("a stream gives the same lines whole, byte by byte and at every split point", arguments: streams)
  func splits(stream: String, expected: [Seen]) {
    let bytes = Array(stream.utf8)
    #expect(Self.lines([bytes], limit: 8) == expected)
    #expect(Self.lines(bytes.map { [$0] }, limit: 8) == expected)
    #expect(Self.lines(bytes.map { [$0] }, limit: 8, chunkBytes: 1) == expected)
    for split in 0...bytes.count {
      #expect(Self.lines([Array(bytes[..<split]), Array(bytes[split...])], limit: 8) == expected, "at \(split)")
    }
  }

  @Test("half a byte order mark is text")
  func halfMark() {
    #expect(Self.lines([[0xEF, 0xBB]], limit: 8) == [.text(String(decoding: [0xEF, 0xBB], as: UTF8.self))])
    #expect(Self.lines([[0xEF], [0x0A]], limit: 8) == [.text(String(decoding: [0xEF], as: UTF8.self))])
  }

  @Test("the limit holds one below, at and one above", arguments: [0, 1, 15, 16, 17, 31, 1000])
  func limit(limit: Int) {
    for count in max(limit - 1, 1)...limit + 2 {
      let text = String(repeating: "x", count: count)
      let expected: Seen = count <= limit ? .text(text) : .tooLong
      for end in ["\n", "\r\n", ""] {
        #expect(
          Self.lines([Array((text + end + (end.isEmpty ? "" : "\n")).utf8)], limit: limit)
            == (end.isEmpty ? [expected] : [expected, .blank]))
      }
    }
  }

  @Test("every byte of a line that is too long is thrown away, and memory stays bounded")
  func memory() {
    var framer = LineFramer(lineBytesMax: 1000, chunkBytes: 64)
    var tooLong = 0
    for round in 0..<10_000 {
      _ = Self.feed(repeatElement(UInt8(ascii: "x"), count: 5000), to: &framer)
      while let line = framer.next() {
        #expect(line == .tooLong, "in round \(round)")
        tooLong += 1
      }
      #expect(framer.capacityBytes <= 1000 + 1 + 64 + 64)
    }
    #expect(tooLong == 1)
    #expect(framer.pendingBytes == 0)

    var texts = 0
    _ = Self.feed("\nok\n".utf8, to: &framer)
    while case .text(let range)? = framer.next() {
      #expect(unsafe Array(framer.bytes(of: range)) == Array("ok".utf8))
      texts += 1
    }
    #expect(texts == 1)
  }

  @Test("readable zeros stand behind the last byte of every fill")
  func padding() {
    var framer = LineFramer(lineBytesMax: 100, chunkBytes: 8)
    for count in [8, 3, 1, 8, 7] {
      _ = Self.feed(repeatElement(UInt8(ascii: "y"), count: count), to: &framer)
      #expect(framer.next() == nil)
      let pending = framer.pendingBytes
      let all = unsafe framer.bytes(of: 0..<pending)
      let behind = unsafe UnsafeBufferPointer(start: all.baseAddress! + pending, count: 64)
      #expect(unsafe behind.allSatisfy { $0 == 0 })
    }
  }

  @Test("a reader that fails leaves the framer as it was")
  func failure() {
    struct Failure: Error {}
    var framer = LineFramer(lineBytesMax: 100)
    _ = Self.feed("a\nb".utf8, to: &framer)
    #expect(framer.next() == .text(0..<1))
    #expect(throws: Failure.self) { unsafe try framer.fill { _ in throw Failure() } }
    #expect(framer.next() == nil)
    #expect(framer.pendingBytes == 1)
  }
}
