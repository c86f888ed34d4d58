package import RemitModel

/// Finds what someone may have meant.
package enum NearNames {
  /// Nobody reads more proposals.
  private static let namesMax = 3

  /// The names that are like the text, the likest first; none where nothing is.
  package static func of(_ text: String, among names: [PolicyName]) -> [PolicyName] {
    let wanted = Array(text.lowercased().utf8.prefix(128))
    let scored = names.compactMap { name -> (score: Int, name: PolicyName)? in
      let whole = distance(wanted, Array(name.description.utf8))
      // Without its family, or with another's.
      let alone = distance(Array(wanted.split(separator: UInt8(ascii: ".")).last ?? []), Array(name.name.utf8)) + 1
      let score = min(whole, alone)
      return score <= max(2, wanted.count / 4) ? (score, name) : nil
    }
    return scored.sorted { ($0.score, $0.name) < ($1.score, $1.name) }.prefix(namesMax).map(\.name)
  }

  /// How many bytes must be put in, left out, replaced or swapped with the next to make one of the other.
  static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for (row, byte) in left.enumerated() {
      var current = [row + 1]
      for (column, other) in right.enumerated() {
        var best = min(last[column + 1] + 1, current[column] + 1, last[column] + (byte == other ? 0 : 1))
        if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other {
          best = min(best, beforeLast[column - 1] + 1)
        }
        current.append(best)
      }
      beforeLast = last
      last = current
    }
    return last[right.count]
  }
}
