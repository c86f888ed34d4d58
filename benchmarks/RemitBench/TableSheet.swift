/// A decision table of many rules, made from a seed, with a plain evaluator: what the answers must be.
///
/// Hit policy FIRST, 13 inputs: intervals of whole numbers, pairs of texts, upper limits and intervals of money, days from which on.
/// A quarter of the cells hold `-`, but none in the first column.
struct TableSheet {
  static let inputs = 13

  /// What an input holds: a number as hundredths, or a text.
  enum Value {
    case number(Int)
    case text(String)
  }

  private enum Cell {
    case any
    case between(Int, Int)
    case atMost(Int)
    case either(String, String)
    case since(String)
  }

  let rules: Int
  private var cells: [Cell] = []
  private var random: SplitMix

  init(rules: Int, seed: UInt64) {
    self.rules = rules
    random = SplitMix(state: seed)
    cells.reserveCapacity(rules * Self.inputs)
    for _ in 0..<rules {
      for input in 0..<Self.inputs { cells.append(cell(input)) }
    }
  }

  static func isNumber(_ input: Int) -> Bool { input.isMultiple(of: 2) }

  private mutating func cell(_ input: Int) -> Cell {
    if input > 0 && random.next(4) == 0 { return .any }
    switch input % 4 {
    case 0 where input == 0:
      let low = random.next(1_000_000) * 100
      return .between(low, low + (1 + random.next(50_000)) * 100)
    case 0:
      let low = random.next(1_000_000)
      return .between(low, low + 50_000)
    case 1:
      let item = random.next(2_000)
      return .either("item-\(item)", "part-\(item)")
    case 2: return .atMost(random.next(10_000_000))
    default:
      let (year, month, day) = (2010 + random.next(20), 1 + random.next(12), 1 + random.next(28))
      return .since("\(year)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)")
    }
  }

  // MARK: The file

  /// The sheet as CSV; the output is the rule's number.
  var csv: String {
    var text = "F," + (0..<Self.inputs).map { "i\($0)" }.joined(separator: ",") + ",=>,rule\n"
    for rule in 0..<rules {
      for input in 0..<Self.inputs { text += "," + written(cells[rule * Self.inputs + input]) }
      text += ",,\(rule + 1)\n"
    }
    return text
  }

  private func written(_ cell: Cell) -> String {
    switch cell {
    case .any: "-"
    case .between(let low, let high): "[\(Self.decimal(low))..\(Self.decimal(high)))"
    case .atMost(let most): "<= \(Self.decimal(most))"
    case .either(let one, let other): "\"\"\"\(one)\"\",\"\"\(other)\"\"\""
    case .since(let day): ">= \(day)"
    }
  }

  static func decimal(_ hundredths: Int) -> String {
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
  }

  // MARK: Answers

  /// Values that the rule matches.
  mutating func values(of rule: Int) -> [Value] {
    (0..<Self.inputs).map { input in
      switch cells[rule * Self.inputs + input] {
      case .any: Self.isNumber(input) ? .number(random.next(10_000_000)) : .text("none")
      case .between(let low, _): .number(low)
      case .atMost(let most): .number(most)
      case .either(_, let other): .text(other)
      case .since(let day): .text(day)
      }
    }
  }

  /// The first rule that matches, from 1.
  func answer(_ values: [Value]) -> Int? {
    for rule in 0..<rules {
      if (0..<Self.inputs).allSatisfy({ holds(cells[rule * Self.inputs + $0], values[$0]) }) { return rule + 1 }
    }
    return nil
  }

  private func holds(_ cell: Cell, _ value: Value) -> Bool {
    switch (cell, value) {
    case (.any, _): true
    case (.between(let low, let high), .number(let number)): low <= number && number < high
    case (.atMost(let most), .number(let number)): number <= most
    case (.either(let one, let other), .text(let text)): text == one || text == other
    case (.since(let day), .text(let text)): !text.utf8.lexicographicallyPrecedes(day.utf8)
    default: false
    }
  }
}

/// A generator of random numbers that is the same everywhere.
private struct SplitMix {
  var state: UInt64

  /// From 0 to `bound`, which is not among them.
  mutating func next(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
  }
}
