import CRemitDecimal
import RemitTestKit
import Testing

@Suite("Arithmetic on decimals")
struct ArithmeticTests {
  static let nines = String(repeating: "9", count: 34)

  @Test(
    "sums and differences are exact or refused",
    arguments: [
      (Operation.add, "0.1", "0.2", "0.3"), (.add, "0", "0", "0"), (.add, "5", "-5", "0"),
      (.add, "-0.5", "0.25", "-0.25"),
      (.add, nines, "1", "1" + String(repeating: "0", count: 34)), (.add, nines, "2", "inexact"),
      (.add, nines, nines, "inexact"),
      (.add, "1e34", "-1", nines), (.add, "1e34", "1", "inexact"), (.add, "1e35", "-1", "inexact"),
      (.add, "-1e34", "1", "-" + nines),
      (.add, "1e33", "1", "1000000000000000000000000000000001"), (.add, "1e6144", "1e-6144", "inexact"),
      (.add, "1e6144", "9e6144", "range"), (.add, "1e6144", "0", "1e6144"), (.add, "0", "-7", "-7"),
      (.subtract, "0", "7", "-7"), (.subtract, "0", "0", "0"), (.subtract, "7", "7", "0"),
      (.subtract, "0.3", "0.1", "0.2"),
      (.subtract, "1.00000000000000000000000000001e-6140", "1e-6140", "range"),
      (.subtract, "1", "-" + nines, "1" + String(repeating: "0", count: 34)),
    ])
  func sums(operation: Operation, a: String, b: String, expected: String) {
    #expect(operation(a, b) == expected)
  }

  @Test(
    "products and quotients are exact or refused",
    arguments: [
      (Operation.multiply, "19.99", "3", "59.97"), (.multiply, "-2", "0", "0"), (.multiply, "0.5", "2", "1"),
      (.multiply, "100000000000000001", "100000000000000001", "inexact"),
      (.multiply, "99999999999999999", "99999999999999999", "9999999999999999800000000000000001"),
      (.multiply, "11111111111111111111111111111111", "1e-300", "11111111111111111111111111111111e-300"),
      (
        .multiply, "5192296858534827628530496329220096", "3552713678800500929355621337890625",  // 2^112 * 5^48
        "18446744073709551616000000000000000000000000000000000000000000000000"
      ),
      (.multiply, "1e6144", "10", "range"), (.multiply, "1e6144", "0.1", "1e6143"),
      (.multiply, "1e-6144", "0.1", "range"),
      (.multiply, "1e-6144", "0", "0"),
      (.divide, "1", "4", "0.25"), (.divide, "1", "3", "inexact"), (.divide, "-6", "3", "-2"), (.divide, "0", "3", "0"),
      (.divide, "3", "0", "division by zero"), (.divide, "0", "0", "division by zero"),
      (.divide, "1", "5192296858534827628530496329220096", "inexact"),  // 1 / 2^112: 79 digits
      (.divide, "1", "281474976710656", "0.000000000000003552713678800500929355621337890625"),  // 1 / 2^48 has 34
      (.divide, "1", "562949953421312", "inexact"),  // 1 / 2^49 has 35
      (.divide, "59.97", "3", "19.99"), (.divide, "1e6144", "0.1", "range"), (.divide, "1e-6144", "1e6144", "range"),
      (.divide, "9999999999999999800000000000000001", "99999999999999999", "99999999999999999"),
    ])
  func products(operation: Operation, a: String, b: String, expected: String) {
    #expect(operation(a, b) == expected)
  }

  @Test(
    "floor division and modulo follow Lua, exactly, however large the quotient",
    arguments: [
      ("7", "3", "2", "1"), ("-7", "3", "-3", "2"), ("7", "-3", "-3", "-2"), ("-7", "-3", "2", "-1"),
      ("6", "-3", "-2", "0"),
      ("5.5", "0.25", "22", "0"), ("5.3", "2", "2", "1.3"), ("-5.3", "2", "-3", "0.7"), ("0", "-3", "0", "0"),
      ("0.5", "-3", "-1", "-2.5"),
      ("1e100", "1", "1e100", "0"), ("1e100", "3", "inexact", "1"), ("-1e100", "3", "inexact", "2"),
      ("1e6144", "7e-6144", "inexact", "1e-6144"),
      ("1e-50", "1", "0", "0.00000000000000000000000000000000000000000000000001"), ("-1e-50", "1", "-1", "inexact"),
      ("1e-6144", "-1e6144", "-1", "inexact"), ("3", "0", "division by zero", "division by zero"),
      ("1e35", "9", "inexact", "1"), ("9e35", "9", "100000000000000000000000000000000000", "0"),
      // Quotients of 35 digits that end in a zero, so that they fit.
      (
        "1e68", "1538486009508665359679518282863477", "64998966114704054824113282483527420",
        "134639750285408109442678753960660"
      ),
      (
        "-1e68", "4860876556583369812369128539908667", "-20572421215791654532064801371328870",
        "3331484749214283989139302220316290"
      ),
    ])
  func floors(a: String, b: String, quotient: String, remainder: String) {
    #expect(Operation.floorDivide(a, b) == quotient)
    #expect(Operation.modulo(a, b) == remainder)
  }

