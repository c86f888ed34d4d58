/// Texts of a declaration as Markdown, whatever is in them.
enum Markdown {
  /// The text on one line, with nothing in it that Markdown would read as its own.
  static func text(_ text: String) -> String {
    var shown = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\", "`", "*", "_", "[", "]", "<", ">", "|", "&", "#", "~", "$":
        shown += "\\"
        shown.unicodeScalars.append(scalar)
      case _ where isBreak(scalar): shown += " "
      default: shown.unicodeScalars.append(scalar)
      }
    }
    return shown
  }

  /// The text as code, which may stand in a table.
  static func code(_ text: String) -> String {
    let line = String(String.UnicodeScalarView(text.unicodeScalars.map { isBreak($0) ? " " : $0 }))
    let ticks = line.split { $0 != "`" }.map(\.count).max() ?? 0
    let fence = String(repeating: "`", count: ticks + 1)
    let space = line.hasPrefix("`") || line.hasSuffix("`") || line.isEmpty ? " " : ""
    return fence + space + line.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|") + space
      + fence
  }

  /// The texts as code, parted by commas.
  static func codes(_ texts: [String]) -> String {
    texts.map(code).joined(separator: ", ")
  }

  /// A table; nothing where it has no rows.
  static func table(_ titles: [String], _ rows: [[String]]) -> String {
    guard !rows.isEmpty else { return "" }
    let lines = [titles, titles.map { _ in "---" }] + rows
    return lines.map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
  }

  /// Controls, line and paragraph separators, and what turns the direction of the text around it.
  private static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
