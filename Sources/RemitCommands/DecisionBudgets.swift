internal import ArgumentParser
internal import RemitModel

/// What one decision may use up, for commands that decide again what a service has decided: spelt, checked and preset as its settings.
struct DecisionBudgets: ParsableArguments {
  @Option(setting: "instructions") var instructions: String?
  @Option(setting: "memory_bytes") var memoryBytes: String?
  @Option(setting: "decision_ms") var decisionMs: String?

  func apply(to limits: inout Limits) throws {
    if let number = try Self.number("instructions", instructions) { limits.instructionsMax = Int64(number) }
    if let number = try Self.number("memory_bytes", memoryBytes) { limits.memoryBytesMax = number }
    if let number = try Self.number("decision_ms", decisionMs) { limits.decisionMillisecondsMax = UInt32(number) }
  }

  /// Nil where the option was not given.
  private static func number(_ name: String, _ text: String?) throws -> Int? {
    guard let text else { return nil }
    let setting = SettingTable[name]
    guard setting.accepts(text), let number = Int(text) else {
      throw CommandFailure(.usage, "\(setting.flag): expected \(setting.expectation), got \"\(text)\"")
    }
    return number
  }
}
