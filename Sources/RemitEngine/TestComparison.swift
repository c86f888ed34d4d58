internal import RemitWire

/// Compares what came out of a test with what it expects.
enum TestComparison {
  /// One line for each member that is not as expected: every one that is named must be equal, or where it is
  /// expected to be absent not there; others are free.
  ///
  /// - Parameter prefix: Stands in front of the members' names.
  static func differences(
    expected: JSONView?, actual: JSONView, called prefix: String = "", except left: String? = nil
  ) -> [String] {
    (expected?.members ?? []).flatMap { key, wanted -> [String] in
      if key == left { return [] }
      let got = actual[key]
      // `absent` in the test file.
      if wanted.isNull {
        return got.flatMap { $0.isNull ? nil : ["\(prefix)\(key): expected nothing, got \($0.rawText)"] } ?? []
      }
      guard let got else { return ["\(prefix)\(key): expected \(wanted.rawText), got nothing"] }
      return TestDifference.lines(expected: wanted, actual: got, at: "\(prefix)\(key)")
    }
  }

  /// The same of an error, of which `contains` is a part of the message.
  static func differences(error expected: JSONView, actual: JSONView) -> [String] {
    let differences = differences(expected: expected, actual: actual, called: "error.", except: "contains")
    guard let part = expected["contains"]?.string, let message = actual["message"]?.string, !message.contains(part)
    else {
      return differences
    }
    return differences + ["error.message: expected \"\(part)\" in it, got \"\(message)\""]
  }

  /// The same of a value of any kind: where both are records by their members, else as a whole.
  static func differences(expectedValue: JSONView, actual: JSONView) -> [String] {
    if expectedValue.kind == .object && actual.kind == .object {
      return differences(expected: expectedValue, actual: actual)
    }
    return expectedValue.means(actual) ? [] : ["expected \(expectedValue.rawText), got \(actual.rawText)"]
  }
}
