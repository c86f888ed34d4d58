package import RemitModel

/// Why one input was decided as it was, and what would turn its outcome: a value, which `ExplanationText` and
/// `ExplanationJSON` write.
package struct Explanation: Sendable {
  /// A place in a file of policies, as messages name it: `approval/payment.lua`, 64.
  package struct Place: Hashable, Sendable {
    package let file: String
    package let line: Int
  }

  package struct Reason: Sendable {
    package let code: String
    package let english: String?
    package let chinese: String?
  }

  /// A value that the decision read, or that it read as absent.
  package struct Read: Sendable {
    package enum Value: Sendable {
      /// As JSON; `null` for what is not there.
      case scalar([UInt8])
      /// A list, map or record, of so many entries.
      case table(count: Int)
      /// Marked as sensitive: it is not shown.
      case masked
    }
    package let path: ValuePath
    package let value: Value
    /// What it is declared as; nil where nothing is known of it.
    package let type: String?
    /// Where it was read first.
    package let place: Place?
  }

  /// A condition that was looked at, in the order of the decision.
  package struct Condition: Sendable {
    package let place: Place
    /// As the file has it.
    package let text: String
    package let holds: Bool
    /// True in the file of the policy itself.
    package let isOwn: Bool
    /// True for the left side of `and` or `or` in a condition that follows.
    package let isPart: Bool
  }

  /// A change of one value that turns the outcome.
  package struct Turn: Sendable {
    /// How sure it is that no smaller change would do.
    package enum Check: String, Sendable {
      /// Every value between was decided.
      case everyValue = "every_value"
      /// Both sides of every place at which a condition turns were decided.
      case conditions
      /// The value before was decided, and so many between.
      case neighbour
    }

    package let path: ValuePath
    package let type: String
    /// As the input has it; nil where it has none.
    package let from: [UInt8]?
    package let to: [UInt8]
    package let outcome: String
    package let reasons: [Reason]
    /// Of a number how much, of a date how many days.
    package let change: Decimal?
    /// How large the change is: see `FieldGrid.relativeChange`; a boolean or an enum changes by 1.
    package let relativeChange: Decimal
    /// The value one step nearer, where it was decided as the input was.
    package let keeps: [UInt8]?
    package let check: Check
  }

  package let policy: String
  package let version: String
  package let at: String
  /// As JSON.
  package let id: [UInt8]
  package let outcome: String
  package let reasons: [Reason]
  /// The decision as JSON.
  package let decision: [UInt8]
  /// The statement that made the decision.
  package let decidedAt: Place?
  package let reads: [Read]
  package let conditions: [Condition]
  /// True where more was read or looked at than is noted.
  package let isTruncated: Bool
  /// Smallest first.
  package let turns: [Turn]
  /// Fields that no change of would turn the outcome.
  package let indifferent: [ValuePath]
  /// Fields that were read and not tried: texts, times, what is sensitive, and those for which the budget did not last.
  package let untried: [ValuePath]
  package let evaluations: Int
  /// True where the budget ended the search.
  package let isCut: Bool
}
