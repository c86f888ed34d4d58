internal import RemitWire

/// Compares what came out of a test with what it expects.
enum TestComparison {
  /// One line for each member that is not as expected: every one that is named must be equal, others are free.
  ///
  /// - Parameter prefix: Stands in front of the members' names.
  static func differences(expected: JSONView?, actual: JSONView, called prefix: String = "") -> [String] {
    (expected?.members ?? []).compactMap { key, wanted in
      guard let got = actual[key] else { return "\(prefix)\(key): expected \(wanted.rawText), got nothing" }
      return wanted.means(got) ? nil : "\(prefix)\(key): expected \(wanted.rawText), got \(got.rawText)"
    }
  }

  /// The same of a value of any kind: where both are records by their members, else as a whole.
  static func differences(expectedValue: JSONView, actual: JSONView) -> [String] {
    if expectedValue.kind == .object && actual.kind == .object {
      return differences(expected: expectedValue, actual: actual)
    }
    return expectedValue.means(actual) ? [] : ["expected \(expectedValue.rawText), got \(actual.rawText)"]
  }
}
