package import RemitPolicy
package import RemitSyntax

/// What the tests reached of one file.
package struct FileCoverage: Sendable {
  package let file: TracedFile
  /// Two a site, as `SiteCounts` has them.
  private var counts: [Int]

  /// A file of which nothing was reached.
  package init(_ file: TracedFile) {
    self.file = file
    counts = Array(repeating: 0, count: 2 * file.sites.count)
  }

  mutating func add(_ more: [Int]) {
    precondition(more.count == counts.count, "one text has the same sites in every machine")
    for index in counts.indices { counts[index] += more[index] }
  }

  mutating func add(_ more: FileCoverage) {
    add(more.counts)
  }

  /// How often a site was reached; of a condition, how often it was true.
  func hits(of site: Int) -> Int { counts[2 * site] }

  /// The number of the site of the innermost statement around an offset; nil outside of all.
  func statement(around offset: Int) -> Int? {
    file.sites.indices.filter { file.sites[$0].kind == .statement && file.sites[$0].range.contains(offset) }
      .min { file.sites[$0].range.count < file.sites[$1].range.count }
  }

  /// A line on which statements start.
  package struct Line: Sendable {
    package let number: Int
    /// How often all of them ran: the least of theirs.
    package let hits: Int
  }

  /// A condition, and how often it turned out which way.
  package struct Branch: Sendable {
    package let site: TraceSite
    package let whenTrue: Int
    package let whenFalse: Int
    /// What it can be: `while true` can never be false.
    package let outcomes: [Bool]
    /// The statement around it ran.
    package let isReached: Bool

    package func hits(_ outcome: Bool) -> Int { outcome ? whenTrue : whenFalse }
    /// The outcomes that no test brought about.
    package var missing: [Bool] { outcomes.filter { hits($0) == 0 } }
  }

  /// In the order of the text.
  package var lines: [Line] {
    var least: [Int: Int] = [:]
    for (index, site) in file.sites.enumerated() where site.kind == .statement {
      least[site.line] = min(least[site.line] ?? .max, counts[2 * index])
    }
    return least.sorted { $0.key < $1.key }.map { Line(number: $0.key, hits: $0.value) }
  }

  /// In the order of the text.
  package var branches: [Branch] {
    let idle = idleStatements
    return file.sites.enumerated().compactMap { index, site in
      guard site.kind == .condition else { return nil }
      return Branch(
        site: site, whenTrue: counts[2 * index], whenFalse: counts[2 * index + 1], outcomes: possibleOutcomes(site),
        isReached: !idle.contains { $0.range.contains(site.range.lowerBound) })
    }.sorted {
      ($0.site.range.lowerBound, $0.site.range.upperBound) < ($1.site.range.lowerBound, $1.site.range.upperBound)
    }
  }

  /// The statements that never ran, in the order of the text.
  package var idleStatements: [TraceSite] {
    file.sites.enumerated().filter { index, site in site.kind == .statement && counts[2 * index] == 0 }.map(\.element)
      .sorted { $0.range.lowerBound < $1.range.lowerBound }
  }

  private func possibleOutcomes(_ condition: TraceSite) -> [Bool] {
    switch file.text(of: condition) {
    case "true": [true]
    case "false", "nil": [false]
    default: [true, false]
    }
  }
}
