/// The time of a request that names none: `2025-06-15T08:00:00.123Z`, written in place.
package struct RequestTime: Sendable {
  package private(set) var text = Array("1970-01-01T00:00:00.000Z".utf8)
  private var millisecond: Int64 = 0

  private static let dayMilliseconds: Int64 = 86_400_000

  package init() {}

  /// - Parameter millisecond: Since 1970 in UTC.
  package mutating func set(_ millisecond: Int64) {
    guard millisecond != self.millisecond else { return }
    let day = Self.day(millisecond)
    if day != Self.day(self.millisecond) { setDate(day) }
    self.millisecond = millisecond
    var rest = Int(millisecond - day * Self.dayMilliseconds)
    put(rest % 1000, digits: 3, at: 20)
    rest /= 1000
    put(rest % 60, digits: 2, at: 17)
    rest /= 60
    put(rest % 60, digits: 2, at: 14)
    put(rest / 60, digits: 2, at: 11)
  }

  private static func day(_ millisecond: Int64) -> Int64 {
    millisecond >= 0 ? millisecond / dayMilliseconds : (millisecond - dayMilliseconds + 1) / dayMilliseconds
  }

  /// Years are counted from March on, so that the day of a leap year is their last; 400 of them have 146,097 days.
  private mutating func setDate(_ day: Int64) {
    let shifted = Int(day) + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    put(dayOfYear - (153 * month + 2) / 5 + 1, digits: 2, at: 8)
    put(month < 10 ? month + 3 : month - 9, digits: 2, at: 5)
    put(yearOfEra + era * 400 + (month < 10 ? 0 : 1), digits: 4, at: 0)
  }

  private mutating func put(_ number: Int, digits: Int, at place: Int) {
    var rest = number
    for index in stride(from: place + digits - 1, through: place, by: -1) {
      text[index] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
    }
  }
}
