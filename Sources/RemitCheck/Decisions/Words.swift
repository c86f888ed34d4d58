internal import RemitSyntax

/// The words that the text of a module mentions in any way by which a declared name may be meant: texts, names of fields, and
/// parts of texts that are put together.
struct Words: Sendable {
  var whole: Set<String> = []
  /// Parts of texts that are put together or taken apart, in lower case: what they become is not known.
  var parts: Set<String> = []

  /// With more parts than these everything counts as mentioned.
  private static let partsMax = 1_000

  func mentions(_ name: String) -> Bool {
    if whole.contains(name) || parts.count > Self.partsMax { return true }
    let lower = name.lowercased()
    // Prose is no name, though it may hold the word.
    return parts.contains { lower.contains($0) || !$0.contains(" ") && $0.contains(lower) }
  }

  mutating func form(_ other: Words) {
    whole.formUnion(other.whole)
    parts.formUnion(other.parts)
  }

  /// The words of a data file.
  init(data: [UInt8]) {
    for word in data.split(whereSeparator: { !Self.isWord($0) }) {
      whole.insert(String(decoding: word, as: UTF8.self))
    }
  }

  init() {}

  /// - Parameter omitted: Offsets of what is left out: the declaration itself is no use of what it declares.
  init(_ source: SourceFile, omitting omitted: [Range<Int32>] = []) {
    let tree = source.tree
    func isOmitted(_ start: Int32) -> Bool { omitted.contains { $0.contains(start) } }
    for (index, expression) in tree.expressions.enumerated() where !isOmitted(expression.start) {
      switch expression.kind {
      case .string: if let text = source.text(ExpressionID(index)) { whole.insert(text) }
      case .field(_, let name, _, _): whole.insert(source.name(name))
      case .table(let run):
        for field in tree.fields[run.range]
        where !isOmitted(field.start) && !Self.isDeclaration(field.value, tree, source) {
          if case .name(let name) = field.key { whole.insert(source.name(name)) }
        }
      case .concat: addParts(of: ExpressionID(index), source)
      case .call(let callee, _):
        if case .field(_, let name, _, _) = tree[callee].kind, Self.makesTexts(source.name(name)) {
          addParts(of: ExpressionID(index), source)
        }
      case .method(_, let name, _, _):
        whole.insert(source.name(name))
        if Self.makesTexts(source.name(name)) { addParts(of: ExpressionID(index), source) }
      default: continue
      }
    }
  }

  /// A function of `string`, or `table.concat`: its result is made of its arguments.
  private static func makesTexts(_ name: String) -> Bool {
    name == "concat" || Vocabulary.libraries["string"]?.contains(name) == true
  }

  private mutating func addParts(of id: ExpressionID, _ source: SourceFile) {
    for part in source.parts(of: id) {
      guard case .string = source.tree[part].kind, let text = source.text(part)?.lowercased() else { continue }
      parts.formUnion(
        text.split(separator: "%", omittingEmptySubsequences: true).flatMap { piece -> [Substring] in
          // Behind a `%` stands a conversion: its letter is no part of the text.
          let rest = piece.drop { $0.isNumber || ".-+ #".contains($0) }
          return text.contains("%") ? [rest.dropFirst(), piece] : [piece]
        }.map(String.init).filter { !$0.isEmpty })
    }
  }

  /// `name = money { … }` and `code = { en = … }` declare a name, wherever they stand.
  private static func isDeclaration(_ value: ExpressionID, _ tree: Tree, _ source: SourceFile) -> Bool {
    switch tree[tree.bare(value)].kind {
    case .call(let callee, _):
      guard case .global(let name) = tree[callee].kind else { return false }
      let word = source.name(name)
      return Vocabulary.fieldTypes.contains(word) || word == "optional"
    case .table(let run):
      return tree.fields[run.range].contains { field in
        guard case .name(let name) = field.key else { return false }
        let key = source.name(name)
        return key == "en" || key == "zh"
      }
    default: return false
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "_"), 0x80...0xFF:
      true
    default: false
    }
  }
}
