package import RemitModel

/// Finds what someone may have meant.
package enum NearNames {
  /// Nobody reads more proposals.
  private static let namesMax = 3

  /// The names that are like the text, the likest first; none where nothing is.
  package static func of(_ text: String, among names: [PolicyName]) -> [PolicyName] {
    let wanted = text.lowercased()
    // Without its family, or with another's.
    let wantedAlone = String(wanted.split(separator: ".").last ?? "")
    let scored = names.compactMap { name -> (score: Int, name: PolicyName)? in
      let score = min(distance(wanted, name.description), distance(wantedAlone, name.name) + 1)
      return score <= distanceMax(wanted) ? (score, name) : nil
    }
    return scored.sorted { ($0.score, $0.name) < ($1.score, $1.name) }.prefix(namesMax).map(\.name)
  }

  /// The word that is most like the text, the first of those that are; nil where none is.
  package static func nearest(_ text: String, among words: [String]) -> String? {
    let wanted = text.lowercased()
    let scored = words.compactMap { word -> (score: Int, word: String)? in
      let score = distance(wanted, word)
      // Half of a short word may be wrong only where it starts right: else it is like anything.
      let isLike = score <= 1 || wanted.utf8.count > 4 || wanted.utf8.first == word.utf8.first
      return isLike && score <= distanceMax(wanted) ? (score, word) : nil
    }
    return scored.min { $0.score < $1.score }?.word
  }

  /// So much may be wrong with a text of that length.
  private static func distanceMax(_ text: String) -> Int { max(2, text.utf8.count / 4) }

  /// How many bytes must be put in, left out, replaced or swapped with the next to make one of the other.
  private static func distance(_ left: String, _ right: String) -> Int {
    // A text that is much longer than any name is like none, whatever comes behind.
    let (left, right) = (Array(left.utf8.prefix(128)), Array(right.utf8.prefix(128)))
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
