import CRemitDecimal
import RemitTestKit
import Testing

@Suite("Short decimals")
struct ShortTests {
  static let wholeMax: Int64 = 9_007_199_254_740_991

  @Test(
    "a double that stands for a decimal gives it back, with the fewest places",
    arguments: [
      (0.0, Int64(0), Int32(0)), (-0.0, 0, 0), (1, 1, 0), (-1, -1, 0), (0.5, 5, 1), (0.1, 1, 1), (19.99, 1999, 2),
      (-19.99, -1999, 2), (5000, 5000, 0),
      (0.0825, 825, 4), (0.12345, 12345, 5), (1e-22, 1, 22), (99_999_999_999_999.9, 999_999_999_999_999, 1),
      (9_999_999_999_999.99, 999_999_999_999_999, 2), (999_999_999_999_999, 999_999_999_999_999, 0),
      (1e15, 1_000_000_000_000_000, 0),
      (9.99999999999999e-8, 999_999_999_999_999, 22), (1.23456789012345, 123_456_789_012_345, 14),
      (9_007_199_254_740_991, wholeMax, 0),
      (-9_007_199_254_740_991, -wholeMax, 0), (12_345_678_901_234.5, 123_456_789_012_345, 1),
    ])
  func splits(value: Double, coefficient: Int64, places: Int32) throws {
    let split = try #require(shortSplit(value))
    #expect(split == (coefficient, places))
    let joined = try #require(shortJoin(coefficient, places))
    #expect(joined == value && joined.sign == (coefficient < 0 ? .minus : .plus))
  }

  @Test(
    "a double that stands for none is refused",
    arguments: [
      1 / 3.0, 0.1 + 0.2, 2.0.squareRoot(), .pi, 9_007_199_254_740_992, 1e16, 1e20, -1e20, 1e-23, 1e-30, 1.5e-22, 1e308,
      .leastNonzeroMagnitude, .infinity,
      -.infinity, .nan, 100_000_000_000_000.5, 1_000_000_000_000_000.5, 0.1.nextUp, 0.1.nextDown, 19.99.nextUp,
      19.99.nextDown,
      1e-22.nextUp, 0.12345678901234567,
    ] as [Double])
  func refuses(value: Double) {
    #expect(shortSplit(value) == nil)
    #expect(remit_decimal(double: value) == nil)
    #expect(shortText(value) == "")
    for operation in Operation.allCases {
      #expect(operation.short(value, 1) == nil && operation.short(1, value) == nil, "\(operation)")
    }
  }

  @Test(
    "a coefficient joins its places where the value is short",
    arguments: [
      (Int64(0), Int32(44), 0.0), (1, 22, 1e-22), (1, 23, nil), (10, 23, 1e-22), (1_000_000_000_000_000_000, 40, 1e-22),
      (1_000_000_000_000_000_000, 41, nil), (999_999_999_999_999, 22, 9.99999999999999e-8),
      (1_000_000_000_000_001, 1, nil),
      (1_000_000_000_000_000, 1, 1e14), (wholeMax, 0, 9_007_199_254_740_991), (wholeMax + 1, 0, nil),
      (-wholeMax - 1, 0, nil),
      (90_071_992_547_409_910, 1, 9_007_199_254_740_991), (90_071_992_547_409_920, 1, nil), (.max, 0, nil),
      (.min, 0, nil), (.min, 44, nil),
      (1_234_567_890_123_450, 1, 123_456_789_012_345), (-50, 2, -0.5),
    ] as [(Int64, Int32, Double?)])
  func joins(coefficient: Int64, places: Int32, expected: Double?) {
    #expect(shortJoin(coefficient, places) == expected)
  }

