import Glibc
import RemitEngine
import RemitPolicy
import RemitTestKit
import RemitWire
import Synchronization
import Testing

@testable import RemitLog

@Suite struct MaskingTests {
  static let key = LogKey([UInt8](repeating: 7, count: 32))!
  static let fields = """
    pin = optional(text { sensitive = true }), amount = optional(money {}), who = optional(record { name = text { sensitive = true }, role = text {} }),
    list = optional(list { of = text { sensitive = true } }), all = optional(list { of = text {}, sensitive = true }),
    map = optional(map { of = record { tax = money { sensitive = true } } }), note = optional(text {}), plain = optional(record { a = text {} }),
    secret = optional(map { of = record { x = text {} }, sensitive = true }),
    """

  /// Inputs, and what they are without a key; `@` is a mask.
  static let cases: [(String, String)] = [
    (#"{"pin":"12-34","amount":5}"#, #"{"pin":@,"amount":5}"#),
    (#"{ "amount" : 5 , "pin" : "1\"2" }"#, #"{ "amount" : 5 , "pin" : @ }"#),
    (#"{"pin":"1","pin":{"a":[2]},"pin":null}"#, #"{"pin":@,"pin":@,"pin":@}"#),
    (#"{"\u0070in":"12-34","p\u0069n":5}"#, #"{"\u0070in":@,"p\u0069n":@}"#),
    (#"{"who":{"name":"Ada!","role":"x"}}"#, #"{"who":{"name":@,"role":"x"}}"#),
    (#"{"who":"Ada!"}"#, #"{"who":@}"#),
    (#"{"who":[{"name":"Ada!"}]}"#, #"{"who":@}"#),
    (#"{"who":null}"#, #"{"who":null}"#),
    (#"{"who":{"nam":"Ada!"}}"#, #"{"who":{"nam":@}}"#),
    (#"{"list":["a", ["b"],null,{"c":1}]}"#, #"{"list":[@, @,@,@]}"#),
    (#"{"list":{"0":"a"}}"#, #"{"list":@}"#),
    (#"{"all":["a","b"]}"#, #"{"all":@}"#),
    (#"{"map":{"k":{"tax":5},"l":{"tax":"6"},"m":7}}"#, #"{"map":{"k":{"tax":@},"l":{"tax":@},"m":@}}"#),
    (#"{"secret":{"x":"y"}}"#, #"{"secret":@}"#),
    (#"{"plain":{"b":"c"},"note":"n"}"#, #"{"plain":{"b":"c"},"note":"n"}"#),
    (#"{"pinn":"12-34"}"#, #"{"pinn":@}"#),
    (#"[{"pin":"12-34"}]"#, "@"),
    (#""12-34""#, "@"),
    ("-1234.5", "@"),
    ("null", "null"),
    ("{}", "{}"),
    (#"{"pin":""}"#, #"{"pin":@}"#),
    // What looks like a mask, and is what somebody has sent.
    (
      #"{"note":{"masked":"00112233445566778899aabbccddeeff"},"pin":"1"}"#,
      #"{"note":{"masked":"00112233445566778899aabbccddeeff"},"pin":@}"#
    ),
    (
      #"{"plain":{"masked":true},"pin":{"masked":"00112233445566778899aabbccddeeff"}}"#,
      #"{"plain":{"masked":true},"pin":@}"#
    ),
  ]

  private func logged(_ input: String, key: LogKey?) throws -> (LogFixture, String) {
    let fixture = LogFixture()
    var configuration = fixture.configuration
    configuration.key = key
    let log = try fixture.open(configuration)
    let recorder = log.makeRecorder()
    recorder.take(policy: try loadedPolicy(input: Self.fields), input: input)
    #expect(recorder.keep())
    log.close()
    #expect(try fixture.verify().isWhole)
    return (fixture, try fixture.lines()[0])
  }

  @Test(arguments: cases) func `without a key nothing is kept`(_ pair: (String, String)) throws {
    let (_, line) = try logged(pair.0, key: nil)
    let masked = pair.1.replacing("@", with: #"{"masked":true}"#)
    #expect(line.contains(#""method":"decide","input":\#(masked)},"at""#))
  }

  @Test(arguments: cases) func `with the key everything is given back`(_ pair: (String, String)) throws {
    let (fixture, line) = try logged(pair.0, key: Self.key)
    let reader = try LogReader([fixture.path])
    let read = unsafe try #require(unsafe try reader.next())
    let other = LogKey([UInt8](repeating: 8, count: 32))!
    for keys in [[Self.key], [other, Self.key], [Self.key, other]] {
      #expect(unsafe try read.unsealedInput(with: keys) == .whole(Array(pair.0.utf8)))
    }
    let count = pair.1.filter { $0 == "@" }.count
    #expect(unsafe (read.sealed != nil) == (count > 0))
    if count > 0 {
      #expect(unsafe try read.unsealedInput(with: [other]) == .underOtherKey)
      #expect(unsafe try read.unsealedBytes(with: [other]) == nil)
    }
    let view = try JSONView(try #require(unsafe try read.unsealedBytes(with: [Self.key])))
    #expect(view["request"]?["input"]?.rawText == pair.0 && view["request"]?["sealed"] == nil)
    // None of them can stand in a hash, a commitment or what is sealed by chance.
    for secret in ["12-34", "Ada!", "-1234.5", "tax\":5"] where pair.0.contains(secret) && !pair.1.contains(secret) {
      #expect(!line.contains(secret))
    }
  }

  @Test(arguments: [#"{"card":"4111"}"#, #"["4111", 5]"#, #""4111""#, "null"])
  func `without a policy all of an input is masked`(_ input: String) throws {
    for key in [nil, Self.key] {
      let fixture = LogFixture()
      var configuration = fixture.configuration
      configuration.key = key
      let log = try fixture.open(configuration)
      let recorder = log.makeRecorder()
      recorder.take(
        policyName: #""cards.chek""#, input: input, decision: nil, error: #"{"code":"unknown_policy","message":"no"}"#)
      #expect(recorder.keep())
      log.close()
      let reader = try LogReader([fixture.path])
      let line = unsafe try #require(unsafe try reader.next())
      #expect(unsafe !String(decoding: line.bytes, as: UTF8.self).contains("4111"))
      #expect(unsafe line.masks.map(\.path) == [""] && (line.sealed != nil) == (key != nil))
      if let key {
        #expect(unsafe try line.unsealedInput(with: [key]) == .whole(Array(input.utf8)))
      } else {
        #expect(unsafe line.input.map { unsafe String(decoding: $0, as: UTF8.self) } == #"{"masked":true}"#)
      }
    }
  }

  @Test func `commitments of equal values differ, in a line and between lines`() throws {
    let fixture = LogFixture()
    var configuration = fixture.configuration
    configuration.key = Self.key
    let log = try fixture.open(configuration)
    let policy = try loadedPolicy(input: Self.fields)
    for recorder in [log.makeRecorder(), log.makeRecorder()] {
      for _ in 0..<3 { recorder.take(policy: policy, input: #"{"list":["a","a"]}"#) }
      #expect(recorder.keep())
    }
    log.close()
    let reader = try LogReader([fixture.path])
    var commitments: Set<[UInt8]> = []
    var sealed: Set<[UInt8]> = []
    while let line = unsafe try reader.next() {
      #expect(unsafe line.masks.map(\.path) == ["/list/0", "/list/1"])
      for mask in unsafe line.masks { commitments.insert(try #require(mask.commitment)) }
      unsafe sealed.insert(Array(try #require(unsafe line.sealed)))
    }
    #expect(commitments.count == 12 && sealed.count == 6)
  }

  @Test func `sealed values fit no other line`() throws {
    let (one, first) = try logged(#"{"pin":"1"}"#, key: Self.key)
    let (_, second) = try logged(#"{"pin":"2"}"#, key: Self.key)
    func part(_ line: String) throws -> String { try #require(try JSONView(line)["request"]?["sealed"]?.string) }
    let forged = first.replacing(try part(first), with: try part(second))
    var digits = LineFrame.noHash
    let start = Array(forged.utf8.dropLast(75))
    unsafe start.withUnsafeBytes { unsafe LineFrame.hash($0, into: &digits) }
    one.replace("0000000000000001.ndjson", start + Array(#","hash":""#.utf8) + digits + Array("\"}\n".utf8))
    one.delete("head")
    let reader = try LogReader([one.path])
    let line = unsafe try #require(unsafe try reader.next())
    // Nobody but the key can tell that from another key.
    #expect(unsafe try line.unsealedInput(with: [Self.key]) == .underOtherKey)
  }

  @Test func `a key is read from a file of its owner`() throws {
    let fixture = LogFixture()
    let path = "\(fixture.folder.path)/key"
    let digits = String(repeating: "0f", count: 32)
    func read(_ text: String, mode: mode_t = 0o600) throws(LogError) -> LogKey {
      LogFixture.write(Array(text.utf8), path)
      unsafe chmod(path, mode)
      return try LogKey(file: path)
    }
    let key = LogKey([UInt8](repeating: 0x0F, count: 32))!
    for text in [
      digits, digits.uppercased() + "\r\n", "  \(digits)\n\n", "Dw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8=\n",
    ] {
      #expect(try read(text).key == key.key)
    }
    for text in ["", "\n", String(digits.dropLast(2)), digits + "00", "Dw8PDw==", "x" + digits.dropFirst()] {
      #expect(throws: LogError("\(path): expected a key of 64 hexadecimal digits (openssl rand -hex 32 makes one)")) {
        try read(text)
      }
    }
    #expect(throws: LogError("\(path): every user may read or change this key (chmod 600 \(path))")) {
      try read(digits, mode: 0o644)
    }
    #expect(try read(digits, mode: 0o640).key == key.key)
    #expect(throws: LogError("cannot read \(path).not: no such file or directory")) { try LogKey(file: path + ".not") }
  }
}
