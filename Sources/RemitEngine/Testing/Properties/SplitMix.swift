/// Random numbers from a seed, the same everywhere: Steele, Lea and Flood's SplitMix64.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A whole number of the range. The remainder favours small ones by less than one in 2^32 here.
  mutating func int(_ range: ClosedRange<Int>) -> Int {
    let width = UInt64(bitPattern: Int64(range.upperBound &- range.lowerBound)) &+ 1
    return width == 0 ? Int(truncatingIfNeeded: next()) : range.lowerBound &+ Int(truncatingIfNeeded: next() % width)
  }

  /// True in so many of a hundred cases.
  mutating func chance(_ percent: Int) -> Bool { int(0...99) < percent }

  mutating func pick<Item>(_ items: [Item]) -> Item {
    precondition(!items.isEmpty, "nothing to pick from")
    return items[int(0...items.count - 1)]
  }
}
