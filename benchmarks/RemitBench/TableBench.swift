private import Glibc
private import RemitEngine
private import RemitLua
private import RemitModel
private import RemitPolicy
private import RemitWire

/// Times single questions to large decision tables: what matches first, in the middle, at the end, and nothing.
///
/// A policy hands its input to the table, or decides without it; the difference of the two is the table's. The records of a place are
/// asked in turn, each about another rule, so that no question finds its own bitmaps in the nearest cache.
struct TableBench {
  private static let places = ["first", "middle", "last", "none"]
  private let records: Int
  private let rounds: Int

  init(_ options: Options) {
    records = options.isSmall ? 20 : 100
    rounds = options.isSmall ? 3 : 20
  }

  /// The figures as Markdown. Every answer is held against the plain evaluator's before it is timed.
  func report() throws -> String {
    let tables = try [4_000, 100_000].map { try measure(rules: $0) }
    return """

      | decision table, FIRST, \(TableSheet.inputs) inputs | loading, ms | \(Self.places.map { "\($0), ns" }.joined(separator: " | ")) |
      | --- | --: |\(Self.places.map { _ in " --: |" }.joined())
      \(tables.joined(separator: "\n"))

      Each is the median of \(grouped(records * rounds)) single questions.
      """
  }

  private func measure(rules: Int) throws -> String {
    var sheet = TableSheet(rules: rules, seed: 20_250_615)
    let folder = try writeFolder(sheet, rules: rules)
    let loader = PolicyLoader(ModuleStore(folder: PolicyFolder(policies: folder, plugins: "plugins")))
    let start = Clock.wall.nanoseconds
    let (policy, machine) = try load(loader)
    let loading = (Clock.wall.nanoseconds - start) / 1_000_000
    let evaluator = try Evaluator(policy, machine: machine, params: Array("{}".utf8), at: "2025-06-15T08:00:00Z")
    var row = "| \(grouped(rules)) rules | \(grouped(Int(loading)))"
    for place in Self.places {
      let questions = try questions(at: place, sheet: &sheet, evaluator: evaluator)
      row += " | \(grouped(Int(try time(questions, evaluator).rounded())))"
    }
    return row + " |"
  }

  private func load(_ loader: PolicyLoader) throws(BenchError) -> (LoadedPolicy, PolicyMachine) {
    do throws(PolicyLoadError) {
      return try loader.load(named: "benchmark.matrix")
    } catch {
      guard case .broken(let diagnostics) = error else { throw BenchError("the table's policy is not there") }
      throw BenchError(diagnostics.map(\.description).joined(separator: "\n"))
    }
  }

  // MARK: Questions

  private struct Question {
    let asking: ByteBlock
    let idle: ByteBlock
  }

  private func questions(at place: String, sheet: inout TableSheet, evaluator: Evaluator) throws -> [Question] {
    var questions: [Question] = []
    var rule = ["first": 0, "middle": sheet.rules / 2, "last": sheet.rules - 1, "none": sheet.rules / 3][place] ?? 0
    while questions.count < records {
      guard (0..<sheet.rules).contains(rule) else { throw BenchError("too few rules that match alone") }
      var values = sheet.values(of: rule)
      if place == "none" { values[0] = .number(4_000_000_000) }
      let answer = sheet.answer(values)
      let isHere = place == "none" ? answer == nil : answer == rule + 1
      rule += place == "last" ? -1 : 1
      guard isHere else { continue }
      let question = Question(asking: json(values, asks: true), idle: json(values, asks: false))
      try check(question, answer: answer, evaluator)
      questions.append(question)
    }
    return questions
  }

  private func json(_ values: [TableSheet.Value], asks: Bool) -> ByteBlock {
    var text = "{\"asks\":\(asks)"
    for (input, value) in values.enumerated() {
      switch value {
      case .number(let hundredths): text += ",\"i\(input)\":\(TableSheet.decimal(hundredths))"
      case .text(let words): text += ",\"i\(input)\":\"\(words)\""
      }
    }
    return ByteBlock(Array((text + "}").utf8))
  }

  private func check(_ question: Question, answer: Int?, _ evaluator: Evaluator) throws(BenchError) {
    var output = ByteWriter()
    _ = decide(question.asking, evaluator, into: &output)
    let got = String(decoding: output.bytes, as: UTF8.self)
    let expected = answer.map { "\"row\":\($0),\"rule\":\($0)}}\n" } ?? "\"reasons\":[\"ok\"]}}\n"
    guard got.hasSuffix(expected) else { throw BenchError("wrong answer of a table: \(got)expected …\(expected)") }
  }

  // MARK: Times

  private func time(_ questions: [Question], _ evaluator: Evaluator) throws(BenchError) -> Double {
    var asking: [Double] = []
    var idle: [Double] = []
    var output = ByteWriter()
    for _ in 0..<rounds {
      for question in questions {
        asking.append(try time(question.asking, evaluator, into: &output))
        idle.append(try time(question.idle, evaluator, into: &output))
        output.truncate(to: 0)
      }
    }
    return asking.median - idle.median
  }

  private func time(
    _ input: ByteBlock, _ evaluator: Evaluator, into output: inout ByteWriter
  ) throws(BenchError) -> Double {
    let start = Clock.wall.nanoseconds
    let outcome = decide(input, evaluator, into: &output)
    let nanoseconds = Double(Clock.wall.nanoseconds - start)
    guard outcome == 0 else { throw BenchError("a question to a table failed") }
    return nanoseconds
  }

  private func decide(_ input: ByteBlock, _ evaluator: Evaluator, into output: inout ByteWriter) -> Int? {
    // SAFETY: the block lives through the call, and has its padding.
    unsafe evaluator.decide(UnsafeRawBufferPointer(input.bytes), line: 1, into: &output)
  }

  // MARK: The policy

  private func writeFolder(_ sheet: TableSheet, rules: Int) throws(BenchError) -> String {
    let folder = ".build/tables-\(rules)"
    for path in [".build", folder, "\(folder)/benchmark"] { unsafe mkdir(path, 0o755) }
    let fields = (0..<TableSheet.inputs).map { "i\($0) = \(TableSheet.isNumber($0) ? "money" : "text") {}" }
    let policy = """
      local matrix = decision_table "benchmark/matrix.csv"

      return policy {
        summary  = "The number of the first rule that matches.",
        outcomes = { "approve" },
        input    = record { asks = boolean {}, \(fields.joined(separator: ", ")) },
        reasons  = { ok = { en = "Asked.", zh = "已查询。" } },
        decide   = function(tx)
          local out, rows
          if tx.asks then
            out, rows = matrix(tx)
          end
          return { outcome = "approve", reasons = { "ok" }, rule = out and out.rule, row = rows and rows[1] }
        end,
      }
      """
    try write(policy, to: "\(folder)/benchmark/matrix.lua")
    try write(sheet.csv, to: "\(folder)/benchmark/matrix.csv")
    return folder
  }

  private func write(_ text: String, to path: String) throws(BenchError) {
    guard let file = unsafe fopen(path, "w") else { throw BenchError("cannot write \(path)") }
    let bytes = Array(text.utf8)
    // SAFETY: the array lives through the call, and the file is closed once.
    let written = unsafe fwrite(bytes, 1, bytes.count, file)
    guard unsafe fclose(file) == 0, written == bytes.count else { throw BenchError("cannot write \(path)") }
  }
}
