/// Finds the nearest value of one field, in one direction, at which the outcome turns.
///
/// Values are numbered by their distance from the field's own, in steps of its grid. The search goes outward and stops
/// at the first turn. Between two values for which the policy's conditions turned out the same, one after another,
/// and the outcome is the same, it looks no further; between two that differ it halves the distance until it
/// has both sides of the place where they part. So it finds every range of values that a condition sets apart, however
/// narrow, and the first turn exactly: as long as each condition turns at most once as the value grows, which is so
/// of comparisons of sums, products and roundings. For other conditions (`==`, `%`) the caller's hints are tried.
struct TurningPointSearch {
  struct Turn: Equatable {
    var distance: Int
    var outcome: Int
    var check: Explanation.Turn.Check
  }

  /// How many evaluations one direction may take before conditions no longer count, only outcomes.
  private static let pathEvaluationsMax = 1_500

  private let origin: Probe
  private let decide: (Int) -> Probe?
  private var known: [Int: Probe] = [:]
  private var evaluations = 0
  /// True where the budget ended the search.
  private(set) var isCut = false

  /// - Parameters:
  ///   - origin: How the input was decided as it is.
  ///   - decide: Decides the input with the value at that distance; nil where the budget is spent.
  init(origin: Probe, decide: @escaping (Int) -> Probe?) {
    self.origin = origin
    self.decide = decide
  }

  /// - Parameters:
  ///   - limit: The farthest value that there is.
  ///   - hints: Distances to try, ascending.
  mutating func nearest(limit: Int, hints: [Int]) -> Turn? {
    guard limit >= 1 else { return nil }
    var points = Set(hints.filter { (1...limit).contains($0) })
    var distance = 1
    while distance < limit {
      points.insert(distance)
      distance = distance > limit / 2 ? limit : distance * 2
    }
    points.insert(limit)
    var previous = 0
    for point in points.sorted() {
      if let turn = explore(previous, point) { return turn }
      if isCut { return nil }
      previous = point
    }
    return nil
  }

  /// The first turn behind `low`, up to `high`.
  private mutating func explore(_ low: Int, _ high: Int) -> Turn? {
    guard let before = probe(low), let after = probe(high) else { return nil }
    if high - low == 1 {
      guard let outcome = after.outcome, turns(after) else { return nil }
      return Turn(distance: high, outcome: outcome, check: countsPaths ? .conditions : .neighbour)
    }
    guard countsPaths ? before != after : turns(before) != turns(after) else { return nil }
    let middle = low + (high - low) / 2
    if let turn = explore(low, middle) { return turn }
    return isCut ? nil : explore(middle, high)
  }

  private var countsPaths: Bool { evaluations <= Self.pathEvaluationsMax }

  private func turns(_ probe: Probe) -> Bool {
    probe.outcome != nil && probe.outcome != origin.outcome
  }

  private mutating func probe(_ distance: Int) -> Probe? {
    if distance == 0 { return origin }
    if let known = known[distance] { return known }
    guard let probe = decide(distance) else {
      isCut = true
      return nil
    }
    evaluations += 1
    known[distance] = probe
    return probe
  }

  // MARK: Verifying

  /// How many values between are decided one by one.
  private static let everyMax = 10_000
  /// How many are decided where that would be too many.
  private static let samples = 200

  /// Decides values before the turn, all of them where they are few, and returns the nearer turn where one shows up.
  mutating func verify(_ turn: Turn) -> Turn {
    isCut = false
    let between = turn.distance - 1
    guard between > 0 else { return Turn(distance: 1, outcome: turn.outcome, check: .everyValue) }
    if between <= Self.everyMax {
      for distance in 1...between {
        guard let probe = probe(distance) else { return turn }
        if let outcome = probe.outcome, turns(probe) {
          return Turn(distance: distance, outcome: outcome, check: .everyValue)
        }
      }
      return Turn(distance: turn.distance, outcome: turn.outcome, check: .everyValue)
    }
    // Values that lie evenly would share whatever the distances between them have in common.
    let width = between / Self.samples
    var previous = 0
    for sample in 0..<Self.samples {
      let distance = 1 + sample * width + (sample &* 7919) % width
      guard let probe = probe(distance) else { return turn }
      if turns(probe), let nearer = firstTurn(previous, distance) { return verify(nearer) }
      previous = distance
    }
    return turn
  }

  /// By outcomes alone: both sides of a turn between the two.
  private mutating func firstTurn(_ low: Int, _ high: Int) -> Turn? {
    var (low, high) = (low, high)
    while high - low > 1 {
      let middle = low + (high - low) / 2
      guard let probe = probe(middle) else { return nil }
      if turns(probe) { high = middle } else { low = middle }
    }
    guard let outcome = probe(high)?.outcome else { return nil }
    return Turn(distance: high, outcome: outcome, check: .neighbour)
  }
}
