/// What became of mutants, in words.
package struct MutationReport: Sendable {
  /// `file:line:column: …`, one for each mutant that no test noticed, in the order of the files.
  package private(set) var survivors: [String] = []
  /// The same of those that are listed as equivalent, with why.
  package private(set) var equivalents: [String] = []
  /// What is wrong with the list of equivalent mutants.
  package private(set) var stale: [String] = []
  package private(set) var killed = 0
  package private(set) var refused = 0

  package init(_ run: MutationRun, _ fates: [MutationRun.Fate], _ list: EquivalentMutants) {
    var used: Set<Int> = []
    for (mutant, fate) in zip(run.mutants, fates) {
      switch fate {
      case .killed: killed += 1
      case .refused: refused += 1
      case .survived:
        let place = "\(mutant.file):\(mutant.line):\(mutant.column): \(mutant.description)"
        if let entry = list.place(of: mutant) {
          used.insert(entry)
          equivalents.append("\(place): equivalent (\(list.entries[entry].why))")
        } else {
          survivors.append(mutant.isReached ? place : "\(place) (no test runs it)")
        }
      }
    }
    let files = Set(run.mutants.map(\.file))
    for (index, entry) in list.entries.enumerated() where files.contains(entry.file) && !used.contains(index) {
      stale.append("\(entry.list):\(entry.row): no such mutant of \(entry.file) survives: take the row away")
    }
  }

  package var summary: String {
    "\(killed + refused + survivors.count + equivalents.count) mutants: \(killed) killed, \(refused) refused, "
      + "\(equivalents.count) equivalent, \(survivors.count) survived"
  }
}
