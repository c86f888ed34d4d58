/// A policy file as the machine loads it.
package struct Translation: Sendable {
  /// Lua text of the shape `local __remit_B,…=... return function(...) <the file> end`, every token on its line.
  package let text: [UInt8]
  /// The lines at which the stock compiler sees functions start that assign, themselves or in a function of theirs, to
  /// a local of a function around them. Ascending, each once.
  package let writerLines: [UInt32]
  /// What `require` is called for with a literal name, in the order of the text.
  package let requires: [Requirement]
  /// The names of the keys of each `find { … }` and `find_all { … }` whose table is written out with nothing but names:
  /// what of a dataset is worth an index. Each list is sorted and there once.
  package let lookups: [[String]]
  package let tree: Tree
  /// What a traced text tells of, by number; none where the text is not traced.
  package let sites: [TraceSite]

  package struct Requirement: Equatable, Sendable {
    package let name: String
    package let line: Int
  }
}

/// Reads a file; fails with everything that stands against loading it.
package func parse(_ source: [UInt8], file: String) throws(Diagnostics) -> Tree {
  try Parser.parse(source, file: file)
}

/// Translates a file for the machine; fails with everything that stands against loading it.
///
/// Linear in the length of the text, and never deeper in its recursion than `Parser.levelsMax` allows.
///
/// - Parameter traced: True for a text that also tells which statements run, how conditions turn out and what is read
///   of tables, and otherwise does, costs and charges the same in steps: for coverage and for explanations.
package func translate(
  _ source: [UInt8], file: String, traced: Bool = false
) throws(Diagnostics) -> Translation {
  let tree = try parse(source, file: file)
  let plan = Planner.plan(tree, traced: traced)
  var writer = Writer(tree, plan, traced: traced)
  writer.write()
  guard writer.failures.isEmpty else { throw Diagnostics(writer.failures, requires: tree.requirements) }
  return Translation(
    text: writer.output, writerLines: tree.writerLines(plan), requires: tree.requirements, lookups: tree.lookups,
    tree: tree, sites: writer.sites)
}

extension Tree {
  /// The stock compiler notes the line of `function` for a function statement, and that of `(` for any other function.
  fileprivate func writerLines(_ plan: Plan) -> [UInt32] {
    var statementLines: Set<FunctionID> = []
    for statement in statements {
      if case .function(let target, let function) = statement.kind, plan.edits[target.index] != .helper {
        statementLines.insert(function)
      }
    }
    var lines: Set<Int32> = []
    for (index, function) in functions.enumerated() where !function.outerWrites.isEmpty {
      lines.insert(statementLines.contains(FunctionID(index)) ? function.line : function.parenLine)
    }
    return lines.sorted().map { UInt32($0) }
  }

  fileprivate var lookups: [[String]] {
    var found: Set<[String]> = []
    for expression in expressions {
      guard case .method(_, let method, _, let arguments) = expression.kind, arguments.count == 1,
        names.utf8(method).elementsEqual("find".utf8) || names.utf8(method).elementsEqual("find_all".utf8),
        case .table(let run) = self[bare(expressionLists[arguments.range.lowerBound])].kind
      else { continue }
      let keys = fields[run.range].compactMap { field in
        if case .name(let name) = field.key { String(decoding: names.utf8(name), as: UTF8.self) } else { nil }
      }
      if keys.count == run.count && !keys.isEmpty { found.insert(Set(keys).sorted()) }
    }
    return found.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// Every `require` of a literal name; good for the tree of a file that could be read in part, too.
  var requirements: [Translation.Requirement] {
    var found: [Translation.Requirement] = []
    for expression in expressions {
      guard case .call(let callee, let arguments) = expression.kind, arguments.count == 1,
        case .global(let name) = self[callee].kind, names.utf8(name).elementsEqual("require".utf8),
        let module = string(bare(expressionLists[arguments.range.lowerBound]))
      else { continue }
      found.append(.init(name: String(decoding: module, as: UTF8.self), line: Int(expression.line)))
    }
    return found
  }
}
