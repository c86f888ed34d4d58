/// Why a file can't be loaded, at one place of it.
package struct Diagnostic: Error, Equatable, Sendable {
  package var file: String
  /// From 1.
  package var line: Int
  /// In bytes, from 1.
  package var column: Int
  package var message: String

  package init(file: String, line: Int, column: Int, message: String) {
    self.file = file
    self.line = line
    self.column = column
    self.message = message
  }
}

extension Diagnostic: CustomStringConvertible {
  /// As the stock Lua writes it: `file:line: message`.
  package var description: String { "\(file):\(line): \(message)" }
}

/// All that stands against loading one file, in the order of the text; never empty.
package struct Diagnostics: Error, Equatable, Sendable {
  package let all: [Diagnostic]
  /// What `require` is called for, as far as the file could be read: those files may have problems too.
  package let requires: [Translation.Requirement]

  init(_ unsorted: [Diagnostic], requires: [Translation.Requirement] = []) {
    self.requires = requires
    all = unsorted.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
  }
}

extension Diagnostics: CustomStringConvertible {
  package var description: String { all.map(\.description).joined(separator: "\n") }
}
