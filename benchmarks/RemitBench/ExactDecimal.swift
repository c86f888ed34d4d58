private import CRemitDecimal

/// An exact decimal, for the reference: the engine's arithmetic without the engine around it.
struct ExactDecimal: Comparable {
  private var value: remit_decimal

  /// Nil where the text is no number, or one of more than 34 digits.
  init?(_ text: String) {
    var value = remit_decimal()
    let status = unsafe Array(text.utf8CString).withUnsafeBufferPointer { text in
      // SAFETY: the text ends in a zero byte, which does not count.
      unsafe remit_decimal_parse(text.baseAddress, text.count - 1, true, &value)
    }
    guard status == REMIT_DECIMAL_OK else { return nil }
    self.value = value
  }

  init(_ whole: Int) {
    value = remit_decimal_from_int64(Int64(whole))
  }

  static func < (left: ExactDecimal, right: ExactDecimal) -> Bool { left.compare(right) < 0 }
  static func == (left: ExactDecimal, right: ExactDecimal) -> Bool { left.compare(right) == 0 }

  static func * (left: ExactDecimal, right: ExactDecimal) -> ExactDecimal {
    var product = left
    var (a, b) = (left.value, right.value)
    // SAFETY: all three outlive the call.
    let status = unsafe remit_decimal_multiply(&a, &b, &product.value)
    precondition(status == REMIT_DECIMAL_OK, "amounts have too few digits for a product that does not fit")
    return product
  }

  /// As Remit writes it: no exponent, no superfluous zeros.
  var text: String {
    var value = value
    return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(REMIT_DECIMAL_TEXT_MAX)) { room in
      // SAFETY: the room is as large as the longest text.
      let count = unsafe remit_decimal_format(&value, room.baseAddress)
      return unsafe String(decoding: UnsafeRawBufferPointer(start: room.baseAddress, count: count), as: UTF8.self)
    }
  }

  private func compare(_ other: ExactDecimal) -> Int32 {
    var (a, b) = (value, other.value)
    // SAFETY: both outlive the call.
    return unsafe remit_decimal_compare(&a, &b)
  }
}
