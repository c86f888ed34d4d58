import CRemitDecimal
import Testing

@Suite("Rounding")
struct RoundingTests {
  /// The seven roundings of the classic table, in the order of `roundings`.
  @Test(
    "each rounding goes its own way",
    arguments: [
      ("5.5", ["6", "6", "5", "5", "6", "5", "6"]), ("2.5", ["2", "3", "2", "2", "3", "2", "3"]),
      ("1.6", ["2", "2", "2", "1", "2", "1", "2"]), ("1.1", ["1", "1", "1", "1", "2", "1", "2"]),
      ("1", ["1", "1", "1", "1", "1", "1", "1"]), ("0.5", ["0", "1", "0", "0", "1", "0", "1"]),
      ("-0.5", ["0", "-1", "0", "0", "-1", "-1", "0"]), ("-1.1", ["-1", "-1", "-1", "-1", "-2", "-2", "-1"]),
      ("-1.6", ["-2", "-2", "-2", "-1", "-2", "-2", "-1"]), ("-2.5", ["-2", "-3", "-2", "-2", "-3", "-3", "-2"]),
      ("-5.5", ["-6", "-6", "-5", "-5", "-6", "-6", "-5"]), ("1e-6144", ["0", "0", "0", "0", "1", "0", "1"]),
    ])
  func table(text: String, expected: [String]) {
    for (rounding, expected) in zip(roundings, expected) {
      let value = remit_decimal(text)
      #expect(value.rounded(0, rounding.value).outcome == expected, "\(rounding.name)")
      #expect(value.divided(by: remit_decimal("1"), 0, rounding.value).outcome == expected, "\(rounding.name)")
      guard !text.contains("e"), let double = remit_decimal(text + "e-2").double else { continue }
      var short = 0.0
      #expect(unsafe remit_short_round(double, 2, rounding.value, &short), "\(rounding.name)")
      #expect(shortText(short) == remit_decimal(expected + "e-2").plain, "\(rounding.name)")
    }
  }

  @Test(
    "a quotient is rounded once, from its exact value, where its digits fit",
    arguments: [
      ("1", "3", Int32(2), "half_even", "0.33"), ("2", "3", 2, "half_even", "0.67"), ("1", "8", 2, "half_even", "0.12"),
      ("1", "8", 2, "half_up", "0.13"), ("-1", "8", 2, "floor", "-0.13"),
      ("1", "3", 34, "down", "0.3333333333333333333333333333333333"),
      ("1", "3", 35, "down", "inexact"), ("1", "0", 2, "down", "division by zero"), ("0", "7", 2, "up", "0"),
      ("150", "1", -2, "half_even", "200"),
      ("250", "1", -2, "half_even", "200"), ("1", "1", -6144, "up", "1e6144"), ("1", "1", -6145, "up", "range"),
      ("1", "1", -6145, "down", "0"),
      ("1", "3", .max, "up", "inexact"), ("1", "3", .min, "down", "0"), ("1", "3", .min, "up", "range"),
      ("1", "4", .max, "up", "0.25"),
      ("1e6144", "1e-6144", 0, "up", "range"), ("2e6144", "3", 0, "up", "inexact"),
      // A quotient of 35 digits, of which the last is a zero, and 0.09 behind it.
      ("1e68", "1538486009508665359679518282863477", 0, "down", "64998966114704054824113282483527420"),
      ("1e68", "1538486009508665359679518282863477", 0, "half_even", "64998966114704054824113282483527420"),
      ("1e68", "1538486009508665359679518282863477", 0, "up", "inexact"),
      // One of 35 digits, 0.69 below a multiple of ten.
      ("1e68", "4860876556583369812369128539908667", 0, "up", "20572421215791654532064801371328870"),
      ("-1e68", "4860876556583369812369128539908667", 0, "floor", "-20572421215791654532064801371328870"),
      ("1e68", "4860876556583369812369128539908667", 0, "half_up", "inexact"),
      ("1e68", "4860876556583369812369128539908667", 0, "down", "inexact"),
    ])
  func quotients(a: String, b: String, places: Int32, mode: String, expected: String) throws {
    #expect(remit_decimal(a).divided(by: remit_decimal(b), places, try #require(rounding(mode))).outcome == expected)
  }

  @Test("rounding at the digit next to a value's own, and beyond both of its ends")
  func ends() {
    let value = remit_decimal("9999999999999999999999999999999999e-17")
    #expect(value.rounded(17, REMIT_UP).outcome == value.plain)
    #expect(value.rounded(.max, REMIT_UP).outcome == value.plain)
    #expect(value.rounded(16, REMIT_HALF_UP).outcome == "100000000000000000")
    #expect(value.rounded(16, REMIT_DOWN).outcome == "99999999999999999.9999999999999999")
    #expect(value.rounded(-17, REMIT_HALF_UP).outcome == "100000000000000000")
    #expect(value.rounded(-17, REMIT_DOWN).outcome == "0")
    #expect(value.rounded(-18, REMIT_HALF_UP).outcome == "0")
    #expect(value.rounded(-18, REMIT_UP).outcome == "1000000000000000000")
    #expect(value.rounded(.min, REMIT_HALF_UP).outcome == "0")
    #expect(value.rounded(.min, REMIT_UP).outcome == "range")
  }
}
