/// One small change of a file's text that a good test would notice.
package struct Mutation: Equatable, Sendable {
  /// The bytes that are replaced.
  package let range: Range<Int>
  package let replacement: [UInt8]
  /// Line and column of its first byte, from 1.
  package let line: Int
  package let column: Int
  /// What is changed and what becomes of it, in words of the file: `` `a <= b` → `a < b` ``.
  package let description: String

  /// The file with the change. No line moves.
  package func applied(to source: [UInt8]) -> [UInt8] {
    var text = source
    text.replaceSubrange(range, with: replacement)
    return text
  }
}

extension Tree {
  /// Every mutation of the file, in the order of the text.
  ///
  /// | of | becomes |
  /// | --- | --- |
  /// | `<` `<=` `>` `>=` `==` `~=` | the operator with the other boundary, and the opposite |
  /// | `+` `-` `*` `/` `//` `%` `^` | another operator |
  /// | `and`, `or` | the other |
  /// | `not x`, `-x` | `x` |
  /// | a condition that is neither a comparison nor a `not` | `not (…)` |
  /// | whole numbers and decimals, those in a declaration's texts included | one more, one less, and the same by the last place |
  /// | `true`, `false` | the other |
  /// | a text that is a reason, an outcome or the value of an enum | the next of its list |
  /// | one of several reasons | removed |
  /// | `name = value` in a returned decision | `name = nil` |
  /// | an assignment, a call, `return`, `break` as a statement | removed |
  package func mutations() -> [Mutation] {
    var mutator = Mutator(self)
    mutator.mutate()
    return mutator.found.sorted {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
  }
}
