package import RemitModel

/// Why a policy is not there.
package enum PolicyLoadError: Error, Equatable {
  /// No file has that name; `near` are the policies whose names are like it, the likest first.
  case unknown(name: String, near: [PolicyName])
  /// What has to be mended before it loads: complete, sorted by file and line.
  case broken([Diagnostic])

  package var code: ErrorCode {
    switch self {
    case .unknown: .unknownPolicy
    case .broken: .policyError
    }
  }
}
