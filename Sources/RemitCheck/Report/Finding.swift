/// Something that a check found, and where.
package struct Finding: Hashable, Sendable {
  package var rule: Rule
  /// As messages name it: from the folder of the policies, or `plugins/…`.
  package var file: String
  /// From 1.
  package var line: Int
  /// In characters, from 1.
  package var column: Int
  /// Behind the last character in the same line; nil where that is not known.
  package var endColumn: Int?
  /// One line, lower case, no full stop.
  package var message: String

  package init(_ rule: Rule, file: String, line: Int, column: Int, endColumn: Int? = nil, message: String) {
    self.rule = rule
    self.file = file
    self.line = line
    self.column = column
    self.endColumn = endColumn
    self.message = message
  }
}

extension Finding: CustomStringConvertible {
  package var description: String {
    "\(file):\(line):\(column): \(rule.severity.rawValue): \(message) [\(rule.rawValue)]"
  }
}

extension Finding: Comparable {
  package static func < (left: Self, right: Self) -> Bool {
    if left.file != right.file { return left.file.utf8.lexicographicallyPrecedes(right.file.utf8) }
    return (left.line, left.column, left.rule.rawValue, left.message)
      < (right.line, right.column, right.rule.rawValue, right.message)
  }
}
