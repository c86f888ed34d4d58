package import RemitModel

/// Why the engine cannot decide at all.
package struct EngineError: Error, Equatable, CustomStringConvertible {
  package let code: ErrorCode
  package let message: String

  package init(code: ErrorCode, message: String) {
    self.code = code
    self.message = message
  }

  /// `invalid_params: limit: expected money, got "x"`
  package var description: String { "\(code.rawValue): \(message)" }
}
