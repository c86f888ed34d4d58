/// What came of the lines of one policy, in numbers.
package struct ReplayTally: Sendable {
  /// From what to what a decision has turned.
  package struct Transition: Hashable, Sendable {
    /// An outcome, or `error ` with a code.
    package var from: String
    package var to: String

    /// Both are the same: only other bytes.
    package var turns: Bool { from != to }
  }

  /// Stands for the version of lines that have none.
  package static let noVersion = "none"

  package var lines = 0
  /// The same bytes.
  package var equal = 0
  /// Other bytes, by what they have turned from and to.
  package var transitions: [Transition: Int] = [:]
  /// Not compared: what a masked value would have come to is not known.
  package var masked = 0
  /// Of these, lines whose version is not at hand: whether it accepted what is accepted now is not known.
  package var undeclared = 0
  /// Lines whose masked values were sealed under a key that was not given.
  package var underOtherKeys = 0
  /// Not compared: the clock has ended one of the two decisions.
  package var timed = 0
  /// Not compared: some of the rows that were decided together are not in the log.
  package var incomplete = 0
  /// Of these, rows that were decided one by one, under a policy that decides rows together now.
  package var regrouped = 0
  /// There is no such policy now.
  package var isGone = false
  /// The lines whose version is another now, by the one that was logged.
  package var formerVersions: [String: Int] = [:]

  package init() {}

  /// Lines with another outcome, or an error in the place of one.
  package var turned: Int { transitions.reduce(0) { $0 + ($1.key.turns ? $1.value : 0) } }
  /// Lines with the same outcome and other bytes.
  package var altered: Int { transitions.reduce(0) { $0 + ($1.key.turns ? 0 : $1.value) } }
  package var differing: Int { turned + altered }
  package var formerLines: Int { formerVersions.values.reduce(0, +) }

  mutating func add(_ other: ReplayTally) {
    lines += other.lines
    equal += other.equal
    masked += other.masked
    timed += other.timed
    incomplete += other.incomplete
    undeclared += other.undeclared
    underOtherKeys += other.underOtherKeys
    regrouped += other.regrouped
    isGone = isGone || other.isGone
    transitions.merge(other.transitions, uniquingKeysWith: +)
    formerVersions.merge(other.formerVersions, uniquingKeysWith: +)
  }
}
