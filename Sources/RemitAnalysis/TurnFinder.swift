internal import RemitModel
internal import RemitWire

/// Tries each field that a decision read, alone, and collects what turns the outcome.
///
/// First every field is searched for its nearest turns; then, smallest first, these are verified with what is left of
/// the budget; and what remains is decided once more by the machine of every day.
struct TurnFinder {
  /// What an input was decided as.
  struct Verdict {
    let outcome: String
    let reasons: [Explanation.Reason]
  }

  private(set) var turns: [Explanation.Turn] = []
  private(set) var indifferent: [ValuePath] = []
  private(set) var untried: [ValuePath] = []
  private(set) var isCut = false
  var evaluations: Int { prober.evaluations }

  private let input: EditableInput
  private let outcome: String
  private let fields: [Field]
  private let constants: Constants
  private let prober: Prober
  private let judge: ([UInt8]) -> Verdict?
  private var found: [Candidate] = []

  private struct Field {
    let path: ValuePath
    let type: DeclaredType
    let place: EditableInput.Place
    /// As the input has it; nil where it has none.
    let written: JSONView?
  }

  /// A turn that was found, and how to look at it again.
  private struct Candidate {
    let field: Int
    let relativeChange: Decimal
    let to: [UInt8]
    var line: Line?
  }

  /// One direction of a number or a date.
  private struct Line {
    let grid: FieldGrid
    let isUp: Bool
    var search: TurningPointSearch
    var turn: TurningPointSearch.Turn
  }

  init(
    _ input: EditableInput, outcome: String, notes: TraceNotes, declared: DeclaredType?, constants: Constants,
    prober: Prober, judge: @escaping ([UInt8]) -> Verdict?
  ) {
    self.input = input
    self.outcome = outcome
    self.constants = constants
    self.prober = prober
    self.judge = judge
    var fields: [Field] = []
    // Where a decision compares with a sensitive value, the exact place of a turn is that value.
    let isGuarded = notes.reads.contains { read in
      read.path.source == .input && declared?.type(at: read.path.names)?.isSensitive == true
    }
    let tried = isGuarded ? ["boolean", "enum"] : ["integer", "number", "money", "date", "boolean", "enum"]
    for read in notes.reads where read.path.source == .input {
      guard let type = declared?.type(at: read.path.names), !["record", "list", "map"].contains(type.name) else {
        continue
      }
      guard !type.isSensitive, let place = input.place(read.path),
        tried.contains(type.name)
      else {
        untried.append(read.path)
        continue
      }
      var written: JSONView?
      if case .value(let value) = place, !value.isNull { written = value }
      if written == nil && !["boolean", "enum"].contains(type.name) {
        untried.append(read.path)
      } else {
        fields.append(Field(path: read.path, type: type, place: place, written: written))
      }
    }
    // The fields of the transaction itself before those of its lines, so that these do not use up the budget.
    self.fields = fields.enumerated().sorted {
      ($0.element.path.names.count, $0.offset) < ($1.element.path.names.count, $1.offset)
    }.map(\.element)
  }

  mutating func run() {
    guard let origin = prober.probe(input.bytes) else {
      isCut = true
      untried += fields.map(\.path)
      return
    }
    for (index, field) in fields.enumerated() {
      if prober.isSpent {
        isCut = true
        untried.append(field.path)
        continue
      }
      let count = found.count
      switch field.type.name {
      case "boolean": choose(["true", "false"].map { Array($0.utf8) }, of: index, origin)
      case "enum":
        let values = field.type.values.map { value in
          var json = ByteWriter()
          json.appendJSONString(value)
          return json.bytes
        }
        choose(values, of: index, origin)
      default: goAlong(index, origin)
      }
      if found.count == count { (isCut ? untried.append(field.path) : indifferent.append(field.path)) }
    }
    sort()
    verify()
    sort()
    turns = found.compactMap { judged($0) }
  }

  /// Ascending, and fields in the order in which they were read.
  private mutating func sort() {
    found = found.enumerated().sorted {
      ($0.element.relativeChange, $0.element.field, $0.offset)
        < ($1.element.relativeChange, $1.element.field, $1.offset)
    }.map(\.element)
  }

  // MARK: Searching

  private mutating func choose(_ values: [[UInt8]], of index: Int, _ origin: Probe) {
    let field = fields[index]
    for value in values {
      if let written = field.written, Self.same(written, value) { continue }
      guard let probe = prober.probe(input.setting(field.place, to: value)) else {
        isCut = true
        return
      }
      guard let outcome = probe.outcome, outcome != origin.outcome else { continue }
      found.append(Candidate(field: index, relativeChange: Decimal(1), to: value))
    }
  }

  private static func same(_ written: JSONView, _ json: [UInt8]) -> Bool {
    guard let other = try? JSONView(json) else { return false }
    return written.kind == other.kind && written.string == other.string && written.boolean == other.boolean
  }

  private mutating func goAlong(_ index: Int, _ origin: Probe) {
    let field = fields[index]
    guard let written = field.written,
      let grid = FieldGrid(field.type, written: written, constants: constants.numbers)
    else { return }
    for isUp in [false, true] {
      let hints = grid.hints(up: isUp, numbers: constants.numbers, days: constants.days)
      var search = TurningPointSearch(origin: origin) { [prober, input] distance in
        guard let json = grid.json(at: isUp ? distance : -distance) else { return Probe(outcome: nil, path: 0) }
        return prober.probe(input.setting(field.place, to: json))
      }
      let turn = search.nearest(limit: isUp ? grid.stepsUp : grid.stepsDown, hints: hints)
      if search.isCut { isCut = true }
      guard let turn else { continue }
      add(index, Line(grid: grid, isUp: isUp, search: search, turn: turn))
    }
  }

  private mutating func add(_ index: Int, _ line: Line) {
    let steps = line.isUp ? line.turn.distance : -line.turn.distance
    guard let json = line.grid.json(at: steps) else { return }
    found.append(
      Candidate(field: index, relativeChange: line.grid.relativeChange(by: steps), to: json, line: line))
  }

  // MARK: Verifying

  private mutating func verify() {
    let candidates = found
    found = []
    for candidate in candidates {
      guard var line = candidate.line, !prober.isSpent else {
        found.append(candidate)
        continue
      }
      line.turn = line.search.verify(line.turn)
      add(candidate.field, line)
    }
  }

  private func judged(_ candidate: Candidate) -> Explanation.Turn? {
    let field = fields[candidate.field]
    guard let verdict = judge(input.setting(field.place, to: candidate.to)), verdict.outcome != outcome else {
      return nil
    }
    var change: Decimal?
    var keeps: [UInt8]?
    if let line = candidate.line {
      let sign = line.isUp ? 1 : -1
      change = line.grid.change(by: sign * line.turn.distance)
      if line.turn.distance > 1, let before = line.grid.json(at: sign * (line.turn.distance - 1)),
        judge(input.setting(field.place, to: before))?.outcome == outcome
      {
        keeps = before
      }
    }
    return Explanation.Turn(
      path: field.path, type: field.type.name, from: field.written.map { Array($0.rawBytes) }, to: candidate.to,
      outcome: verdict.outcome, reasons: verdict.reasons, change: change, relativeChange: candidate.relativeChange,
      keeps: keeps, check: candidate.line?.turn.check ?? .everyValue)
  }
}
