extension Sample {
  /// Values that say the same with less, the smallest first. Each step goes down, so that taking one after the other ends.
  func smaller(_ shape: InputShape, day: Int) -> [Sample] {
    switch (self, shape) {
    case (.text(let text), .text(let length)):
      let shortest = String(repeating: "a", count: length.lowerBound)
      let half = String(text.prefix(max(length.lowerBound, text.unicodeScalars.count / 2)))
      return Self.distinct(
        [shortest, "a", half].filter { length.contains($0.unicodeScalars.count) && isBelow($0, text) }
      )
      .map { .text($0) }
    case (.number(let value, let places), .number(_, let range)):
      return Self.numbers(toward: min(max(0, range.lowerBound), range.upperBound), from: value, places: places)
        .map { .number($0, places: places) }
    case (.boolean(true), _): return [.boolean(false)]
    case (.date(let value), _): return Self.steps(toward: day, from: value).map { .date($0) }
    case (.timestamp(let value, let time), _):
      let plain = "00:00:00Z"
      return (time == plain ? [] : [.timestamp(value, time: plain)])
        + Self.steps(toward: day, from: value).map { .timestamp($0, time: time) }
    case (.choice(let value), .choice(let values)):
      return values.prefix { $0 != value }.map { .choice($0) }
    case (.record(let members), .record(let shapes)): return Self.records(members, shapes, day: day)
    case (.list(let elements), .list(let element, let count)):
      return Self.shorter(elements, count).map { .list($0) }
        + elements.indices.flatMap { index in
          elements[index].smaller(element, day: day).map { .list(Self.replaced(elements, index, $0)) }
        }
    case (.map(let members), .map(let element, let count)):
      return Self.shorter(members, count).map { .map($0) }
        + members.indices.flatMap { index in
          members[index].value.smaller(element, day: day).map { value in
            .map(Self.replaced(members, index, Member(name: members[index].name, value: value)))
          }
        }
    default: return []
    }
  }

  private static func records(_ members: [Member], _ shapes: [InputShape.Member], day: Int) -> [Sample] {
    var found: [Sample] = []
    for (index, member) in members.enumerated() {
      guard let shape = shapes.first(where: { $0.name == member.name }) else { continue }
      if case .fixed = member.value { continue }
      if shape.isOptional, !member.value.holdsGiven {
        var rest = members
        rest.remove(at: index)
        found.append(.record(rest))
      }
      found += member.value.smaller(shape.shape, day: day).map {
        .record(replaced(members, index, Member(name: member.name, value: $0)))
      }
    }
    return found
  }

  /// A part of it was given by the test, and stays.
  private var holdsGiven: Bool {
    switch self {
    case .fixed: true
    case .record(let members): members.contains { $0.value.holdsGiven }
    default: false
    }
  }

  private static func replaced<Item>(_ items: [Item], _ index: Int, _ item: Item) -> [Item] {
    var items = items
    items[index] = item
    return items
  }

  /// As few as may be, the halves, and one less.
  private static func shorter<Item>(_ items: [Item], _ count: ClosedRange<Int>) -> [[Item]] {
    guard items.count > count.lowerBound else { return [] }
    let half = max(count.lowerBound, items.count / 2)
    let parts = [Array(items.prefix(count.lowerBound)), Array(items.prefix(half)), Array(items.suffix(half))]
    return parts.filter { $0.count < items.count }
      + items.indices.map { index in
        var rest = items
        rest.remove(at: index)
        return rest
      }
  }

  private func isBelow(_ text: String, _ other: String) -> Bool {
    let (left, right) = (text.unicodeScalars.count, other.unicodeScalars.count)
    return left < right || left == right && text != other && text.allSatisfy { $0 == "a" }
  }

  private static func distinct(_ texts: [String]) -> [String] {
    var seen: Set<String> = []
    return texts.filter { seen.insert($0).inserted }
  }

  /// The target, without decimals, half of the way, one step.
  private static func numbers(toward target: Int, from value: Int, places: Int) -> [Int] {
    var one = 1
    for _ in 0..<places { one *= 10 }
    let whole = value / one * one
    let isNearer = abs(whole - target) < abs(value - target) && (whole - target).signum() != -(value - target).signum()
    return (isNearer ? [target, whole] : [target]).filter { $0 != value }
      + steps(toward: target, from: value).filter { $0 != target }
  }

  private static func steps(toward target: Int, from value: Int) -> [Int] {
    guard value != target else { return [] }
    var found = [target]
    // Half of the way, then ever less of it: a bound that matters is found as by bisection.
    var distance = (value - target) / 2
    while distance != 0 {
      found.append(value - distance)
      distance /= 2
    }
    return found
  }
}
