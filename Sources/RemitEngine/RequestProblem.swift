internal import RemitModel
internal import RemitPolicy

/// The words for requests that come to no machine: the same when they are made and when they are made again.
enum RequestProblem {
  static let policyIsNoText = "policy: expected a text"
  static let atIsNoTime = "at: expected a date or an RFC 3339 time, such as 2025-06-15T08:00:00Z"

  static func unknownPolicy(_ name: String, among known: [PolicyName]) -> String {
    let near = NearNames.of(name, among: known).map(\.description)
    let hint = near.isEmpty ? "" : "; did you mean \(near.joined(separator: " or "))?"
    let shown = name.count > 128 ? name.prefix(128) + "…" : name
    return "unknown policy \"\(shown)\"\(hint)"
  }
}
