import CRemitJSON
import Testing

@Suite("What is JSON and what is not")
struct ValidationTests {
  static let valid: [String] = [
    "1", "0", "-0", "-0.0", " 12 ", "1.5", "1e5", "1E+5", "1.25e-10", "123456789012345678901234567890",
    "0.00000000000000000001",
    "1e99999999999999999999", "12345678", "1234567.1234567", "12345678.12345678", "1234567890123456",
    "123456789012345.5",
    "1234567890123.25",
    "\"\"", "\"a\"", "\"\u{7F}\"", "\"中文 é 😀 \u{FFFF}\u{10FFFF}\u{D7FF}\u{E000}\"", "\"0123456789abcdef\"",
    "\"0123456789abcde\"",
    #""\"\\\/\b\f\n\r\t\u0000\u00e9\uFFFF\ud83d\uDE00""#, "\"\(String(repeating: "x", count: 200))\"",
    "true", "false", "null", "\t\n\r null \r\n",
    "[]", "[ ]", "{}", "{ }", "[1]", "[1,2 , 3]", "[[],[[]],{}]", #"{"a":1}"#,
    #" { "a" : [ { } , "b" ] , "" : null } "#,
    #"{"a":1,"a":2}"#, "[\"\(String(repeating: "y", count: 61))\",\"\(String(repeating: "z", count: 70))\",1]",
    #"{"a long key with \\ and \" in it":"中","b":{"c":[true,false,null,-1.5]}}"#,
  ]

