/// How much a finding weighs. Errors and warnings fail a check, notes do not.
package enum Severity: String, Sendable {
  /// It does not load, or the line does not do what it says.
  case error
  /// It works, and something about it is most probably not meant.
  case warning
  /// What a reader would miss.
  case note
}

/// What is looked for. The raw value is the rule's name for users; it never changes its meaning.
package enum Rule: String, CaseIterable, Sendable {
  case syntax = "syntax"
  case loadError = "load-error"
  case misnamedFile = "misnamed-file"
  case unknownModule = "unknown-module"
  case unknownPolicy = "unknown-policy"
  case unknownGlobal = "unknown-global"
  case unknownMember = "unknown-member"
  case unknownField = "unknown-field"
  case unknownParam = "unknown-param"
  case readOnly = "read-only"
  case impossibleComparison = "impossible-comparison"
  case undeclaredReason = "undeclared-reason"
  case undeclaredOutcome = "undeclared-outcome"
  case incompleteDecision = "incomplete-decision"
  case unusedReason = "unused-reason"
  case unusedOutcome = "unused-outcome"
  case unusedParam = "unused-param"
  case unusedLocal = "unused-local"
  case unreachableCode = "unreachable-code"
  case constantCondition = "constant-condition"
  case duplicateCondition = "duplicate-condition"
  case duplicateKey = "duplicate-key"
  case tableOverlap = "table-overlap"
  case tableUnreachable = "table-unreachable"
  case tableGap = "table-gap"
  case tableTrend = "table-trend"
  case tableIncomplete = "table-incomplete"
  case missingTest = "missing-test"
  case missingReasonText = "missing-reason-text"
  case missingSummary = "missing-summary"
  case missingSource = "missing-source"
  case unusedModule = "unused-module"

  package var severity: Severity { row.severity }

  /// One sentence, for tools that list the rules.
  package var summary: String { row.summary }

  private var row: (severity: Severity, summary: String) {
    switch self {
    case .syntax: (.error, "The text is no Lua, or uses what no policy may.")
    case .loadError: (.error, "The file does not load.")
    case .misnamedFile: (.warning, "Because of its name the file can be no policy, and nothing can require it.")
    case .unknownModule: (.error, "No file has the module's name.")
    case .unknownPolicy: (.error, "The tests are of a policy that is not there.")
    case .unknownGlobal: (.error, "The name is neither a local nor one of the sandbox's globals.")
    case .unknownMember: (.error, "The library or module has no member of that name.")
    case .unknownField: (.error, "The input does not declare the field.")
    case .unknownParam: (.error, "The policy does not declare the param.")
    case .readOnly: (.error, "The assignment is to something that no decision may change.")
    case .impossibleComparison: (.error, "The two sides can never be equal, or cannot be compared.")
    case .undeclaredReason: (.error, "The decision cites a reason that is not declared.")
    case .undeclaredOutcome: (.error, "The decision has an outcome that is not declared.")
    case .incompleteDecision: (.error, "The decision has no outcome, or no reasons.")
    case .unusedReason: (.warning, "Nothing cites the reason.")
    case .unusedOutcome: (.warning, "Nothing decides the outcome.")
    case .unusedParam: (.warning, "Nothing reads the param.")
    case .unusedLocal: (.warning, "Nothing reads the local.")
    case .unreachableCode: (.warning, "The statement is never reached.")
    case .constantCondition: (.warning, "The condition is the same in every decision.")
    case .duplicateCondition: (.warning, "An earlier branch has the same condition, so this one is never taken.")
    case .duplicateKey: (.warning, "The table names the key twice, and only the last one counts.")
    case .tableOverlap: (.error, "Two rules of a decision table match one input, which its hit policy forbids.")
    case .tableUnreachable: (.warning, "The rule of a decision table never matches, or never counts.")
    case .tableGap: (.warning, "No rule of a decision table has an answer for an input.")
    case .tableTrend:
      (.warning, "An answer of a decision table falls where it is said to rise, or rises where it is to fall.")
    case .tableIncomplete: (.note, "The search of a decision table was ended before it was through.")
    case .missingTest: (.warning, "No file of tests stands beside the policy.")
    case .missingReasonText: (.warning, "The reason has no text in one of the languages.")
    case .missingSummary: (.note, "The policy or param does not say what it is for.")
    case .missingSource: (.note, "The policy does not name the rule that it implements.")
    case .unusedModule: (.note, "Nothing requires the module.")
    }
  }
}
