private import Metrics

/// Counts the answers of HTTP by their status: those that there can be, and no other.
final class ResponseCounters: Sendable {
  private let counters: [Int: Counter]

  init(_ registry: PrometheusRegistry) {
    let all = [200, 400, 404, 405, 408, 413, 415, 417, 422, 500, 503]
    counters = Dictionary(
      uniqueKeysWithValues: all.map { status in
        let dimensions = [("status", "\(status)")]
        return (status, Counter(label: "remit_http_responses_total", dimensions: dimensions, factory: registry))
      })
  }

  func count(_ status: Int) {
    counters[status]?.increment()
  }
}
