/// Why there is no decision, as users see it.
///
/// This table is the only place that ties a code to its JSON-RPC number and to the exit status of a run that it ends.
package enum ErrorCode: String, CaseIterable, Sendable {
  case parseError = "parse_error"
  case invalidInput = "invalid_input"
  case unknownPolicy = "unknown_policy"
  case invalidParams = "invalid_params"
  case policyError = "policy_error"
  case budgetExceeded = "budget_exceeded"
  case lineTooLong = "line_too_long"
  case overloaded = "overloaded"
  case unauthorized = "unauthorized"
  case internalError = "internal_error"

  private var row: (jsonRPC: Int, exit: ExitStatus) {
    switch self {
    case .parseError: (-32700, .linesInError)
    case .invalidInput: (-32000, .linesInError)
    case .unknownPolicy: (-32000, .usage)
    case .invalidParams: (-32602, .usage)
    case .policyError: (-32000, .policyNotLoaded)
    case .budgetExceeded: (-32000, .policyNotLoaded)
    case .lineTooLong: (-32000, .linesInError)
    case .overloaded: (-32000, .linesInError)
    case .unauthorized: (-32000, .linesInError)
    case .internalError: (-32000, .policyNotLoaded)
    }
  }

  /// The number that stands in `error.code` of a JSON-RPC response.
  package var jsonRPCNumber: Int { row.jsonRPC }

  /// What a command exits with when this is why it could not do its work; an error of a single line is `linesInError`
  /// instead.
  package var exitStatus: ExitStatus { row.exit }
}

/// What the commands exit with.
package enum ExitStatus: Int32, Sendable {
  /// Everything was done, and every line decided.
  case success = 0
  /// The work was done, and its answer is no: a test failed.
  case failed = 1
  /// The command line is wrong, or a file cannot be read or written.
  case usage = 2
  /// Some lines have errors; all others were decided.
  case linesInError = 3
  /// A policy could not be loaded.
  case policyNotLoaded = 4
}
