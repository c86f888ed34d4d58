import Testing

@testable import RemitAnalysis

/// A generator that gives the same numbers each time.
private struct Numbers: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 31
  }
}

/// What a made-up policy does along one number: ranges, each with an outcome or an error, told apart by conditions.
private struct Ranges {
  /// Where each begins, ascending, the first at 0.
  let starts: [Int]
  let outcomes: [Int?]

  func probe(_ value: Int) -> Probe {
    let index = starts.lastIndex { $0 <= value }!
    return Probe(outcome: outcomes[index], path: UInt64(index))
  }

  func nearestTurn(limit: Int) -> Int? {
    starts.indices.dropFirst().first { outcomes[$0] != nil && outcomes[$0] != outcomes[0] && starts[$0] <= limit }
      .map { starts[$0] }
  }
}

@Suite("The nearest value that turns the outcome")
struct TurningPointTests {
  @Test("Every range that a condition sets apart is found, however narrow and however far")
  func ranges() {
    var numbers = Numbers(state: 42)
    for _ in 0..<2_000 {
      let limit = [1, 7, 100, 100_000, 1_000_000_000_000_000].randomElement(using: &numbers)!
      var starts: Set<Int> = []
      for _ in 0..<Int.random(in: 0...6, using: &numbers) {
        let start = Int.random(in: 1...limit, using: &numbers)
        starts.insert(start)
        if Bool.random(using: &numbers) { starts.insert(min(limit, start + Int.random(in: 1...3, using: &numbers))) }
      }
      let sorted = [0] + starts.sorted()
      let outcomes = sorted.indices.map { $0 == 0 ? 0 : Int.random(in: -1...2, using: &numbers) }
      let policy = Ranges(starts: sorted, outcomes: outcomes.map { $0 < 0 ? nil : $0 })
      var evaluations = 0
      var search = TurningPointSearch(origin: policy.probe(0)) { distance in
        #expect((1...limit).contains(distance))
        evaluations += 1
        return policy.probe(distance)
      }
      let turn = search.nearest(limit: limit, hints: [])
      #expect(turn?.distance == policy.nearestTurn(limit: limit))
      #expect(turn.map { $0.outcome == policy.probe($0.distance).outcome } ?? true)
      #expect(evaluations < 1_000)
      guard let turn else { continue }
      let verified = search.verify(turn)
      #expect(verified.distance == turn.distance)
      #expect(verified.check == (turn.distance <= 10_001 ? .everyValue : .conditions))
    }
  }

  @Test("Without conditions that tell, verifying finds what lies between where it decides every value")
  func everyValue() {
    let policy = { (value: Int) in Probe(outcome: value == 777 || value >= 5_000 ? 1 : 0, path: 0) }
    var search = TurningPointSearch(origin: policy(0)) { policy($0) }
    let turn = search.nearest(limit: 100_000, hints: [])
    #expect(turn?.distance == 5_000)
    #expect(turn.map { search.verify($0).distance } == 777)
  }

  @Test("Hints are tried")
  func hints() {
    let policy = { (value: Int) in Probe(outcome: value == 123_456 ? 1 : 0, path: 0) }
    for hints in [[], [123_456]] {
      var search = TurningPointSearch(origin: policy(0)) { policy($0) }
      let turn = search.nearest(limit: 1_000_000, hints: hints)
      #expect(turn?.distance == hints.first)
    }
  }

  @Test("A way that differs everywhere does not exhaust the search")
  func noisyPaths() {
    var evaluations = 0
    let policy = { (value: Int) in Probe(outcome: value >= 900_000_000 ? 1 : 0, path: UInt64(value)) }
    var search = TurningPointSearch(origin: policy(0)) { distance in
      evaluations += 1
      return policy(distance)
    }
    let turn = search.nearest(limit: 1_000_000_000, hints: [])
    #expect(turn?.distance == 900_000_000)
    #expect(turn?.check == .neighbour)
    #expect(evaluations < 2_000)
  }

  @Test("It stops where the budget does")
  func budget() {
    var left = 10
    var search = TurningPointSearch(origin: Probe(outcome: 0, path: 0)) { distance in
      left -= 1
      return left < 0 ? nil : Probe(outcome: distance > 5_000_000 ? 1 : 0, path: 0)
    }
    #expect(search.nearest(limit: 1_000_000_000, hints: []) == nil)
    #expect(search.isCut)
  }

  @Test("An error is no turn")
  func errors() {
    let policy = { (value: Int) in Probe(outcome: value >= 100 ? nil : 0, path: value >= 100 ? 1 : 0) }
    var search = TurningPointSearch(origin: policy(0)) { policy($0) }
    #expect(search.nearest(limit: 10_000, hints: [99, 100, 101]) == nil)
    #expect(!search.isCut)
  }
}
