import CRemitJSON
import Testing

@Suite("Numbers as coefficient and exponent")
struct NumberTests {
  struct Value: Equatable {
    var coefficient: UInt64 = 0
    var exponent: Int32 = 0
    var negative = false
    var fits = true
  }

  static let values: [(String, Value)] = [
    ("0", Value()), ("-0", Value(negative: true)), ("0.00", Value(exponent: -2)), ("7", Value(coefficient: 7)),
    ("1234567", Value(coefficient: 1_234_567)), ("12345678", Value(coefficient: 12_345_678)),
    ("-1234567.1234567", Value(coefficient: 12_345_671_234_567, exponent: -7, negative: true)),
    ("1234567.12345678", Value(coefficient: 123_456_712_345_678, exponent: -8)),
    ("19.99", Value(coefficient: 1999, exponent: -2)), ("5000.00", Value(coefficient: 500_000, exponent: -2)),
    ("1e3", Value(coefficient: 1, exponent: 3)), ("1.5E-3", Value(coefficient: 15, exponent: -4)),
    ("1e+9999", Value(coefficient: 1, exponent: 9999)), ("1e10000", Value(fits: false)),
    ("9999999999999999999", Value(coefficient: 9_999_999_999_999_999_999)),
    ("10000000000000000000", Value(fits: false)),
    ("0.0000000000000000000000001", Value(coefficient: 1, exponent: -25)),
    ("0.00000000001234567890123456789", Value(coefficient: 1_234_567_890_123_456_789, exponent: -29)),
    ("0.000000000012345678901234567890", Value(fits: false)),
    ("1234567890.123456789", Value(coefficient: 1_234_567_890_123_456_789, exponent: -9)),
    ("1e99999999999999999999999", Value(fits: false)), ("1e-99999999999999999999999", Value(fits: false)),
  ]

  static func read(_ text: String, then rest: String) -> (value: Value, length: Int)? {
    unsafe JSONText(text + rest).withCursor(padding: "99") { cursor, base in
      var number = unsafe remit_json_number()
      guard unsafe remit_json_read_number(&cursor, &number) else { return nil }
      guard unsafe cursor.at == base + text.utf8.count && number.bytes == base else { return nil }
      let value = unsafe Value(
        coefficient: number.coefficient, exponent: number.exponent, negative: number.negative, fits: number.fits)
      return unsafe (value, number.length)
    }
  }

  @Test("a value is exact or said not to fit, whatever stands behind it", arguments: values)
  func reads(text: String, expected: Value) throws {
    for rest in ["", ",", " ", "]", "}"] {
      let (value, length) = try #require(Self.read(text, then: rest), "before \(rest.debugDescription)")
      #expect(value == expected)
      #expect(length == text.utf8.count)
    }
  }

  @Test("every number of a few digits before and behind the point has its value")
  func everyShape() {
    for whole in 1...20 {
      for places in 0...20 {
        // No digit is a zero in front, so all of them count.
        let digits = (0..<whole + places).map { String($0 % 9 + 1) }
        let text = digits[..<whole].joined() + (places > 0 ? "." + digits[whole...].joined() : "")
        let expected =
          whole + places <= 19
          ? Value(coefficient: UInt64(digits.joined())!, exponent: -Int32(places)) : Value(fits: false)
        for rest in ["", ",1"] where Self.read(text, then: rest)?.value != expected { Issue.record("\(text)\(rest)") }
      }
    }
  }
}
