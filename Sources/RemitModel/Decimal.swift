private import CRemitDecimal

/// An exact decimal of up to 34 significant digits, as policies compute with.
///
/// What cannot be had exactly is nil: nothing is rounded that was not asked to be.
package struct Decimal: Hashable, Comparable, Sendable, CustomStringConvertible {
  private let value: remit_decimal

  private init(_ value: remit_decimal) {
    self.value = value
  }

  package init(_ value: Int) {
    self.value = remit_decimal_from_int64(Int64(value))
  }

  /// Reads a number as JSON has it, with an exponent or without; nil for anything else.
  package init?(_ text: some StringProtocol) {
    var value = remit_decimal()
    let bytes = text.utf8.map { CChar(bitPattern: $0) }
    // SAFETY: the bytes are read during the call only.
    let status = unsafe bytes.withUnsafeBufferPointer { bytes in
      unsafe remit_decimal_parse(bytes.baseAddress, bytes.count, true, &value)
    }
    guard !bytes.isEmpty, status == REMIT_DECIMAL_OK else { return nil }
    self.value = value
  }

  /// 10^-places.
  package static func step(places: Int) -> Decimal {
    var value = remit_decimal_from_int64(1)
    value.exponent = Int32(-places)
    return Decimal(value)
  }

  /// How many digits stand behind the point.
  package var places: Int { max(0, -Int(value.exponent)) }

  package var isZero: Bool { value.hi == 0 && value.lo == 0 }

  package var magnitude: Decimal {
    var value = value
    value.negative = false
    return Decimal(value)
  }

  /// The same as an integer; nil where it is not whole or does not fit.
  package var integer: Int? {
    var out: Int64 = 0
    // SAFETY: both pointers are good during the call.
    let fits = unsafe withUnsafePointer(to: value) { unsafe remit_decimal_to_int64($0, &out) }
    return fits ? Int(out) : nil
  }

  package func adding(_ other: Decimal) -> Decimal? { unsafe combined(other, remit_decimal_add) }
  package func subtracting(_ other: Decimal) -> Decimal? { unsafe combined(other, remit_decimal_subtract) }
  package func multiplied(by other: Decimal) -> Decimal? { unsafe combined(other, remit_decimal_multiply) }

  /// The quotient rounded down to a whole number.
  package func floorDivided(by other: Decimal) -> Decimal? { unsafe combined(other, remit_decimal_floor_divide) }

  /// The quotient, rounded to so many places, half up.
  package func divided(by other: Decimal, places: Int) -> Decimal? {
    unsafe combined(other) { unsafe remit_decimal_divide_rounded($0, $1, Int32(places), REMIT_HALF_UP, $2) }
  }

  // SAFETY: `operation` uses its pointers during the call only.
  @unsafe private func combined(
    _ other: Decimal,
    _ operation: (UnsafePointer<remit_decimal>?, UnsafePointer<remit_decimal>?, UnsafeMutablePointer<remit_decimal>?)
      -> remit_decimal_status
  ) -> Decimal? {
    var out = remit_decimal()
    let status = unsafe withUnsafePointer(to: value) { left in
      unsafe withUnsafePointer(to: other.value) { right in unsafe operation(left, right, &out) }
    }
    return status == REMIT_DECIMAL_OK ? Decimal(out) : nil
  }

  /// Canonical: no exponent, no superfluous zeros.
  package var description: String {
    // SAFETY: the format never writes past REMIT_DECIMAL_TEXT_MAX bytes.
    unsafe withUnsafePointer(to: value) { value in
      unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(REMIT_DECIMAL_TEXT_MAX)) { text in
        let count = unsafe remit_decimal_format(value, text.baseAddress)
        return unsafe String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      }
    }
  }

  /// With at least so many digits behind the point; none is lost.
  package func text(placesMin: Int) -> String {
    let text = description
    let missing = placesMin - places
    guard missing > 0 else { return text }
    return text + (places == 0 ? "." : "") + String(repeating: "0", count: missing)
  }

  package static func < (left: Self, right: Self) -> Bool {
    // SAFETY: both pointers are good during the call.
    unsafe withUnsafePointer(to: left.value) { left in
      unsafe withUnsafePointer(to: right.value) { right in unsafe remit_decimal_compare(left, right) < 0 }
    }
  }

  package static func == (left: Self, right: Self) -> Bool {
    left.value.hi == right.value.hi && left.value.lo == right.value.lo && left.value.exponent == right.value.exponent
      && left.value.negative == right.value.negative
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(value.hi)
    hasher.combine(value.lo)
    hasher.combine(value.exponent)
    hasher.combine(value.negative)
  }
}
