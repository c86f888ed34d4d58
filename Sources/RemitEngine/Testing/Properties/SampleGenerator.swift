internal import RemitWire

/// Makes inputs that fit a declaration, many of them at the edges: bounds, params and their neighbours, nothing, the same text twice.
struct SampleGenerator {
  private var random: SplitMix
  /// Numbers that decisions probably turn at, as decimals.
  private let edges: [String]
  /// The day that dates lie around.
  private let day: Int

  init(seed: UInt64, edges: [String], day: Int) {
    random = SplitMix(seed: seed)
    self.edges = edges
    self.day = day
  }

  /// How many rows a group policy is to see together.
  mutating func rows() -> Int { random.int(1...6) }

  /// - Parameter given: What is not to be generated: a whole value, or some fields of a record.
  mutating func sample(_ shape: InputShape, given: JSONView? = nil) -> Sample {
    if let given {
      // An empty table of Lua, which is an empty list as JSON, is a record of which nothing is given.
      guard case .record(let members) = shape, given.kind == .object || given.rawText == "[]" else {
        return .fixed(given.rawText)
      }
      var known = record(members, given: given)
      // What is not declared is given all the same.
      for (name, value) in given.members where !members.contains(where: { $0.name == name }) {
        known.append(.init(name: name, value: .fixed(value.rawText)))
      }
      return .record(known)
    }
    switch shape {
    case .text(let length): return .text(text(length))
    case .number(let places, let range): return .number(number(places, range), places: places)
    case .boolean: return .boolean(random.chance(50))
    case .date: return .date(date())
    case .timestamp:
      return .timestamp(date(), time: random.pick(["00:00:00Z", "12:00:00Z", "23:59:59Z", "08:30:00+08:00"]))
    case .choice(let values): return .choice(values.isEmpty ? "" : random.pick(values))
    case .record(let members): return .record(record(members, given: nil))
    case .list(let element, let count): return .list((0..<length(count)).map { _ in sample(element) })
    case .map(let element, let count):
      return .map((0..<length(count)).map { index in .init(name: "k\(index + 1)", value: sample(element)) })
    }
  }

  private mutating func record(_ members: [InputShape.Member], given: JSONView?) -> [Sample.Member] {
    members.compactMap { member in
      let fixed = given?[member.name]
      if let fixed, fixed.isNull { return nil }
      if fixed == nil && member.isOptional && random.chance(40) { return nil }
      return .init(name: member.name, value: sample(member.shape, given: fixed))
    }
  }

  private mutating func length(_ range: ClosedRange<Int>) -> Int {
    random.chance(25) ? random.pick([range.lowerBound, range.upperBound]) : random.int(range)
  }

  /// Few texts, so that two fields often have the same.
  private static let texts = ["a", "b", "c", "A", "x1", "中文", "two words"]

  private mutating func text(_ range: ClosedRange<Int>) -> String {
    if random.chance(70) {
      let known = Self.texts.filter { range.contains($0.unicodeScalars.count) }
      if !known.isEmpty { return random.pick(known) }
    }
    let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789-_ ")
    return String((0..<length(range)).map { _ in random.pick(letters) })
  }

  private mutating func number(_ places: Int, _ range: ClosedRange<Int>) -> Int {
    let one = Self.power(places)
    func clamped(_ value: Int) -> Int { min(max(value, range.lowerBound), range.upperBound) }
    if random.chance(45) {
      var values = edges.compactMap { Scaled.value($0, places: places) } + [0, one]
      // A bound that nobody wrote is none to try.
      if range.lowerBound > -Scaled.most { values.append(range.lowerBound) }
      if range.upperBound < Scaled.most { values.append(range.upperBound) }
      return clamped(random.pick(values) + random.int(-1...1))
    }
    // As many small ones as large ones.
    let magnitude = Self.power(random.int(0...(7 + places)))
    let value = random.int(0...magnitude)
    let isNegative = range.lowerBound < 0 && random.chance(30)
    let whole = random.chance(50) ? value / one * one : value
    let drawn = isNegative ? -whole : whole
    return range.contains(drawn) ? drawn : random.int(clamped(-magnitude)...clamped(magnitude))
  }

  private mutating func date() -> Int {
    random.chance(50)
      ? day + random.pick([0, -1, 1, -30, 30, 31, -365, 365]) : day + random.int(-1500...1500)
  }

  private static func power(_ exponent: Int) -> Int { (0..<exponent).reduce(1) { power, _ in power * 10 } }
}
