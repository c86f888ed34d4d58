/// A decimal as a whole number of its smallest step.
enum Scaled {
  /// Far inside of what a policy's integers hold, so that steps around it do not overflow.
  static let most = 9_000_000_000_000_000

  /// `12.5` with two places is 1250; cut off behind the last place, and at `most`. Nil for what is no plain decimal.
  static func value(_ text: String, places: Int) -> Int? {
    var digits = Substring(text)
    let isNegative = digits.first == "-"
    if isNegative { digits = digits.dropFirst() }
    let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), !digits.isEmpty, parts.allSatisfy({ $0.allSatisfy(\.isNumber) }) else {
      return nil
    }
    let fraction = parts.count == 2 ? parts[1].prefix(places) : ""
    let whole = parts[0].drop { $0 == "0" }
    let padded = whole + fraction + String(repeating: "0", count: places - fraction.count)
    guard padded.count < 18 else { return isNegative ? -most : most }
    let value = min(Int(padded.isEmpty ? "0" : padded) ?? 0, most)
    return isNegative ? -value : value
  }

  /// Its canonical form: no superfluous zeros.
  static func text(_ value: Int, places: Int) -> String {
    let digits = String(value.magnitude)
    guard places > 0 else { return value < 0 ? "-\(digits)" : digits }
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    var fraction = padded.suffix(places)
    while fraction.last == "0" { fraction = fraction.dropLast() }
    let whole = padded.dropLast(places)
    return (value < 0 ? "-" : "") + whole + (fraction.isEmpty ? "" : ".\(fraction)")
  }

  static func places(_ text: String) -> Int {
    text.firstIndex(of: ".").map { text.distance(from: $0, to: text.endIndex) - 1 } ?? 0
  }
}

/// Days of the Gregorian calendar since 1970-01-01.
enum CivilDay {
  static func number(year: Int, month: Int, day: Int) -> Int {
    // Years begin in March, so that the leap day is the last one.
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// The number of `2025-01-31`, and of a time that begins with it.
  static func number(_ text: String) -> Int? {
    let parts = text.prefix(10).split(separator: "-").compactMap { Int($0) }
    return parts.count == 3 ? number(year: parts[0], month: parts[1], day: parts[2]) : nil
  }

  static func text(_ number: Int) -> String {
    let shifted = number + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    func padded(_ value: Int, _ count: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
  }
}
