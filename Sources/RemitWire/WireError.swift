/// Why bytes could not be read as what they should be.
package struct WireError: Error, Equatable, Sendable {
  /// What was to be read.
  package enum Code: Sendable {
    case json, csv
  }

  /// Where reading failed, as a person would count.
  package enum Location: Equatable, Sendable {
    /// Bytes from the start of the text, the first being 0.
    case byte(Int)
    /// Rows from the start of the file, the header being 1 and blank lines counting.
    case row(Int)
  }

  package let code: Code
  package let message: String
  package let location: Location

  package init(code: Code, message: String, location: Location) {
    self.code = code
    self.message = message
    self.location = location
  }
}

extension WireError: CustomStringConvertible {
  /// `row 3: unterminated quote`.
  package var description: String {
    switch location {
    case .byte(let offset): "byte \(offset): \(message)"
    case .row(let row): "row \(row): \(message)"
    }
  }
}
