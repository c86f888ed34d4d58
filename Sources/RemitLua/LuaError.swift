package import RemitModel

/// Why the machine could not do something, in its own words: `file:line: words`.
package struct LuaError: Error, Equatable, CustomStringConvertible {
  package let code: ErrorCode
  package let message: String

  package init(code: ErrorCode, message: String) {
    self.code = code
    self.message = message
  }

  package var description: String { message }
}
