package import RemitModel

/// Why the engine cannot decide at all.
package struct EngineError: Error, Equatable, CustomStringConvertible {
  package let code: ErrorCode
  package let message: String
  /// The file that is to blame, as messages name it; nil where none is known.
  package let path: String?
  /// The line of that file, from 1; nil where it is not one alone.
  package let line: Int?

  package init(code: ErrorCode, message: String, path: String? = nil, line: Int? = nil) {
    self.code = code
    self.message = message
    self.path = path
    self.line = line
  }

  /// `invalid_params: limit: expected money, got "x"`
  package var description: String { "\(code.rawValue): \(message)" }
}
