private import RemitModel
private import RemitPolicy
internal import RemitWire

/// What is wrong with a case itself: one that expects nothing, or says it in a word that nobody reads, could not fail.
enum PolicyTestShape {
  private static let caseKeys = ["name", "input", "params", "at", "files", "expect", "error"]
  private static let groupCaseKeys = ["name", "rows", "params", "at", "files", "expect", "error"]
  private static let propertyKeys = ["name", "property", "given", "runs", "seed", "params", "at"]
  private static let errorKeys = ["code", "message", "contains", "path", "line", "budget", "errors"]

  /// One line for each mistake; empty where the case can be run.
  static func mistakes(in test: JSONView) -> [String] {
    guard isTable(test) else {
      return ["expected a table with a name, an input and what is expected, got \(test.rawText)"]
    }
    if test["property"] != nil { return mistakes(inProperty: test) }
    return mistakes(in: test, known: caseKeys, inExpect: mistakes(inExpect:))
  }

  /// The same of a case of a group policy, which has rows in place of an input.
  static func mistakes(inGroup test: JSONView) -> [String] {
    guard isTable(test) else {
      return ["expected a table with a name, rows and what is expected, got \(test.rawText)"]
    }
    if test["property"] != nil { return mistakes(inProperty: test) }
    let rows = test["rows"]?.elements ?? []
    var found = mistakes(in: test, known: groupCaseKeys) { mistakes(inExpects: $0, rows: rows.count) }
    if rows.isEmpty && test["input"] == nil {
      found.append("rows: expected a list of at least one row, got \(test["rows"]?.rawText ?? "nothing")")
    }
    for (index, row) in rows.enumerated() where !isTable(row) {
      found.append("rows: row \(index + 1): expected a table, got \(row.rawText)")
    }
    return found
  }

  private static func mistakes(
    in test: JSONView, known: [String], inExpect: (JSONView) -> [String]
  ) -> [String] {
    let unknown = unknownKeys(of: test, known: known, in: "a case")
    var found = unknown
    if test["name"]?.string == nil { found.append("name: expected a text, got \(test["name"]?.rawText ?? "nothing")") }
    if let params = test["params"], !isTable(params) { found.append("params: expected a table, got \(params.rawText)") }
    if let at = test["at"], at.string == nil { found.append("at: expected a text, got \(at.rawText)") }
    if let files = test["files"] { found += TestFiles.mistakes(in: files) }
    switch (test["expect"], test["error"]) {
    case (nil, nil):
      // Most probably the unknown key is the one that is missing.
      if unknown.isEmpty { found.append("nothing is expected: say expect = { … } or error = { code = \"…\" }") }
    case (_?, _?): found.append("expect and error stand both there: either there is a decision or there is none")
    case (let expect?, nil): found += inExpect(expect)
    case (nil, let error?): found += mistakes(inError: error)
    }
    return found
  }

  private static func mistakes(inProperty test: JSONView) -> [String] {
    var found = unknownKeys(of: test, known: propertyKeys, in: "a property")
    if test["name"]?.string == nil { found.append("name: expected a text, got \(test["name"]?.rawText ?? "nothing")") }
    if test["property"]?["function"]?.integer == nil {
      found.append("property: expected function(tx, decide) … end, got \(test["property"]?.rawText ?? "nothing")")
    }
    for key in ["params", "given"] {
      if let table = test[key], !isTable(table) { found.append("\(key): expected a table, got \(table.rawText)") }
    }
    if let at = test["at"], at.string == nil { found.append("at: expected a text, got \(at.rawText)") }
    if let runs = test["runs"], !(1...PolicyTestRunner.runsMax ~= runs.integer ?? 0) {
      found.append("runs: expected a number from 1 to \(PolicyTestRunner.runsMax), got \(runs.rawText)")
    }
    if let seed = test["seed"], seed.integer ?? -1 < 0 {
      found.append("seed: expected a whole number from 0 on, got \(seed.rawText)")
    }
    return found
  }

  private static func mistakes(inExpect expect: JSONView) -> [String] {
    expect.members.isEmpty ? ["expect: expected a table with at least one key, got \(expect.rawText)"] : []
  }

  /// What is expected of rows: for each a table, of a decision's keys or with nothing but an error.
  private static func mistakes(inExpects expects: JSONView, rows: Int) -> [String] {
    guard expects.kind == .array else {
      return ["expect: expected a list with a table for each row, got \(expects.rawText)"]
    }
    let elements = expects.elements
    var found: [String] = []
    if elements.count != rows { found.append("expect: has \(elements.count) for \(rows) rows: expected one for each") }
    for (index, expect) in elements.enumerated() {
      let mistakes =
        if let error = expect["error"] {
          (expect.members.count > 1
            ? ["error stands beside other keys: either there is a decision or there is none"] : [])
            + mistakes(inError: error)
        } else {
          mistakes(inExpect: expect)
        }
      found += mistakes.map { "row \(index + 1): \($0)" }
    }
    return found
  }

  private static func mistakes(inError error: JSONView) -> [String] {
    guard isTable(error) else { return ["error: expected a table with a code, got \(error.rawText)"] }
    var found = unknownKeys(of: error, known: errorKeys, in: "an error").map { "error: \($0)" }
    guard let code = error["code"] else { return found + ["error: its code is missing"] }
    if code.string.flatMap(ErrorCode.init(rawValue:)) == nil {
      let codes = ErrorCode.allCases.map(\.rawValue)
      found.append("error.code: unknown code \(code.rawText)\(hint(code.string ?? "", codes, "the codes are"))")
    }
    if let contains = error["contains"], contains.string?.isEmpty != false {
      found.append("error.contains: expected a part of the message, got \(contains.rawText)")
    }
    return found
  }

  static func unknownKeys(of table: JSONView, known: [String], in owner: String) -> [String] {
    table.members.map(\.key).filter { !known.contains($0) }.map { key in
      "unknown key \"\(key)\"\(hint(key, known, "\(owner) has"))"
    }
  }

  private static func hint(_ text: String, _ words: [String], _ introduction: String) -> String {
    if let near = NearNames.nearest(text, among: words) { return ": did you mean \"\(near)\"?" }
    return ": \(introduction) \(words.joined(separator: ", "))"
  }

  /// A table with named values; an empty one of Lua is an empty list here.
  static func isTable(_ view: JSONView) -> Bool {
    view.kind == .object || view.kind == .array && view.elements.isEmpty
  }
}
