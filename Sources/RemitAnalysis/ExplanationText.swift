internal import RemitModel
internal import RemitWire

extension Explanation {
  /// The explanation in words, a text for each line.
  ///
  /// - Parameter width: How many columns a line may have; at least 40 are used.
  package func lines(_ language: ExplanationLanguage, width: Int = 100) -> [String] {
    var text = ExplanationText(self, language, width: max(40, width))
    text.write()
    return text.lines
  }
}

/// Writes an explanation for somebody who reads no code.
private struct ExplanationText {
  private typealias Place = Explanation.Place

  private(set) var lines: [String] = []
  private let explanation: Explanation
  private let language: ExplanationLanguage
  private let words: ExplanationWords
  private let width: Int

  private static let readsMax = 40
  private static let conditionsMax = 20
  private static let turnsMax = 12
  private static let namesMax = 60
  private static let valueMax = 60

  init(_ explanation: Explanation, _ language: ExplanationLanguage, width: Int) {
    self.explanation = explanation
    self.language = language
    words = .of(language)
    self.width = width
  }

  mutating func write() {
    lines.append(words.headline(explanation.policy, explanation.outcome))
    let id = (try? JSONView(explanation.id)).map { $0.string ?? $0.rawText } ?? ""
    wrap(words.origin(explanation.version, explanation.at, TextColumns.cut(id, to: Self.valueMax)))
    writeReasons()
    writeDecision()
    writeReads()
    writeConditions()
    writeTurns()
  }

  private mutating func title(_ text: String) {
    lines += ["", text]
  }

  private mutating func wrap(_ text: String, indent: Int = 2) {
    lines += TextColumns.wrapped(text, indent: indent, width: width)
  }

  /// Two columns, the second of which begins at the same place in all lines.
  private mutating func table(_ rows: [(String, String)]) {
    let widest = min(rows.map { TextColumns.width($0.0) }.max() ?? 0, width / 2)
    for (name, value) in rows {
      lines.append(
        "  " + TextColumns.padded(name, to: widest) + "  " + TextColumns.cut(value, to: max(10, width - widest - 4)))
    }
  }

  // MARK: Parts

  private mutating func writeReasons() {
    title(words.why)
    for reason in explanation.reasons { wrap("\(text(of: reason))  [\(reason.code)]") }
    if let place = explanation.decidedAt { wrap(words.decidedBy(place.file, place.line)) }
  }

  private func text(of reason: Explanation.Reason) -> String {
    switch language {
    case .english: reason.english ?? reason.chinese ?? reason.code
    case .chinese: reason.chinese ?? reason.english ?? reason.code
    }
  }

  private mutating func writeDecision() {
    let members = (try? JSONView(explanation.decision, depthMax: 256))?.members ?? []
    let others = members.filter { $0.key != "outcome" && $0.key != "reasons" }
    guard !others.isEmpty else { return }
    title(words.alsoDecided)
    table(others.map { ($0.key, $0.value.rawText) })
  }

  private mutating func writeReads() {
    var rows: [(String, String)] = []
    var rowOfData: [String: Int] = [:]
    for read in explanation.reads {
      switch read.path.source {
      case .input:
        if case .table = read.value, read.type == "record" { continue }
        rows.append((read.path.words, shown(read.value, read.type)))
      case .params:
        rows.append((words.param(read.path.words), shown(read.value, read.type)))
      case .context:
        rows.append((read.path.words == "at" ? words.time : read.path.words, shown(read.value, "timestamp")))
      case .data(let file, let row):
        // One line for all that was read of a row.
        let name = words.row(file, row)
        let index = rowOfData[name] ?? rows.count
        if index == rows.count {
          rows.append((name, ""))
          rowOfData[name] = index
        }
        guard !read.path.names.isEmpty else { continue }
        rows[index].1 += (rows[index].1.isEmpty ? "" : ", ") + "\(read.path.words) \(shown(read.value, nil))"
      }
    }
    guard !rows.isEmpty else { return }
    title(words.lookedAt)
    table(Array(rows.prefix(Self.readsMax)))
    if rows.count > Self.readsMax { wrap(words.leftOut(rows.count - Self.readsMax)) }
    if explanation.isTruncated { wrap(words.truncated) }
  }