  @Test(
    "powers are exact, and cheap where they are trivial",
    arguments: [
      ("0", UInt64(0), "1"), ("5", 0, "1"), ("0", 1, "0"), ("0", .max, "0"), ("1", .max, "1"), ("-1", .max, "-1"),
      ("-1", .max - 1, "1"),
      ("10", 3, "1000"), ("10", 6144, "1e6144"), ("10", 6145, "range"), ("10", .max, "range"), ("0.1", .max, "range"),
      ("-10", 3, "-1000"),
      ("1.5", 2, "2.25"), ("-0.5", 3, "-0.125"), ("2", 112, "5192296858534827628530496329220096"),
      ("2", 113, "inexact"),
      ("2", .max, "inexact"), ("1.00000000000000001", 2, "inexact"),
      ("1.0000000000000001", 2, "1.00000000000000020000000000000001"),
      ("2e3000", 3, "range"), ("9999999999999999999999999999999999", 1, "9999999999999999999999999999999999"),
    ])
  func powers(base: String, exponent: UInt64, expected: String) {
    #expect(remit_decimal(base).raised(to: exponent).outcome == expected)
  }

  @Test("order is that of the values")
  func order() {
    let ascending = [
      "-1e6144", "-1e34", "-\(Self.nines)", "-2", "-1.5", "-1", "-0.1", "-1e-6144", "0", "1e-6144", "2e-6144", "0.1",
      "0.10000001", "1", "1.5",
      "2", "10", Self.nines, "1e34", "1e6144",
    ].map { remit_decimal($0) }
    for (i, a) in ascending.enumerated() {
      for (j, b) in ascending.enumerated() {
        #expect(remit_decimal.compare(a, b) == (i < j ? -1 : i > j ? 1 : 0), "\(a.compact) against \(b.compact)")
      }
    }
  }

  @Test(
    "whole numbers of 64 bits go in and out",
    arguments: [0, 1, -1, 10, -1000, 1 << 53, .max, .min, .max - 7, .min + 8] as [Int64])
  func wholeNumbers(number: Int64) {
    var value = remit_decimal_from_int64(number)
    var again: Int64 = 77
    #expect(value.plain == String(number) && value == remit_decimal(String(number)))
    #expect(unsafe remit_decimal_is_whole(&value) && remit_decimal_to_int64(&value, &again) && again == number)
  }

  @Test(
    "what is not whole or too large is no whole number of 64 bits",
    arguments: [
      "0.5", "9223372036854775808", "-9223372036854775809", "1e19", "1e6144", "1e-6144", "18446744073709551616",
    ])
  func notWholeNumbers(text: String) {
    var value = remit_decimal(text)
    var out: Int64 = 77
    #expect(unsafe !remit_decimal_to_int64(&value, &out) && out == 77)
  }

  @Test("a result may take the place of an operand, and a failure leaves it alone", arguments: Operation.allCases)
  func inPlace(operation: Operation) {
    var (seed, generator) = SeededGenerator.printed()
    for _ in 0..<2_000 {
      let (a, b) = (generator.decimal(digits: 20), generator.decimal(digits: 20))
      var inPlace = a
      let status: remit_decimal_status
      var second = b
      // SAFETY: one address for reading and writing is what the header allows.
      status = unsafe withUnsafeMutablePointer(to: &inPlace) { place in
        switch operation {
        case .add: unsafe remit_decimal_add(place, &second, place)
        case .subtract: unsafe remit_decimal_subtract(place, &second, place)
        case .multiply: unsafe remit_decimal_multiply(place, &second, place)
        case .divide: unsafe remit_decimal_divide(place, &second, place)
        case .floorDivide: unsafe remit_decimal_floor_divide(place, &second, place)
        case .modulo: unsafe remit_decimal_modulo(place, &second, place)
        }
      }
      switch operation(a, b) {
      case .success(let expected): #expect(status == REMIT_DECIMAL_OK && inPlace == expected, "seed \(seed)")
      case .failure(let failure): #expect(status == failure.status && inPlace == a, "seed \(seed)")
      }
    }
  }

  @Test("the laws of arithmetic hold wherever the results exist")
  func laws() throws {
    var (seed, generator) = SeededGenerator.printed()
    var held = 0
    for _ in 0..<20_000 {
      let (a, b) = (generator.decimal(digits: 16, places: 0...12), generator.decimal(digits: 16, places: 0...12))
      let note: Comment = "\(a.compact) and \(b.compact), seed \(seed)"
      let sum = Operation.add(a, b)
      #expect(sum.outcome == Operation.add(b, a).outcome, note)
      if let sum = try? sum.get() { #expect(try Operation.subtract(sum, b).get() == a, note) }
      let product = Operation.multiply(a, b)
      #expect(product.outcome == Operation.multiply(b, a).outcome, note)
      if b.lo == 0 && b.hi == 0 { continue }
      if let product = try? product.get() { #expect(try Operation.divide(product, b).get() == a, note) }
      guard let quotient = try? Operation.floorDivide(a, b).get() else { continue }
      let remainder = try Operation.modulo(a, b).get()
      #expect(try Operation.add(Operation.multiply(quotient, b).get(), remainder).get() == a, note)
      #expect((remainder.lo == 0 && remainder.hi == 0) || remainder.negative == b.negative, note)
      held += 1
    }
    #expect(held > 15_000)
  }
}
