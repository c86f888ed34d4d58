import Foundation

/// The seed of a test's random choices: that of `REMIT_SEED`, or a new one each time.
enum SimulationSeed {
  static let value =
    ProcessInfo.processInfo.environment["REMIT_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...UInt64.max)

  /// How many times as many runs as in CI.
  static let effort = ProcessInfo.processInfo.environment["REMIT_EFFORT"].flatMap(Int.init) ?? 1
}

/// What a simulation has found.
struct SimulationFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

func require(_ holds: Bool, _ what: @autoclosure () -> String) throws(SimulationFailure) {
  if !holds { throw SimulationFailure(what()) }
}
