/// What a batch has done, in numbers.
package struct BatchTally: Equatable, Sendable {
  /// Lines that were not blank.
  package var rows = 0
  /// Rows without a decision.
  package var errors = 0
  /// Decisions by outcome, in the order of the declaration.
  package var outcomes: [Int]

  package init(outcomes: Int) {
    self.outcomes = Array(repeating: 0, count: outcomes)
  }

  /// Rows that have all met an error.
  init(outcomes: Int, errors: Int) {
    self.init(outcomes: outcomes)
    rows = errors
    self.errors = errors
  }

  mutating func count(outcome: Int) {
    rows += 1
    if outcomes.indices.contains(outcome) { outcomes[outcome] += 1 }
  }

  mutating func countError() {
    rows += 1
    errors += 1
  }

  mutating func add(_ other: BatchTally) {
    rows += other.rows
    errors += other.errors
    for (index, count) in other.outcomes.enumerated() { outcomes[index] += count }
  }
}
