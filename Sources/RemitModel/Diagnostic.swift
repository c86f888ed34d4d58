/// Something wrong with a file, where, and why: `approval/purchase_order.lua:14: unexpected symbol near "end"`.
package struct Diagnostic: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// As messages name it, from its folder; empty where no file is to blame.
  package let file: String
  /// From 1; 0 where it is the whole file.
  package let line: Int
  /// One line, lower case, no full stop.
  package let message: String

  package init(file: String, line: Int, message: String) {
    self.file = file
    self.line = line
    self.message = message
  }

  /// Takes `file:line: words` apart, as the machine writes it; a message of another shape has no file.
  package init(located text: String) {
    // The file's name may hold colons itself, so the first ":digits: " counts.
    var rest = text[...]
    var file = ""
    while let colon = rest.firstIndex(of: ":") {
      file += rest[..<colon]
      rest = rest[rest.index(after: colon)...]
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      let after = rest[digits.endIndex...]
      if !file.isEmpty, let line = Int(digits), after.hasPrefix(": ") {
        self.init(file: file, line: line, message: String(after.dropFirst(2)))
        return
      }
      file += ":"
    }
    self.init(file: "", line: 0, message: text)
  }

  package var description: String {
    if file.isEmpty { return message }
    return line > 0 ? "\(file):\(line): \(message)" : "\(file): \(message)"
  }

  package static func < (left: Self, right: Self) -> Bool {
    (left.file, left.line, left.message) < (right.file, right.line, right.message)
  }
}
