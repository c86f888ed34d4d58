package import RemitModel

/// Finds what someone may have meant.
package enum NearNames {
  /// Nobody reads more proposals.
  private static let namesMax = 3

  /// The names that are like the text, the likest first; none where nothing is.
  package static func of(_ text: String, among names: [PolicyName]) -> [PolicyName] {
    let wanted = text.lowercased()
    // Without its family, or with another's.
    let parts = wanted.split(separator: ".", omittingEmptySubsequences: false)
    let wantedAlone = parts.count <= 2 ? parts.last.map { String($0) } : nil
    let scored = names.compactMap { name -> (score: Int, name: PolicyName)? in
      let scores = [score(wanted, name.description), wantedAlone.flatMap { score($0, name.name, beside: 1) }]
      return scores.compactMap(\.self).min().map { ($0, name) }
    }
    return scored.sorted { ($0.score, $0.name) < ($1.score, $1.name) }.prefix(namesMax).map(\.name)
  }

  /// The word that is most like the text, the first of those that are; nil where none is.
  package static func nearest(_ text: String, among words: [String]) -> String? {
    let wanted = text.lowercased()
    let scored = words.compactMap { word -> (score: Int, word: String)? in
      score(wanted, word).map { ($0, word) }
    }
    return scored.min { $0.score < $1.score }?.word
  }

  /// How much is wrong with the text where the word was meant, with what is wrong beside it; nil where that is more than a quarter of
  /// either, and more than 2.
  private static func score(_ text: String, _ word: String, beside other: Int = 0) -> Int? {
    let (length, wordLength) = (text.utf8.count, word.utf8.count)
    let most = max(2, min(length, wordLength) / 4)
    guard abs(length - wordLength) + other <= most else { return nil }
    let wrong = distance(text, word)
    // Half of a short word may be wrong only where it starts right: else it is like anything.
    let startsRight = wrong <= 1 || length > 4 || text.utf8.first == word.utf8.first
    let isLike = wrong == 0 || wrong < max(length, wordLength) && startsRight
    return isLike && wrong + other <= most ? wrong + other : nil
  }

  /// How many bytes must be put in, left out, replaced or swapped with the next to make one of the other.
  private static func distance(_ left: String, _ right: String) -> Int {
    // Names have no more bytes, or are told apart by these.
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
