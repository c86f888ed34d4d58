private import RemitModel
private import RemitPolicy
internal import RemitWire

/// What is wrong with a case itself: one that expects nothing, or says it in a word that nobody reads, could not fail.
enum PolicyTestShape {
  private static let caseKeys = ["name", "input", "params", "at", "expect", "error"]
  private static let errorKeys = ["code", "message", "path", "line", "budget", "errors"]

  /// One line for each mistake; empty where the case can be run.
  static func mistakes(in test: JSONView) -> [String] {
    guard isTable(test) else {
      return ["expected a table with a name, an input and what is expected, got \(test.rawText)"]
    }
    let unknown = unknownKeys(of: test, known: caseKeys, in: "a case")
    var found = unknown
    if test["name"]?.string == nil { found.append("name: expected a text, got \(test["name"]?.rawText ?? "nothing")") }
    if let params = test["params"], !isTable(params) { found.append("params: expected a table, got \(params.rawText)") }
    if let at = test["at"], at.string == nil { found.append("at: expected a text, got \(at.rawText)") }
    switch (test["expect"], test["error"]) {
    case (nil, nil):
      // Most probably the unknown key is the one that is missing.
      if unknown.isEmpty { found.append("nothing is expected: say expect = { … } or error = { code = \"…\" }") }
    case (_?, _?): found.append("expect and error stand both there: either there is a decision or there is none")
    case (let expect?, nil):
      if expect.members.isEmpty {
        found.append("expect: expected a table with at least one key, got \(expect.rawText)")
      }
    case (nil, let error?): found += mistakes(inError: error)
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
