/// Where a value that a decision read stands: in the input, among the params, in the context, or in a file of data.
///
/// Read from a trace, in which a path is a JSON Pointer with `$params`, `$context` or `$data/FILE/ROW` in front where
/// it is none of the input's.
package struct ValuePath: Hashable, Sendable {
  package enum Source: Hashable, Sendable {
    case input
    case params
    case context
    /// A row of a dataset or of a decision table, counted as its file counts.
    case data(file: String, row: Int)
  }

  package let source: Source
  /// Names and places (from 0) inside of it.
  package let names: [String]
  /// As the trace has it.
  package let text: String

  init(_ text: String) {
    self.text = text
    var parts = text.split(separator: "/", omittingEmptySubsequences: false).map(Self.unescaped)
    let head = parts.removeFirst()
    switch head {
    case "$params": source = .params
    case "$context": source = .context
    case "$data":
      // A file's name may have slashes, too; the row's number stands behind the part that ends in `.csv`.
      let file = parts.firstIndex { $0.hasSuffix(".csv") } ?? 0
      let row = parts.indices.contains(file + 1) ? Int(parts[file + 1]) ?? 0 : 0
      source = .data(file: parts[...file].joined(separator: "/"), row: row)
      parts.removeFirst(min(file + 2, parts.count))
    default: source = .input
    }
    names = parts
  }

  /// What a part of a JSON Pointer means.
  static func unescaped(_ part: Substring) -> String {
    guard part.contains("~") else { return String(part) }
    var out = ""
    var rest = part
    while let tilde = rest.firstIndex(of: "~") {
      out += rest[..<tilde]
      rest = rest[rest.index(after: tilde)...]
      out += rest.first == "1" ? "/" : "~"
      rest = rest.dropFirst()
    }
    return out + rest
  }

  /// As a policy would write it, entries of lists counted from 1: `lines[2].price`.
  package var words: String {
    var words = ""
    for name in names {
      if let place = Int(name), !words.isEmpty {
        words += "[\(place + 1)]"
      } else {
        words += (words.isEmpty ? "" : ".") + name
      }
    }
    return words
  }
}
