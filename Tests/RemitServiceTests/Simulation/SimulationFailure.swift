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