  @Test(
    "arithmetic on doubles is exact or hands over",
    arguments: [
      (Operation.add, 0.1, 0.2, 0.3), (.add, 5, -5, 0), (.add, -0.0, -0.0, 0), (.add, 999_999_999_999_999, 1, 1e15),
      (.add, 9_007_199_254_740_991, 1, nil), (.add, 9_007_199_254_740_990, 1, 9_007_199_254_740_991),
      (.add, 99_999_999_999_999.9, 0.1, 1e14),
      (.add, 99_999_999_999_999.9, 0.2, nil), (.add, 1e14, 0.01, nil), (.add, 1e14, 0.1, nil),
      (.add, 1e13, 0.1, 10_000_000_000_000.1), (.add, 0.0825, 100, 100.0825),
      (.subtract, 0.3, 0.1, 0.2), (.subtract, 0, 0, 0), (.subtract, 1e15, 0.5, nil),
      (.subtract, 1e14, 0.5, 99_999_999_999_999.5), (.subtract, 1e-22, 1, nil),
      (.multiply, 19.99, 3, 59.97), (.multiply, 0, -5, 0), (.multiply, -0.0, 5, 0),
      (.multiply, 0.0825, 1234.56, 101.8512),
      (.multiply, 94_906_265, 94_906_265, 9_007_199_136_250_225), (.multiply, 94_906_266, 94_906_266, nil),
      (.multiply, 1e-11, 1e-11, 1e-22),
      (.multiply, 1e-11, 1e-12, nil), (.multiply, 2e-12, 5e-11, 1e-22),
      (.multiply, 1_000_000_000_000, 0.000_000_001, 1000),
      (.divide, 1, 4, 0.25), (.divide, 1, 3, nil), (.divide, 0, 3, 0), (.divide, 0, -3, 0), (.divide, 3, 0, nil),
      (.divide, 59.97, 3, 19.99),
      (.divide, 1e15, 0.125, 8e15), (.divide, 1e15, 0.1, nil), (.divide, 1e-22, 1e-22, 1),
      (.divide, 1, 2_097_152, 0.000_000_476_837_158_203_125), (.divide, 1, 4_194_304, nil),
      (.divide, 9_007_199_254_740_991, 9_007_199_254_740_991, 1), (.divide, 1, 1e15, 1e-15), (.divide, 1e-22, 10, nil),
      (.floorDivide, -7, 2, -4), (.floorDivide, 0.3, 0.1, 3), (.floorDivide, 1e15, 1e-22, nil),
      (.floorDivide, 1, 0, nil),
      (.modulo, -7, 3, 2), (.modulo, 5.3, -2, -0.7), (.modulo, 1e15, 0.7, 0.4), (.modulo, 6, -3, 0),
      (.modulo, 1, 0, nil),
      (.modulo, 9_007_199_254_740_991, 7e-22, 5e-22), (.modulo, -1e-22, 1, nil),
    ] as [(Operation, Double, Double, Double?)])
  func arithmetic(operation: Operation, a: Double, b: Double, expected: Double?) {
    let result = operation.short(a, b)
    #expect(result?.bitPattern == expected?.bitPattern)
  }

  @Test("doubles and decimals agree on every operation, and neither knows a short value that the other does not")
  func agreement() {
    var (seed, generator) = SeededGenerator.printed()
    var handedOver = 0
    for _ in 0..<40_000 {
      let (a, b) = (generator.short(), generator.short())
      guard let x = remit_decimal(double: a), let y = remit_decimal(double: b) else {
        Issue.record("\(a) or \(b) is not short, seed \(seed)")
        continue
      }
      #expect(x.double == a && shortText(a) == x.plain, "\(a), seed \(seed)")
      #expect(remit_decimal.compare(x, y) == (a < b ? -1 : a > b ? 1 : 0), "\(a) against \(b), seed \(seed)")
      for operation in Operation.allCases {
        let long = (try? operation(x, y).get())?.double
        #expect(operation.short(a, b) == long, "\(operation) of \(a) and \(b), seed \(seed)")
        handedOver += long == nil ? 1 : 0
      }
      let places = Int32.random(in: -4...24, using: &generator)
      let rounding = roundings.randomElement(using: &generator)!
      var short = 0.0
      let rounded = unsafe remit_short_round(a, places, rounding.value, &short) ? short : nil
      #expect(
        rounded == (try? x.rounded(places, rounding.value).get())?.double,
        "\(a) to \(places) \(rounding.name), seed \(seed)")
      let quotient = unsafe remit_short_divide_rounded(a, b, places, rounding.value, &short) ? short : nil
      #expect(
        quotient == (try? x.divided(by: y, places, rounding.value).get())?.double,
        "\(a) / \(b) to \(places) \(rounding.name), seed \(seed)")
    }
    #expect(handedOver > 1_000)
  }

  @Test("each double beside a short one stands for another value, or none")
  func neighbours() {
    var (seed, generator) = SeededGenerator.printed()
    for _ in 0..<40_000 {
      let value = generator.short()
      for neighbour in [value.nextUp, value.nextDown] {
        guard let split = shortSplit(neighbour), let here = shortSplit(value) else { continue }
        #expect(split != here && shortJoin(split.coefficient, split.places) == neighbour, "\(value), seed \(seed)")
      }
    }
  }

  @Test("every amount of cents up to 20,000.00 is itself again")
  func everyCent() {
    for cents in Int64(0)...2_000_000 {
      let value = Double(cents) / 100
      guard let split = shortSplit(value),
        split.coefficient * (split.places == 0 ? 100 : split.places == 1 ? 10 : 1) == cents
      else {
        Issue.record("\(cents) cents are lost")
        return
      }
    }
  }
}
