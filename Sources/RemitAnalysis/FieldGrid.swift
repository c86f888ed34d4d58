internal import RemitModel
internal import RemitWire

/// The values that a number or a date could have instead of the one it has: as many steps away as one likes, in both
/// directions.
///
/// The step is a day, 1 for an `integer`, and for a `money` or a `number` a power of ten: see `init`.
struct FieldGrid {
  private enum Kind {
    case number(origin: Decimal, step: Decimal, placesWritten: Int, isMoney: Bool, isQuoted: Bool)
    case day(CalendarDay)
  }
  private let kind: Kind
  /// The farthest that there is a value to each side, in steps: the declared bounds, or `distanceMax`.
  let stepsDown: Int
  let stepsUp: Int

  /// No change of so many steps is looked for.
  private static let distanceMax = 100_000_000_000_000_000
  /// No date is looked for that is more than a hundred years away.
  private static let daysMax = 36_525
  /// As many decimals as a step may have.
  private static let placesMax = 12

  /// - Parameters:
  ///   - written: The value as the input has it: a number, or a text of one; or a date.
  ///   - constants: Every number that the decision read or that its policy has in its text. A `number` gets as many
  ///     decimals as the longest of these, and of its bounds and itself; a `money` two, or as many as its bounds
  ///     and itself have.
  init?(_ type: DeclaredType, written: JSONView, constants: [Decimal]) {
    switch type.name {
    case "date":
      guard let day = written.string.flatMap({ CalendarDay($0) }) else { return nil }
      kind = .day(day)
      stepsDown = Swift.min(Self.daysMax, day.number - CalendarDay.first)
      stepsUp = Swift.min(Self.daysMax, CalendarDay.last - day.number)
    case "integer", "number", "money":
      let text = written.string ?? written.rawText
      guard let origin = Decimal(text) else { return nil }
      let bounds = [type.min, type.max].compactMap(\.self)
      var places = ([origin] + bounds).map(\.places).max() ?? 0
      switch type.name {
      case "integer": places = 0
      case "money": places = Swift.max(2, places)
      default: places = Swift.max(places, Swift.min(Self.placesMax, constants.map(\.places).max() ?? 0))
      }
      let step = Decimal.step(places: places)
      let isWhole = type.name == "integer"
      let low = type.min ?? (isWhole ? Decimal(-Self.integerMax) : nil)
      let high = type.max ?? (isWhole ? Decimal(Self.integerMax) : nil)
      func steps(_ low: Decimal, _ high: Decimal) -> Int {
        Swift.min(Self.distanceMax, high.subtracting(low)?.floorDivided(by: step)?.integer ?? Self.distanceMax)
      }
      let hasExponent = text.utf8.contains { $0 | 0x20 == UInt8(ascii: "e") }
      kind = .number(
        origin: origin, step: step,
        placesWritten: hasExponent ? 0 : text.split(separator: ".").dropFirst().first?.utf8.count ?? 0,
        isMoney: type.name == "money", isQuoted: written.kind == .string)
      stepsDown = low.map { steps($0, origin) } ?? Self.distanceMax
      stepsUp = high.map { steps(origin, $0) } ?? Self.distanceMax
    default:
      return nil
    }
  }

  private static let integerMax = 9_007_199_254_740_991

  /// The value so many steps away, as JSON, written as the input's own value is; nil where there is none.
  func json(at steps: Int) -> [UInt8]? {
    switch kind {
    case .number(let origin, let step, let placesWritten, let isMoney, let isQuoted):
      guard let value = step.multiplied(by: Decimal(steps)).flatMap({ origin.adding($0) }) else { return nil }
      let places = isMoney && (value.places > 0 || placesWritten > 0) ? Swift.max(2, placesWritten) : placesWritten
      let text = value.text(placesMin: places)
      return Array((isQuoted ? "\"\(text)\"" : text).utf8)
    case .day(let day):
      guard let other = CalendarDay(number: day.number + steps) else { return nil }
      return Array("\"\(other)\"".utf8)
    }
  }

  /// How much the value changes by so many steps: of a date, in days.
  func change(by steps: Int) -> Decimal? {
    guard case .number(_, let step, _, _, _) = kind else { return Decimal(steps) }
    return step.multiplied(by: Decimal(steps))
  }

  /// The size of that change, to compare it with others': a part of the number itself, and of a date a part of a year.
  /// A number that was zero changes wholly.
  func relativeChange(by steps: Int) -> Decimal {
    let whole: Decimal
    switch kind {
    case .number(let origin, _, _, _, _): whole = origin.magnitude
    case .day: whole = Decimal(365)
    }
    guard !whole.isZero, let change = change(by: steps)?.magnitude else { return Decimal(1) }
    return change.divided(by: whole, places: 6) ?? Decimal(1)
  }

  /// Distances at which something may well turn: at, before and behind each constant, and at round numbers. Within the
  /// bounds of that direction, each once, ascending.
  func hints(up: Bool, numbers: [Decimal], days: [CalendarDay]) -> [Int] {
    let limit = up ? stepsUp : stepsDown
    var found: Set<Int> = []
    func note(_ steps: Int) {
      guard steps.magnitude <= Self.distanceMax else { return }
      let distance = up ? steps : -steps
      for near in distance - 1...distance + 1 where near >= 1 && near <= limit { found.insert(near) }
    }
    switch kind {
    case .day(let origin):
      for day in days { note(day.number - origin.number) }
    case .number(let origin, let step, _, _, _):
      for number in numbers {
        if let steps = number.subtracting(origin)?.floorDivided(by: step)?.integer { note(steps) }
      }
      var unit = Decimal(1)
      for _ in 0..<Self.roundPowers {
        guard let below = origin.floorDivided(by: unit)?.multiplied(by: unit),
          let steps = below.subtracting(origin)?.floorDivided(by: step)?.integer,
          let width = unit.floorDivided(by: step)?.integer
        else { break }
        note(up || steps == 0 ? steps + (up ? width : -width) : steps)
        unit = unit.multiplied(by: Decimal(10)) ?? unit
      }
    }
    return Array(found.sorted().prefix(Self.hintsMax))
  }

  /// Multiples of 1, 10, 100, … up to a billion are tried.
  private static let roundPowers = 10
  /// Of the nearest constants.
  private static let hintsMax = 240
}
