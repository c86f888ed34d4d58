import RemitEngine
import RemitLua
import RemitModel
import RemitPolicy
import RemitTestKit
import RemitWire
import Testing

/// Random tables, whose findings are held against what the table answers for every input of a grid that is fine enough: every number that
/// a cell may name, and one in each gap.
@Suite("Findings against the answers of the same table")
struct TableFindingSearchTests {
  private static let hits = ["U", "A", "F", "P"]
  private static let numbers = ["-1", "0", "1", "1.5", "2", "2.5", "3", "4"]
  private static let texts = ["\"a\"", "\"b\"", "\"c\"", "\"zz\""]

  /// What one input was answered.
  private struct Answer {
    var input: String
    var rows: [Int] = []
    /// The two rules that an error names.
    var clash: [Int] = []
    var out: Int?
  }

  @Test("What is found is so, and what is so is found", arguments: 1...40)
  func search(seed: Int) throws {
    var random = Random(state: UInt64(seed))
    for hit in Self.hits {
      let sheet = table(hit, &random)
      let folder = TemporaryFolder([
        "policies/a/x.lua": tablePolicy(
          fields: "n = number { min = -1, max = 4 }, t = enum { \"a\", \"b\", \"c\", \"zz\" }, b = boolean {}"),
        "policies/a/m.csv": sheet,
      ])
      let loader = PolicyLoader(ModuleStore(folder: PolicyFolder(policies: folder.path + "/policies", plugins: "none")))
      let (policy, machine) = try loader.load(named: "a.x")
      let found = try machine.tableFindings()
      let evaluator = try Evaluator(policy, machine: machine, params: Array("{}".utf8), at: "2025-06-15")
      let answers = try grid().map { try answer($0, evaluator) }
      try check(found, answers, evaluator, hit: hit, sheet: sheet)
    }
  }

  private func check(_ found: [TableFinding], _ answers: [Answer], _ evaluator: Evaluator, hit: String, sheet: String)
    throws
  {
    let note = Comment(rawValue: "\(sheet)\n\(found.map { "\($0)" }.joined(separator: "\n"))")
    func some(_ kind: TableFinding.Kind) -> [TableFinding] { found.filter { $0.kind == kind } }
    #expect(some(.incomplete).isEmpty, note)
    for finding in found {
      guard let example = finding.example else { continue }
      let answer = try answer(example, evaluator)
      switch finding.kind {
      case .gap: #expect(answer.rows.isEmpty && answer.clash.isEmpty, note)
      case .overlap: #expect(!answer.clash.isEmpty, note)
      case .never: #expect(!answer.rows.isEmpty && answer.rows.first != finding.rule, note)
      case .trend: #expect(answer.out != nil, note)
      case .incomplete: Issue.record(note)
      }
    }
    #expect(some(.gap).isEmpty == !answers.contains { $0.rows.isEmpty && $0.clash.isEmpty }, note)
    #expect(some(.overlap).isEmpty == !answers.contains { !$0.clash.isEmpty }, note)
    // Rules may match what the declaration does not allow, and are not blamed then: only that nothing wrong is said is sure.
    let counted = Set(answers.flatMap { $0.rows + $0.clash })
    #expect(some(.never).allSatisfy { finding in finding.rule.map { !counted.contains($0) } ?? false }, note)
    if hit != "U" && hit != "A" { #expect(some(.trend).isEmpty == !breaks(answers), note) }
  }

  /// Whether an answer falls where the number rises and all else is the same.
  private func breaks(_ answers: [Answer]) -> Bool {
    let rest = answers.count / (2 * Self.numbers.count - 1)
    return (0..<rest).contains { place in
      let column = stride(from: place, to: answers.count, by: rest).compactMap { answers[$0].out }
      return zip(column, column.dropFirst()).contains { $0 > $1 }
        || column.indices.contains { first in
          column[(first + 1)...].contains { $0 < column[first] }
        }
    }
  }

  // MARK: Tables

  private func table(_ hit: String, _ random: inout Random) -> String {
    var sheet = "\(hit),n,t,b,=>,out\nvalues,,,,,\"1,2,3\"\n"
    if hit == "F" || hit == "P" { sheet += "check,rises,,,,rises\n" }
    for _ in 0..<(1 + random.next(7)) {
      let cells = [number(&random), text(&random), ["-", "-", "true", "false"][random.next(4)]]
      sheet +=
        "," + cells.map { "\"\($0.replacing("\"", with: "\"\""))\"" }.joined(separator: ",")
        + ",,\(1 + random.next(3))\n"
    }
    return sheet
  }

  private func number(_ random: inout Random) -> String {
    let (a, b) = (Self.numbers[random.next(8)], Self.numbers[random.next(8)])
    switch random.next(9) {
    case 0, 1: return "-"
    case 2: return "< \(a)"
    case 3: return ">= \(a)"
    case 4: return "not(\(a), > \(b))"
    case 5: return "\(a), \(b)"
    case 6: return "<= \(a), not(< \(b))"
    default: return (random.next(2) == 0 ? "[" : "(") + "\(a)..\(b)" + (random.next(2) == 0 ? "]" : ")")
    }
  }

  private func text(_ random: inout Random) -> String {
    let (a, b) = (Self.texts[random.next(4)], Self.texts[random.next(4)])
    switch random.next(6) {
    case 0, 1, 2: return "-"
    case 3: return a
    case 4: return "\(a),\(b)"
    default: return "not(\(a))"
    }
  }

  // MARK: Answers

  private func grid() -> [String] {
    var numbers = Self.numbers
    for (low, high) in zip(Self.numbers, Self.numbers.dropFirst()) {
      numbers.append(
        low == "-1" ? "-0.5" : low == "3" ? "3.5" : high == "1" ? "0.5" : low + (low.contains(".") ? "5" : ".25"))
    }
    numbers.sort { (Double($0) ?? 0) < (Double($1) ?? 0) }
    return numbers.flatMap { n in
      Self.texts.flatMap { t in ["true", "false"].map { b in "{\"n\":\(n),\"t\":\(t),\"b\":\(b)}" } }
    }
  }

  private func answer(_ input: String, _ evaluator: Evaluator) throws -> Answer {
    var output = ByteWriter()
    let block = ByteBlock(Array(input.utf8))
    _ = unsafe evaluator.decide(UnsafeRawBufferPointer(block.bytes), line: 1, into: &output)
    let view = try JSONView(output.bytes)
    var answer = Answer(input: input)
    if let message = view["error"]?["message"]?.string {
      let words = message.split(separator: " ")
      let at = try #require(words.firstIndex(of: "rules"), "\(message)")
      answer.clash = words[at...].compactMap { Int($0) }
      return answer
    }
    answer.rows = view["decision"]?["rows"]?.elements.compactMap(\.integer) ?? []
    answer.out = view["decision"]?["out"]?["out"]?.integer
    return answer
  }

  private struct Random {
    var state: UInt64

    mutating func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
  }
}
