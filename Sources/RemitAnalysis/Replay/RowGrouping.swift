internal import RemitLog

/// Finds the lines of rows that were decided together. They follow each other, but for lines of what other threads of the service have decided
/// at the same time.
struct RowGrouping {
  struct Group {
    /// How many rows there were.
    let rows: Int
    /// In their order.
    var lines: [Int]

    var isComplete: Bool { lines.count == rows }
  }

  private(set) var groups: [Group] = []

  /// A group of which rows are still to come.
  private struct Open {
    let group: Int
    /// What all its rows have in common.
    let request: [UInt8]
  }
  private var open: [Open] = []

  /// A row that has not come within so many lines does not come any more.
  private static let linesBetweenMax = 10_000

  var awaitsRows: Bool { !open.isEmpty }

  /// - Parameter index: Of the line, which grows with each.
  /// - Returns: The group that the line is a row of; nil where it is decided by itself.
  mutating func add(_ line: LogLine, at index: Int) -> Int? {
    if !open.isEmpty { open.removeAll { index - (groups[$0.group].lines.last ?? 0) > Self.linesBetweenMax } }
    guard case .row(let row, let rows?) = unsafe line.method, rows > 1 || row > 0 else { return nil }
    let request = unsafe Self.request(of: line, rows: rows)
    // The one that came last: an older one that is alike has lost its rows.
    let known = open.lastIndex { groups[$0.group].lines.count == row && $0.request == request }
    let place: Int
    if let known {
      place = known
      groups[open[place].group].lines.append(index)
    } else {
      groups.append(Group(rows: rows, lines: [index]))
      // A row whose predecessors are missing is a group that nothing is added to.
      guard row == 0 else { return groups.count - 1 }
      place = open.count
      open.append(Open(group: groups.count - 1, request: request))
    }
    let group = open[place].group
    if groups[group].isComplete { open.remove(at: place) }
    return group
  }

  private static func request(of line: LogLine, rows: Int) -> [UInt8] {
    var bytes = Array("\(rows) ".utf8)
    let parts = unsafe [line.id, line.policy, line.version, line.at, line.params]
    for index in unsafe parts.indices {
      if let part = unsafe parts[index] { unsafe bytes.append(contentsOf: part) }
      bytes.append(0)
    }
    return bytes
  }
}
