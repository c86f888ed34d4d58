import RemitModel
import Testing

@Suite("Exact decimals")
struct DecimalTests {
  @Test(
    "Texts of numbers are read, others are not",
    arguments: [
      ("0", "0"), ("-0.00", "0"), ("12.50", "12.5"), ("5e3", "5000"), ("1E-2", "0.01"), ("-7", "-7"), ("x", nil),
      ("", nil), ("1.", nil), ("1e", nil), ("12345678901234567890123456789012345", nil),
    ] as [(String, String?)])
  func reading(text: String, canonical: String?) {
    #expect(Decimal(text)?.description == canonical)
  }

  @Test("Results are exact or nil")
  func arithmetic() throws {
    let tenth = try #require(Decimal("0.1"))
    let fifth = try #require(Decimal("0.2"))
    #expect(tenth.adding(fifth) == Decimal("0.3"))
    #expect(tenth.subtracting(fifth) == Decimal("-0.1"))
    #expect(tenth.multiplied(by: fifth) == Decimal("0.02"))
    #expect(Decimal("-7")?.floorDivided(by: Decimal(2)) == Decimal(-4))
    #expect(Decimal(1).divided(by: Decimal(3), places: 6) == Decimal("0.333333"))
    #expect(Decimal(1).divided(by: Decimal(0), places: 6) == nil)
    let huge = try #require(Decimal("1e33"))
    #expect(huge.adding(tenth) == nil)
  }

  @Test("Numbers of equal value are equal, and in order")
  func order() {
    #expect(Decimal("1.50") == Decimal("1.5"))
    #expect(Decimal("1.50")?.hashValue == Decimal("1.5")?.hashValue)
    let numbers = ["-2", "-0.01", "0", "0.1", "0.11", "1e20"].compactMap { Decimal($0) }
    #expect(numbers.shuffled().sorted() == numbers)
  }

  @Test("Decimals are counted, and written where they are asked for")
  func places() {
    #expect(Decimal("12.500")?.places == 1)
    #expect(Decimal("500")?.places == 0)
    #expect(Decimal("12.5")?.text(placesMin: 2) == "12.50")
    #expect(Decimal("12")?.text(placesMin: 2) == "12.00")
    #expect(Decimal("-0.125")?.text(placesMin: 2) == "-0.125")
    #expect(Decimal("12")?.text(placesMin: 0) == "12")
    #expect(Decimal.step(places: 2).description == "0.01")
    #expect(Decimal.step(places: 0).description == "1")
  }

  @Test("Whole numbers are integers where they fit")
  func integers() {
    #expect(Decimal("5e3")?.integer == 5000)
    #expect(Decimal("9223372036854775807")?.integer == Int.max)
    #expect(Decimal("9223372036854775808")?.integer == nil)
    #expect(Decimal("0.5")?.integer == nil)
    #expect(Decimal(Int.min).integer == Int.min)
  }
}
