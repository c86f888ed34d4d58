internal import RemitWire

extension JSONView {
  /// True where both mean the same: numbers by value, objects whatever the order of their members.
  ///
  /// An empty list equals an empty object: an empty table of Lua, which one side of a comparison is, may be either.
  func means(_ other: JSONView) -> Bool {
    if isEmptyCollection && other.isEmptyCollection { return true }
    guard kind == other.kind else { return false }
    switch kind {
    case .null: return true
    case .boolean: return boolean == other.boolean
    case .string: return string == other.string
    case .number: return CanonicalNumber(rawText) == CanonicalNumber(other.rawText)
    case .array:
      let (left, right) = (elements, other.elements)
      return left.count == right.count && zip(left, right).allSatisfy { $0.means($1) }
    case .object:
      let (left, right) = (members, other.members)
      return left.count == right.count
        && left.allSatisfy { member in right.contains { $0.key == member.key && $0.value.means(member.value) } }
    }
  }

  private var isEmptyCollection: Bool {
    switch kind {
    case .array: elements.isEmpty
    case .object: members.isEmpty
    default: false
    }
  }
}

/// A number of JSON by its value: sign, significant digits and power of ten.
struct CanonicalNumber: Equatable {
  private var isNegative = false
  private var digits: [UInt8] = []
  private var exponent = 0

  /// - Parameter text: A valid number of JSON.
  init(_ text: String) {
    var rest = Substring(text)
    isNegative = rest.first == "-"
    if isNegative { rest = rest.dropFirst() }
    let parts = rest.split(omittingEmptySubsequences: false) { $0 == "e" || $0 == "E" }
    if parts.count == 2 {
      // Past what an Int holds, numbers of equal digits count as equal: no decision has such an exponent.
      exponent = Int(parts[1]) ?? (parts[1].hasPrefix("-") ? .min / 2 : .max / 2)
    }
    let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    digits = Array(mantissa.joined().utf8)
    if mantissa.count == 2 { exponent -= mantissa[1].utf8.count }
    digits = Array(digits.drop { $0 == UInt8(ascii: "0") })
    while digits.last == UInt8(ascii: "0") {
      digits.removeLast()
      exponent += 1
    }
    if digits.isEmpty {
      exponent = 0
      isNegative = false
    }
  }
}
