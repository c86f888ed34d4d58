private import Metrics
internal import RemitEngine

/// Counts what happens beside decisions, by swift-metrics.
package final class ServiceCounters: ServiceMetrics {
  let registry: PrometheusRegistry
  private let succeeded: Counter
  private let refused: Counter
  private let reloadTime: Timer
  private let lastSuccessful: Gauge

  package init() {
    let registry = PrometheusRegistry(
      help: [
        "remit_reloads_total": "Reloads of the policies, and returns to older snapshots, by result.",
        "remit_reload_duration_seconds": "How long reloads took, tests included.",
        "remit_reload_last_successful": "1, or 0 while what the folders of policies and plugins hold is refused.",
        "remit_http_responses_total": "Answers over HTTP, by status.",
      ],
      bounds: ["remit_reload_duration_seconds": [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]])
    self.registry = registry
    func counter(_ label: String, _ dimensions: [(String, String)] = []) -> Counter {
      Counter(label: label, dimensions: dimensions, factory: registry)
    }
    succeeded = counter("remit_reloads_total", [("result", "succeeded")])
    refused = counter("remit_reloads_total", [("result", "refused")])
    reloadTime = Timer(label: "remit_reload_duration_seconds", factory: registry)
    lastSuccessful = Gauge(label: "remit_reload_last_successful", factory: registry)
    // A service has started with what the folders held.
    lastSuccessful.record(1)
  }

  package func reloadSucceeded(seconds: Double) {
    succeeded.increment()
    reloadTime.recordSeconds(seconds)
  }

  package func reloadRefused(seconds: Double) {
    refused.increment()
    reloadTime.recordSeconds(seconds)
  }

  package func filesRead(areRefused: Bool) {
    lastSuccessful.record(areRefused ? 0 : 1)
  }
}