  static let invalid: [(String, remit_json_status, Int)] = [
    ("", REMIT_JSON_TRUNCATED, 0), ("  ", REMIT_JSON_TRUNCATED, 2),
    ("\u{FEFF}1", REMIT_JSON_UNEXPECTED, 0), ("NaN", REMIT_JSON_UNEXPECTED, 0), ("Infinity", REMIT_JSON_UNEXPECTED, 0),
    ("-Infinity", REMIT_JSON_BAD_NUMBER, 1), ("+1", REMIT_JSON_UNEXPECTED, 0), (".5", REMIT_JSON_UNEXPECTED, 0),
    ("-", REMIT_JSON_TRUNCATED, 1), ("-.5", REMIT_JSON_BAD_NUMBER, 1), ("01", REMIT_JSON_BAD_NUMBER, 1),
    ("-01", REMIT_JSON_BAD_NUMBER, 2), ("00", REMIT_JSON_BAD_NUMBER, 1), ("[00.5]", REMIT_JSON_BAD_NUMBER, 2),
    ("1.", REMIT_JSON_TRUNCATED, 2), ("[1.]", REMIT_JSON_BAD_NUMBER, 3), ("[1.e5]", REMIT_JSON_BAD_NUMBER, 3),
    ("1e", REMIT_JSON_TRUNCATED, 2), ("[1e+]", REMIT_JSON_BAD_NUMBER, 4), ("[1e5.5]", REMIT_JSON_UNEXPECTED, 4),
    ("0x1", REMIT_JSON_UNEXPECTED, 1), ("1_000", REMIT_JSON_UNEXPECTED, 1), ("[1.2.3]", REMIT_JSON_UNEXPECTED, 4),
    ("1 2", REMIT_JSON_UNEXPECTED, 2), ("[1 2]", REMIT_JSON_UNEXPECTED, 3), ("１", REMIT_JSON_UNEXPECTED, 0),
    ("tru", REMIT_JSON_TRUNCATED, 3), ("True", REMIT_JSON_UNEXPECTED, 0), ("[trux]", REMIT_JSON_UNEXPECTED, 4),
    ("nul1", REMIT_JSON_UNEXPECTED, 3), ("truee", REMIT_JSON_UNEXPECTED, 4), ("falsy", REMIT_JSON_UNEXPECTED, 4),
    ("[", REMIT_JSON_TRUNCATED, 1), ("]", REMIT_JSON_UNEXPECTED, 0), ("[}", REMIT_JSON_UNEXPECTED, 1),
    ("[1}", REMIT_JSON_UNEXPECTED, 2), ("{]", REMIT_JSON_UNEXPECTED, 1), ("[,]", REMIT_JSON_UNEXPECTED, 1),
    ("[1,]", REMIT_JSON_UNEXPECTED, 3), ("[1,,2]", REMIT_JSON_UNEXPECTED, 3), ("[,1]", REMIT_JSON_UNEXPECTED, 1),
    ("[]]", REMIT_JSON_UNEXPECTED, 2), ("[:]", REMIT_JSON_UNEXPECTED, 1), (#"["a":1]"#, REMIT_JSON_UNEXPECTED, 4),
    ("{,}", REMIT_JSON_UNEXPECTED, 1), (#"{"a"}"#, REMIT_JSON_UNEXPECTED, 4), (#"{"a":}"#, REMIT_JSON_UNEXPECTED, 5),
    (#"{"a":1,}"#, REMIT_JSON_UNEXPECTED, 7), (#"{"a" 1}"#, REMIT_JSON_UNEXPECTED, 5),
    ("{1:1}", REMIT_JSON_UNEXPECTED, 1),
    ("{a:1}", REMIT_JSON_UNEXPECTED, 1), ("{'a':1}", REMIT_JSON_UNEXPECTED, 1),
    (#"{"a"::1}"#, REMIT_JSON_UNEXPECTED, 5),
    (#"{"a":1 "b":2}"#, REMIT_JSON_UNEXPECTED, 7), (#"{"a":1}}"#, REMIT_JSON_UNEXPECTED, 7),
    ("[1]x", REMIT_JSON_UNEXPECTED, 3),
    ("[1,\u{0B}2]", REMIT_JSON_UNEXPECTED, 3), ("[1\u{A0}]", REMIT_JSON_UNEXPECTED, 2),
    ("[1\u{0}]", REMIT_JSON_UNEXPECTED, 2),
    ("// c\n1", REMIT_JSON_UNEXPECTED, 0), ("[1]/**/", REMIT_JSON_UNEXPECTED, 3),
    ("\"", REMIT_JSON_TRUNCATED, 1), ("\"a", REMIT_JSON_TRUNCATED, 2), ("\"\\", REMIT_JSON_TRUNCATED, 2),
    ("\"\\\"", REMIT_JSON_TRUNCATED, 3), (#""\x""#, REMIT_JSON_BAD_ESCAPE, 2), (#""\'""#, REMIT_JSON_BAD_ESCAPE, 2),
    (#""\u12G4""#, REMIT_JSON_BAD_ESCAPE, 5), (#""\u123""#, REMIT_JSON_BAD_ESCAPE, 6),
    ("\"\\u12", REMIT_JSON_TRUNCATED, 5),
    (#""\U0041""#, REMIT_JSON_BAD_ESCAPE, 2),
    (#""\ud800""#, REMIT_JSON_BAD_ESCAPE, 1), (#""a\udc00""#, REMIT_JSON_BAD_ESCAPE, 2),
    (#""\ud800\ud800""#, REMIT_JSON_BAD_ESCAPE, 1), (#""\ud800\n""#, REMIT_JSON_BAD_ESCAPE, 1),
    (#""\ud800\u0041""#, REMIT_JSON_BAD_ESCAPE, 1), ("\"\\ud800", REMIT_JSON_TRUNCATED, 7),
    ("\"\\ud800\\", REMIT_JSON_TRUNCATED, 8), ("\"\\ud800\\udc0", REMIT_JSON_TRUNCATED, 12),
    ("\"a\nb\"", REMIT_JSON_CONTROL, 2), ("\"\u{0}\"", REMIT_JSON_CONTROL, 1), ("\"\u{1F}\"", REMIT_JSON_CONTROL, 1),
    ("\"0123456789abcdef\t\"", REMIT_JSON_CONTROL, 17), ("[\"a\",\"b\tc\"]", REMIT_JSON_CONTROL, 7),
  ]

  @Test("valid texts are accepted", arguments: valid)
  func accepts(text: String) {
    #expect(JSONText(text).validate() == .init(status: REMIT_JSON_OK, fault: text.utf8.count))
  }

  @Test("every cut of a valid text is refused, and no cut container is called anything but truncated", arguments: valid)
  func cuts(text: String) {
    let bytes = Array(text.utf8)
    let container = text.trimming { $0 == " " }.first.map { "[{\"tfn".contains($0) } ?? false
    for count in 0..<bytes.count where container {
      // Behind the value only white space is left.
      if bytes[count...].allSatisfy({ $0 == 0x20 || $0 == 0x0A || $0 == 0x0D }) { continue }
      #expect(
        JSONText(bytes[..<count]).validate() == .init(status: REMIT_JSON_TRUNCATED, fault: count), "cut at \(count)")
    }
  }

  @Test("invalid texts are refused where they go wrong", arguments: invalid.indices)
  func refuses(index: Int) {
    let (text, status, fault) = Self.invalid[index]
    #expect(JSONText(text).validate() == .init(status: status, fault: fault), "\(text.debugDescription)")
  }

  @Test("depth is refused one above the limit", arguments: [0, 1, 2, 63, 64, 65, 1023, 1024] as [UInt32])
  func depth(limit: UInt32) {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
      let fits = String(repeating: open, count: Int(limit)) + "1" + String(repeating: close, count: Int(limit))
      #expect(JSONText(fits).validate(depthMax: limit)?.status == REMIT_JSON_OK)
      #expect(
        JSONText(open + fits + close).validate(depthMax: limit)
          == .init(status: REMIT_JSON_TOO_DEEP, fault: Int(limit) * open.utf8.count))
    }
  }

  @Test("no limit is past the one of the skipper itself")
  func depthLimit() {
    let text = String(repeating: "[", count: 1_000_000)
    #expect(JSONText(text).validate(depthMax: .max) == .init(status: REMIT_JSON_TOO_DEEP, fault: 1024))
  }

  @Test("a failed cursor stays where it failed")
  func sticky() {
    unsafe JSONText(#"["a",x,"b",1,true]"#).withCursor { cursor, base in
      let skipped = unsafe remit_json_skip(&cursor)
      #expect(!skipped)
      for _ in 0..<3 {
        var string = unsafe remit_json_string()
        var number = unsafe remit_json_number()
        var literal: UInt8 = 0
        let read = unsafe [
          remit_json_skip(&cursor), remit_json_space(&cursor), remit_json_read_string(&cursor, &string),
          remit_json_read_number(&cursor, &number), remit_json_read_literal(&cursor, &literal),
        ]
        let status = unsafe cursor.status
        let offset = unsafe cursor.at - base
        #expect(read.allSatisfy { !$0 })
        #expect(status == REMIT_JSON_UNEXPECTED && offset == 5)
      }
    }
  }
}

extension String {
  /// The text without the characters at its start for which `test` holds.
  fileprivate func trimming(_ test: (Character) -> Bool) -> Substring { drop(while: test) }
}
