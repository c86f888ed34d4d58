/// A decimal numeral of the text, measured without computing it: how many digits count, and where the point is.
///
/// It follows remit_decimal.h: a value is *short*, and a double may stand for it, where it is c / 10^k with c < 10^15
/// and k <= 22, or whole and at most 2^53 - 1. Everything else that fits into 34 digits is *long*.
struct Numeral {
  enum Class {
    case integer(Int64)
    case short
    case long
    case tooManyDigits
    case outOfRange
  }

  static let integerMax: UInt64 = (1 << 53) - 1
  private static let digitsMax = 34
  private static let shortDigitsMax = 15
  private static let shortPlacesMax = 22
  private static let exponentMax = 6144

  /// Significant digits, without zeros at either end.
  private var digits = 0
  /// The first 17 of them.
  private var coefficient: UInt64 = 0
  /// The value is `0.d1d2d3… * 10^scale`.
  private var scale = 0
  private var isWholeInForm = true

  /// Nil where the text is not a decimal numeral.
  init?(_ source: [UInt8], from start: Int, to end: Int) {
    var position = start
    var sawDigit = false
    var zeros = 0
    var point = false
    var exponent = 0
    while position < end {
      let byte = source[position]
      if byte == UInt8(ascii: ".") {
        if point { return nil }
        point = true
        isWholeInForm = false
      } else if byte &- UInt8(ascii: "0") <= 9 {
        sawDigit = true
        let digit = UInt64(byte &- UInt8(ascii: "0"))
        if digit == 0 {
          if digits == 0 {
            if point { scale -= 1 }
          } else {
            zeros += 1
            if !point { scale += 1 }
          }
        } else {
          append(zeros: zeros, digit: digit)
          zeros = 0
          if !point { scale += 1 }
        }
      } else {
        break
      }
      position += 1
    }
    guard sawDigit else { return nil }
    if position < end {
      guard source[position] | 0x20 == UInt8(ascii: "e") else { return nil }
      isWholeInForm = false
      position += 1
      var negative = false
      if position < end, source[position] == UInt8(ascii: "-") || source[position] == UInt8(ascii: "+") {
        negative = source[position] == UInt8(ascii: "-")
        position += 1
      }
      guard position < end else { return nil }
      while position < end {
        let digit = source[position] &- UInt8(ascii: "0")
        guard digit <= 9 else { return nil }
        exponent = min(exponent * 10 + Int(digit), 1 << 40)
        position += 1
      }
      if negative { exponent = -exponent }
    }
    scale += exponent
  }

  private mutating func append(zeros: Int, digit: UInt64) {
    let first = digits
    digits += zeros + 1
    guard digits <= 17 else { return }
    for _ in first..<(digits - 1) { coefficient *= 10 }
    coefficient = coefficient * 10 + digit
  }

  var classified: Class {
    if digits == 0 { return isWholeInForm ? .integer(0) : .short }
    if digits > Self.digitsMax { return .tooManyDigits }
    if abs(scale - 1) > Self.exponentMax { return .outOfRange }
    let places = digits - scale
    if places <= 0, scale <= 16 {
      var value = coefficient
      for _ in 0..<(-places) { value *= 10 }
      if value <= Self.integerMax { return isWholeInForm ? .integer(Int64(value)) : .short }
      return .long
    }
    if places > 0, digits <= Self.shortDigitsMax, places <= Self.shortPlacesMax { return .short }
    return .long
  }
}
