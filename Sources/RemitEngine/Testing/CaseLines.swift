internal import RemitPolicy
private import RemitSyntax

/// Where the cases of a test file stand in its text, as far as they stand in it literally.
struct CaseLines {
  /// By suite, in the file's order: the line of each case.
  private let suites: [[Int]]

  /// - Parameter shown: The file, as messages name it.
  init(ofFile shown: String, in store: ModuleStore) {
    guard let text = store.data(ofFile: shown), let tree = try? RemitSyntax.parse(text, file: shown) else {
      suites = []
      return
    }
    suites = tree.returnedSuites.map { tree.lines(ofCases: $0) }
  }

  /// 0 where it is not known: the cases were made by a loop, say.
  func line(suite: Int, index: Int) -> Int {
    guard suites.indices.contains(suite), suites[suite].indices.contains(index) else { return 0 }
    return suites[suite][index]
  }
}

extension Tree {
  /// The calls `test "…" { … }` that the file returns: one, or a list of them.
  fileprivate var returnedSuites: [ExpressionID] {
    for statement in statements(self[Self.main].body).reversed() {
      guard case .return(let values) = self[statement].kind, let value = expressions(values).first else { continue }
      let returned = held(value)
      guard case .table(let run) = self[returned].kind else { return [returned] }
      return fields[run.range].map { held($0.value) }
    }
    return []
  }

  fileprivate func lines(ofCases call: ExpressionID) -> [Int] {
    guard case .call(_, let arguments) = self[call].kind, let argument = expressions(arguments).first,
      case .table(let run) = self[held(argument)].kind
    else { return [] }
    var lines: [Int] = []
    for field in fields[run.range] {
      guard case .positional = field.key else { continue }
      // What stands behind a call that gives several values has no place of its own.
      if isMultiple(field.value), field.value == fields[run.range].last?.value { break }
      lines.append(Int(field.line))
    }
    return lines
  }
}
