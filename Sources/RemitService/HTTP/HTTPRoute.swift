/// What there is to ask for.
enum HTTPRoute: CaseIterable {
  case decide, batch, healthz, readyz, metrics

  var path: String {
    switch self {
    case .decide: "/v1/decide"
    case .batch: "/v1/batch"
    case .healthz: "/healthz"
    case .readyz: "/readyz"
    case .metrics: "/metrics"
    }
  }

  var isPost: Bool { self == .decide || self == .batch }
  /// As an `Allow` header has it.
  var methods: String { isPost ? "POST" : "GET, HEAD" }

  /// - Parameter target: As the request has it, with its query.
  init?(path target: String) {
    let path = target.prefix { $0 != "?" }
    guard let route = Self.allCases.first(where: { $0.path == path }) else { return nil }
    self = route
  }

  /// What stands behind the question mark; nil where there is none.
  static func query(of target: String) -> Substring? {
    guard let mark = target.firstIndex(of: "?") else { return nil }
    return target[target.index(after: mark)...]
  }
}
