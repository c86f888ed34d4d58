internal import RemitPolicy

/// Says what may have been meant. The same question is answered once, and after many different ones none is.
struct Suggestions {
  private var answers: [String: String] = [:]
  /// A file full of unknown names would cost a look at every known name for each.
  private static let answersMax = 1_000

  /// ` (did you mean "amount"?)`, or nothing.
  mutating func hint(_ word: String, among words: some Collection<String>, of owner: String = "") -> String {
    let key = "\(owner)\0\(word)"
    if let known = answers[key] { return known }
    guard answers.count < Self.answersMax, words.count <= Self.answersMax else { return "" }
    let answer = NearNames.nearest(word, among: words.sorted()).map { " (did you mean \"\($0)\"?)" } ?? ""
    answers[key] = answer
    return answer
  }
}
