import CRemitDecimal
import RemitTestKit
import Testing

@Suite("Text of decimals")
struct TextTests {
  @Test(
    "a number is read, and written in its canonical form",
    arguments: [
      ("0", "0"), ("-0", "0"), ("0.000", "0"), ("-0.00e7", "0"), ("0e999999999999", "0"), ("5", "5"), ("+5", "5"),
      ("-5", "-5"),
      ("5000.00", "5000"), ("0.50", "0.5"), (".5", "0.5"), ("-.5", "-0.5"), ("007", "7"), ("1e3", "1000"),
      ("1E+3", "1000"),
      ("1e-3", "0.001"), ("-12.30e1", "-123"), ("1.e3", "syntax"), ("100000000000000000000", "100000000000000000000"),
      ("1e00000000000000000000001", "10"),
      ("9999999999999999999999999999999999", "9999999999999999999999999999999999"),
      ("99999999999999999999999999999999990", "99999999999999999999999999999999990"),
      (
        "0.00000000000000000000000000000000009999999999999999999999999999999999",
        "9999999999999999999999999999999999e-68"
      ),
      ("99999999999999999999999999999999999", "inexact"), ("10000000000000000000000000000000001", "inexact"),
      ("1e6144", "1e6144"), ("1e6145", "range"), ("10e6144", "range"), ("0.1e6145", "1e6144"), ("1e-6144", "1e-6144"),
      ("1e-6145", "range"), ("0.1e-6144", "range"),
      (
        "9999999999999999999999999999999999e6111",
        "9999999999999999999999999999999999e6111"
      ), ("1e999999999999", "range"), ("1e-99999999999999999999999999", "range"),
      ("12345678901234567890123456789012345e99999999", "inexact"),
    ])
  func reads(text: String, outcome: String) {
    let (status, value) = remit_decimal.parse(text)
    #expect((status == REMIT_DECIMAL_OK ? value.compact : name(status)) == outcome)
  }

  @Test(
    "what is not exactly a number is refused",
    arguments: [
      "", "-", "+", ".", "-.", "1.", "1..2", "1.2.3", " 1", "1 ", "1\n", "1,5", "--1", "+-1", "0x10", "1_000", "e5",
      ".e5", "1e", "1e+",
      "1e-", "1e1.5", "1e5e5", "inf", "nan", "1\u{0}", "\u{0}1", "١", "1f",
    ])
  func refuses(text: String) {
    #expect(remit_decimal.parse(text).0 == REMIT_DECIMAL_SYNTAX)
  }

  @Test("an exponent is an error where it is not allowed", arguments: ["1e5", "1E5", "1e", "1.5e-3"])
  func exponentNotAllowed(text: String) {
    #expect(remit_decimal.parse(text, exponent: false).0 == REMIT_DECIMAL_SYNTAX)
  }

  @Test("text of megabytes is read once, and its zeros and exponent balance")
  func longTexts() {
    let zeros = String(repeating: "0", count: 2_000_000)
    #expect(remit_decimal.parse("0." + zeros + "12e2000001").1.compact == "1.2")
    #expect(remit_decimal.parse("12" + zeros + "e-2000001").1.compact == "1.2")
    #expect(remit_decimal.parse(zeros + "7." + zeros).1.compact == "7")
    #expect(remit_decimal.parse("1" + zeros).0 == REMIT_DECIMAL_RANGE)
    #expect(remit_decimal.parse("1" + zeros + "1").0 == REMIT_DECIMAL_INEXACT)
    #expect(remit_decimal.parse("1e" + zeros + "2").1.compact == "100")
    #expect(remit_decimal.parse(zeros + "x").0 == REMIT_DECIMAL_SYNTAX)
  }

  @Test("the longest texts fit into their room")
  func longestTexts() {
    let smallest = remit_decimal("-1.000000000000000000000000000000001e-6144").plain
    #expect(smallest == "-0." + String(repeating: "0", count: 6143) + "1000000000000000000000000000000001")
    let largest = remit_decimal("-9.999999999999999999999999999999999e6144")
    #expect(largest.plain == "-" + String(repeating: "9", count: 34) + String(repeating: "0", count: 6111))
    #expect(largest.fixed(100, REMIT_UP) == largest.plain + "." + String(repeating: "0", count: 100))
  }

  @Test(
    "a fixed number of places is written, without -0",
    arguments: [
      ("5000", 2, "half_even", "5000.00"), ("5000", 0, "half_even", "5000"), ("0", 2, "up", "0.00"),
      ("0", 0, "up", "0"),
      ("0.125", 2, "half_even", "0.12"), ("0.125", 2, "half_up", "0.13"), ("0.125", 2, "half_down", "0.12"),
      ("0.135", 2, "half_even", "0.14"), ("-0.125", 2, "floor", "-0.13"), ("-0.125", 2, "ceiling", "-0.12"),
      ("-0.004", 2, "half_even", "0.00"), ("-0.004", 2, "up", "-0.01"), ("-0.4", 0, "half_up", "0"),
      ("9.995", 2, "half_up", "10.00"),
      ("999.5", 0, "half_even", "1000"), ("1e-6144", 2, "up", "0.01"), ("1e-6144", 2, "half_up", "0.00"),
      ("1e-6144", 100, "ceiling", "0." + String(repeating: "0", count: 99) + "1"), ("12", 5, "down", "12.00000"),
      ("9999999999999999999999999999999999", 1, "up", "9999999999999999999999999999999999.0"),
      ("999999999999999999999999999999999.9", 0, "up", "1000000000000000000000000000000000"),
    ])
  func fixedPlaces(text: String, places: Int32, mode: String, expected: String) throws {
    #expect(remit_decimal(text).fixed(places, try #require(rounding(mode))) == expected)
  }

  @Test("what is written reads back as the same members")
  func roundTrip() {
    var (seed, generator) = SeededGenerator.printed()
    for _ in 0..<20_000 {
      let value = generator.decimal(places: -300...300)
      let (status, again) = remit_decimal.parse(value.plain, exponent: false)
      #expect(status == REMIT_DECIMAL_OK && again == value, "\(value.compact), seed \(seed)")
    }
  }
}
