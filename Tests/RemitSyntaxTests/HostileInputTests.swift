import RemitSyntax
import RemitTestKit
import Testing

/// Whatever bytes come in, the answer is messages or a text that the stock Lua compiles exactly where it compiles the
/// original.
@Suite struct HostileInputTests {
  /// Words of messages about what the stock Lua allows and a policy may not have.
  static let refusals = [
    "not available in a policy", "is reserved", "the global", "a local of the file", "significant digits",
    "past 2^53 - 1",
    "range of decimals", "divide it", "use table.concat",
  ]

  private func check(_ texts: [[UInt8]]) throws {
    var jobs: [Stock.Job] = []
    var outcomes: [(text: [UInt8], diagnostics: Diagnostics?)] = []
    for text in texts {
      do {
        jobs.append(.init(kind: "compile", texts: [text, try translate(text, file: "p").text]))
        outcomes.append((text, nil))
      } catch {
        jobs.append(.init(kind: "compile", texts: [text]))
        outcomes.append((text, error))
        #expect(!error.all.isEmpty)
      }
    }
    let answers = try Stock.run(jobs)
    try #require(answers.count == jobs.count)
    for (answer, outcome) in zip(answers, outcomes) {
      if let diagnostics = outcome.diagnostics {
        guard answer == "1" else { continue }
        let isRefused = diagnostics.all.allSatisfy { message in Self.refusals.contains { message.message.contains($0) }
        }
        #expect(isRefused, "stock Lua compiles it: \(diagnostics)\n\(String(decoding: outcome.text, as: UTF8.self))")
      } else {
        #expect(
          answer == "00" || answer == "11",
          "original and translation compile: \(answer)\n\(String(decoding: outcome.text, as: UTF8.self))")
      }
    }
  }

  @Test func everyPrefixOfEveryProgram() throws {
    for program in Corpus.programs {
      let bytes = Array(TranslationTests.wrapped(program).utf8)
      try check((0..<bytes.count).map { Array(bytes[..<$0]) + Array(" end".utf8) })
      try check((0..<bytes.count).map { Array(bytes[..<$0]) })
    }
  }

  @Test func randomMutations() throws {
    var random = SeededGenerator(seed: TranslationTests.seed)
    let tokens =
      [
        "(", ")", "{", "}", "[", "]", "=", ",", ";", "::", ":", ".", "..", "...", "+", "-", "~", "#", "end", "do",
        "function",
        "local", "return", "goto", "break", "until", "then", "not", "1", "x", "'", "\"", "[[", "--", "\\", "\0",
        "\u{1B}", "\n",
      ].map { Array($0.utf8) } + [[0xFF], [0x80]]
    for program in Corpus.programs {
      let bytes = Array(TranslationTests.wrapped(program).utf8)
      try check(
        (0..<150).map { _ in
          var text = bytes
          for _ in 0..<Int.random(in: 1...3, using: &random) {
            let position = Int.random(in: 0..<text.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: text.remove(at: position)
            case 1: text[position] = UInt8.random(in: 0...255, using: &random)
            case 2: text.removeSubrange(position..<min(text.count, position + Int.random(in: 1...12, using: &random)))
            default: text.insert(contentsOf: tokens.randomElement(using: &random) ?? [], at: position)
            }
          }
          return text
        })
    }
  }

  @Test(arguments: [
    ("(", "1", ")"), ("{", "", "}"), ("f(", "", ")"), ("- ", "1", ""), ("not ", "1", ""),
    ("function() return ", "1", " end"),
    ("1 ^ ", "1", ""), ("a .. (", "1", ")"), ("a[", "1", "]"), ("", "a", " + 1"), ("", "a", " .. a"),
    ("", "a", " and a"),
    ("", "a", ".a"), ("", "a", "()"), ("", "a", "[1]"), ("", "1", " + 1"), ("", "a", " < a"),
  ])
  func deepAndLongExpressionsAreAnsweredWithoutAnOverflow(_ open: String, _ middle: String, _ close: String) throws {
    var texts: [[UInt8]] = []
    for count in [1, 10, 50, 100, 140, 100_000] {
      let text = String(repeating: open, count: count) + middle + String(repeating: close, count: count)
      for shape in [
        "local a, f = 1 return \(text)", "local a = {} a.x = \(text)", "local a = {} a[\(text)], a.y = 1, 2",
      ] {
        if count <= 100 {
          texts.append(Array(shape.utf8))
        } else {
          _ = try? translate(Array(shape.utf8), file: "p")
        }
      }
    }
    try check(texts)
  }

  @Test(arguments: [
    ("do ", " end"), ("while x do ", " end"), ("if x then ", " end"), ("if x then else ", " end"),
    ("repeat ", " until x"),
    ("for i = 1, 2 do ", " end"), ("for i = x, y, z do ", " end"), ("for k in x do ", " end"),
    ("local function f() ", " end"),
  ])
  func deepBlocksAreAnsweredWithoutAnOverflow(_ open: String, _ close: String) throws {
    // A loop takes up to twelve of the 200 locals that the stock compiler allows.
    let texts = [1, 10, open.hasPrefix("for") ? 15 : 50, 100_000].map {
      Array((String(repeating: open, count: $0) + String(repeating: close, count: $0)).utf8)
    }
    try check(Array(texts.dropLast()))
    #expect(throws: Diagnostics.self) { try translate(texts[3], file: "p") }
  }

  @Test func longListsAreFine() throws {
    try check([
      Array(("if x then " + String(repeating: "elseif x then ", count: 20_000) + "end").utf8),
      Array(("return { " + String(repeating: "1, x + 1, ", count: 20_000) + "}").utf8),
      Array(String(repeating: "do local a = 1 end ", count: 20_000).utf8),
      Array(String(repeating: "x.y.z.a = 1 ; ", count: 20_000).utf8),
    ])
  }
}
