/// Text for a screen: how wide it is, and where its lines break.
enum TextColumns {
  /// Columns on a terminal: characters of East Asia take two.
  static func width(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { sum, scalar in
      switch scalar.value {
      case 0x300...0x36F, 0x200B...0x200F: sum
      case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
        0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
        sum + 2
      default: sum + 1
      }
    }
  }

  static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - self.width(text)))
  }

  /// The text in at most so many columns, its end cut away where it is longer.
  static func cut(_ text: String, to width: Int) -> String {
    guard self.width(text) > width else { return text }
    var kept = ""
    var used = 1
    for character in text {
      used += self.width(String(character))
      if used > width { break }
      kept.append(character)
    }
    return kept + "…"
  }

  /// Breaks a text at its spaces, and where one word is longer than a line, anywhere.
  ///
  /// - Parameter indent: In front of the first line; the others get two columns more.
  static func wrapped(_ text: String, indent: Int, width: Int) -> [String] {
    var lines: [String] = []
    var line = String(repeating: " ", count: indent)
    let further = String(repeating: " ", count: indent + 2)
    var used = indent
    var isEmpty = true
    for word in text.split(separator: " ") {
      var rest = String(word)
      while true {
        let gap = isEmpty ? 0 : 1
        let needed = self.width(rest)
        if used + gap + needed <= width {
          line += (isEmpty ? "" : " ") + rest
          used += gap + needed
          isEmpty = false
          break
        }
        // East Asian text has no spaces: it fills the line and goes on in the next.
        if needed > width - indent - 2 || self.width(rest) > rest.count {
          let room = width - used - gap
          let head = room > 4 ? prefix(rest, columns: room) : ""
          if !head.isEmpty { line += (isEmpty ? "" : " ") + head }
          rest.removeFirst(head.count)
        }
        lines.append(line)
        line = further
        used = indent + 2
        isEmpty = true
      }
    }
    lines.append(line)
    return lines
  }

  private static func prefix(_ text: String, columns: Int) -> String {
    var kept = ""
    var used = 0
    for character in text {
      used += width(String(character))
      if used > columns { break }
      kept.append(character)
    }
    return kept
  }
}