  /// Those of the policy's own file, in its order, whole ones: what holds of a part shows in the whole, or in what
  /// follows. One that turned out both ways, in a loop, says so.
  private mutating func writeConditions() {
    struct Row {
      let place: Place
      let text: String
      var results: [Bool]
    }
    var rows: [Row] = []
    for condition in explanation.conditions where condition.isOwn && !condition.isPart {
      if let index = rows.firstIndex(where: { $0.place == condition.place && $0.text == condition.text }) {
        rows[index].results.append(condition.holds)
      } else {
        rows.append(Row(place: condition.place, text: condition.text, results: [condition.holds]))
      }
    }
    guard let file = rows.first?.place.file else { return }
    title("\(words.conditions)  (\(file))")
    if rows.count > Self.conditionsMax { wrap(words.earlierLeftOut(rows.count - Self.conditionsMax)) }
    rows = rows.suffix(Self.conditionsMax).sorted { $0.place.line < $1.place.line }
    let digits = String(rows.map(\.place.line).max() ?? 0).count
    let texts = rows.map { TextColumns.cut(oneLine($0.text), to: width - digits - 16) }
    let widest = texts.map(TextColumns.width).max() ?? 0
    for (row, text) in zip(rows, texts) {
      let line = String(row.place.line)
      let results = row.results.map { $0 ? words.yes : words.no }.joined(separator: words.comma)
      lines.append(
        "  " + String(repeating: " ", count: digits - line.count) + line + "  "
          + TextColumns.padded(text, to: widest) + "  " + results)
    }
  }

  private func oneLine(_ text: String) -> String {
    text.split { $0 == " " || $0.isNewline || $0 == "\t" }.joined(separator: " ")
  }

  private mutating func writeTurns() {
    title(words.turns)
    if explanation.turns.isEmpty { wrap(words.nothingTurns) }
    let groups = grouped(explanation.turns)
    for group in groups.prefix(Self.turnsMax) { write(group) }
    if groups.count > Self.turnsMax { wrap(words.leftOut(groups.count - Self.turnsMax)) }
    let indifferent = names(explanation.indifferent)
    if !explanation.turns.isEmpty && !indifferent.isEmpty { wrap(words.indifferent(indifferent)) }
    let untried = names(explanation.untried)
    if !untried.isEmpty { wrap(words.untried(untried)) }
    if explanation.isCut { wrap(words.cut(explanation.evaluations)) }
  }

  private func names(_ paths: [ValuePath]) -> String {
    let names = paths.prefix(Self.namesMax).map(\.words).joined(separator: words.comma)
    return names + (paths.count > Self.namesMax ? words.comma + "…" : "")
  }

  /// The values of one field that have the same outcome belong together: `manager, director or cfo`.
  private func grouped(_ turns: [Explanation.Turn]) -> [[Explanation.Turn]] {
    var groups: [[Explanation.Turn]] = []
    for turn in turns {
      if turn.change == nil,
        let index = groups.firstIndex(where: {
          $0[0].path == turn.path && $0[0].outcome == turn.outcome && $0[0].change == nil
        })
      {
        groups[index].append(turn)
      } else {
        groups.append([turn])
      }
    }
    return groups
  }

  private mutating func write(_ group: [Explanation.Turn]) {
    let turn = group[0]
    let values = group.map { shown($0.to, turn.type) }
    let last = values.last ?? ""
    let to =
      values.count > 1 ? values.dropLast().joined(separator: words.comma) + words.or + last : last
    guard let from = turn.from else {
      wrap(words.giving(turn.path.words, to, turn.outcome))
      return
    }
    let by = turn.change.map { turn.type == "date" ? words.days($0.integer ?? 0) : signed($0, turn.type) }
    wrap(words.change(turn.path.words, to, shown(from, turn.type), by, turn.outcome))
    guard let keeps = turn.keeps else { return }
    let value = shown(keeps, turn.type)
    switch turn.check {
    case .everyValue: wrap(words.keepsEveryValue(value, explanation.outcome), indent: 6)
    case .conditions: wrap(words.keepsConditions(value, explanation.outcome), indent: 6)
    case .neighbour: wrap(words.keeps(value, explanation.outcome), indent: 6)
    }
  }

  private func signed(_ change: Decimal, _ type: String) -> String {
    (change < Decimal(0) ? "−" : "+") + change.magnitude.text(placesMin: type == "money" ? 2 : 0)
  }

  // MARK: Values

  private func shown(_ value: Explanation.Read.Value, _ type: String?) -> String {
    switch value {
    case .scalar(let json): shown(json, type)
    case .table(let count): words.entries(count)
    case .masked: words.masked
    }
  }

  private func shown(_ json: [UInt8], _ type: String?) -> String {
    guard let view = try? JSONView(json) else { return "" }
    switch view.kind {
    case .null: return words.absent
    case .boolean: return view.boolean == true ? words.yes : words.no
    case .number, .string:
      let text = view.string ?? view.rawText
      switch type {
      case "money": return Decimal(text)?.text(placesMin: 2) ?? text
      case "integer", "number": return Decimal(text)?.description ?? text
      case "text": return "\"\(TextColumns.cut(text, to: Self.valueMax))\""
      default: return TextColumns.cut(text, to: Self.valueMax)
      }
    case .array, .object: return view.rawText
    }
  }
}
