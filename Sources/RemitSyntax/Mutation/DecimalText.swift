/// A number as a file writes it: sign, digits, places behind the point.
struct DecimalText {
  private let value: Int64
  private let places: Int

  /// Nil for what has an exponent, or more digits than an `Int64` is sure to hold.
  init?(_ text: String) {
    var digits = text[...]
    let isNegative = digits.hasPrefix("-")
    if isNegative { digits = digits.dropFirst() }
    if digits.hasPrefix("0x") || digits.hasPrefix("0X") {
      guard let whole = Int64(digits.dropFirst(2), radix: 16), whole < 1 << 52 else { return nil }
      value = isNegative ? -whole : whole
      places = 0
      return
    }
    let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let joined = parts.joined()
    guard !joined.isEmpty, joined.count <= 17, joined.utf8.allSatisfy({ (48...57).contains($0) }),
      let whole = Int64(joined)
    else { return nil }
    value = isNegative ? -whole : whole
    places = parts.count == 2 ? parts[1].count : 0
  }

  /// By one and by the last place, upwards and downwards; each once.
  var neighbours: [String] {
    let one = (0..<places).reduce(Int64(1)) { one, _ in one * 10 }
    let steps: [Int64] = one == 1 ? [1, -1] : [1, -1, one, -one]
    return steps.map { write(value + $0) }
  }

  private func write(_ value: Int64) -> String {
    var digits = String(value.magnitude)
    guard places > 0 else { return value < 0 ? "-\(digits)" : digits }
    digits = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    let point = digits.index(digits.endIndex, offsetBy: -places)
    return (value < 0 ? "-" : "") + digits[..<point] + "." + digits[point...]
  }
}
