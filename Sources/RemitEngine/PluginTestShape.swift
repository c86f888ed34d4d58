internal import RemitWire

/// What is wrong with a case of a plugin itself: one that expects nothing, or says it in a word that nobody reads, could not fail.
enum PluginTestShape {
  private static let caseKeys = ["name", "call", "get", "with", "settings", "files", "expect", "expect_nil", "error"]

  /// One line for each mistake; empty where the case can be run.
  static func mistakes(in test: JSONView) -> [String] {
    guard PolicyTestShape.isTable(test) else {
      return ["expected a table with a name, a call and what is expected, got \(test.rawText)"]
    }
    var found = PolicyTestShape.unknownKeys(of: test, known: caseKeys, in: "a case of a plugin")
    if test["name"]?.string == nil { found.append("name: expected a text, got \(test["name"]?.rawText ?? "nothing")") }
    switch (test["call"], test["get"]) {
    case (nil, nil): found.append("nothing is called: say call = \"function\", or get = \"value\"")
    case (_?, _?): found.append("call and get stand both there: a function is called, a value is got")
    case (let name?, nil), (nil, let name?):
      if name.string == nil { found.append("call: expected the name of what the plugin provides, got \(name.rawText)") }
    }
    if let with = test["with"] {
      if test["get"] != nil { found.append("with: a value takes no arguments") }
      if !isList(with) { found.append("with: expected the list of the arguments, got \(with.rawText)") }
    }
    if let settings = test["settings"], !PolicyTestShape.isTable(settings) {
      found.append("settings: expected a table, got \(settings.rawText)")
    }
    if let files = test["files"] { found += TestFiles.mistakes(in: files) }
    if let isNil = test["expect_nil"], isNil.boolean != true {
      found.append("expect_nil: expected true, got \(isNil.rawText)")
    }
    if let error = test["error"], error.string?.isEmpty != false {
      found.append("error: expected a part of its message, got \(error.rawText)")
    }
    if let expect = test["expect"], expect.kind == .object, expect.members.isEmpty {
      found.append("expect: expected at least one key, got \(expect.rawText)")
    }
    switch ["expect", "expect_nil", "error"].count(where: { test[$0] != nil }) {
    case 0:
      if found.isEmpty { found.append("nothing is expected: say expect = …, expect_nil = true or error = \"…\"") }
    case 1: break
    default: found.append("expect, expect_nil and error: one of them says what is expected")
    }
    return found
  }

  /// An array, or numbered members, which a list with a nil in it comes as.
  private static func isList(_ view: JSONView) -> Bool {
    switch view.kind {
    case .array: true
    case .object: view.members.allSatisfy { (Int($0.key) ?? 0) >= 1 && (Int($0.key) ?? 0) <= 64 }
    default: false
    }
  }
}
