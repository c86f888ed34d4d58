private import Metrics
internal import RemitEngine

/// Counts what happens beside decisions, by swift-metrics.
package final class ServiceCounters: ServiceMetrics {
  let registry: PrometheusRegistry
  private let succeeded: Counter
  private let refused: Counter
  private let reloadTime: Timer
  private let logLines: Counter
  private let logBytes: Counter
  private let logFailures: Counter
  private let logWaiting: Meter

  package init() {
    let registry = PrometheusRegistry(
      help: [
        "remit_reloads_total": "Reloads of the policies, and returns to older snapshots, by result.",
        "remit_reload_duration_seconds": "How long reloads took, tests included.",
        "remit_log_lines_total": "Lines of the decision log that were handed to the system.",
        "remit_log_bytes_total": "Bytes of the decision log that were handed to the system.",
        "remit_log_failures_total": "Attempts to write the decision log that have failed.",
        "remit_http_responses_total": "Answers over HTTP, by status.",
        "remit_log_waiting_lines": "Lines of the decision log that wait to be written.",
      ],
      bounds: ["remit_reload_duration_seconds": [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]])
    self.registry = registry
    func counter(_ label: String, _ dimensions: [(String, String)] = []) -> Counter {
      Counter(label: label, dimensions: dimensions, factory: registry)
    }
    succeeded = counter("remit_reloads_total", [("result", "succeeded")])
    refused = counter("remit_reloads_total", [("result", "refused")])
    reloadTime = Timer(label: "remit_reload_duration_seconds", factory: registry)
    logLines = counter("remit_log_lines_total")
    logBytes = counter("remit_log_bytes_total")
    logFailures = counter("remit_log_failures_total")
    logWaiting = Meter(label: "remit_log_waiting_lines", factory: registry)
  }

  package func reloadSucceeded(seconds: Double) {
    succeeded.increment()
    reloadTime.recordSeconds(seconds)
  }

  package func reloadRefused(seconds: Double) {
    refused.increment()
    reloadTime.recordSeconds(seconds)
  }

  package func logWritten(lines: Int, bytes: Int) {
    logLines.increment(by: lines)
    logBytes.increment(by: bytes)
  }

  package func logFailed() {
    logFailures.increment()
  }

  package func logWaiting(lines: Int) {
    logWaiting.set(lines)
  }
}
