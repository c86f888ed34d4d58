internal import RemitEngine
internal import RemitLog
private import RemitModel

/// What `GET /metrics` shows: what threads have counted, what the service is doing, and what the system says of the process.
final class MetricsPage: Sendable {
  private let shared: SharedService
  private let counters: ServiceCounters
  private let batches: BatchThreads
  private let process: ProcessMetrics
  private let version: String

  init(_ shared: SharedService, _ counters: ServiceCounters, _ batches: BatchThreads, version: String) {
    self.shared = shared
    self.counters = counters
    self.batches = batches
    self.version = version
    let clock = shared.setting.clock
    process = ProcessMetrics(startSeconds: Double(clock.milliseconds()) / 1000 - Double(clock.uptimeSeconds()))
  }

  func text() -> [UInt8] {
    var text = PrometheusText()
    let snapshot = shared.setting.store.current
    if let meters = shared.setting.meters { Self.write(meters.totals(in: snapshot), into: &text) }
    text.family("remit_snapshot_info", .gauge, help: "The snapshot of policies that is in force.")
    text.sample("remit_snapshot_info", [("snapshot", snapshot.id)], 1)
    text.family("remit_policies", .gauge, help: "Policies of the snapshot in force.")
    text.sample("remit_policies", [], snapshot.policies.count)
    let connections = shared.connectionCounts
    text.family("remit_connections_open", .gauge, help: "Connections that are open, by whatever transport.")
    text.sample("remit_connections_open", [], connections.open)
    text.family("remit_connections_total", .counter, help: "Connections that were accepted.")
    text.sample("remit_connections_total", [], connections.total)
    text.family("remit_connections_refused_total", .counter, help: "Connections that were one too many.")
    text.sample("remit_connections_refused_total", [], connections.refused)
    text.family("remit_worker_jobs_waiting", .gauge, help: "Long requests that wait for a worker.")
    text.sample("remit_worker_jobs_waiting", [], shared.waitingJobs)
    text.family("remit_batches_open", .gauge, help: "Streams of lines over HTTP that are being decided.")
    text.sample("remit_batches_open", [], batches.busyCount)
    text.family("remit_uptime_seconds", .gauge, help: "How long the service has been running.")
    text.sample("remit_uptime_seconds", [], shared.setting.clock.uptimeSeconds())
    text.family("remit_build_info", .gauge, help: "The version of Remit.")
    text.sample("remit_build_info", [("version", version)], 1)
    if let log = shared.setting.sink as? DecisionLog { Self.write(log.statistics, into: &text) }
    counters.registry.write(into: &text)
    process.write(into: &text)
    return text.bytes
  }

  private static func write(_ log: LogStatistics, into text: inout PrometheusText) {
    text.family("remit_log_lines_total", .counter, help: "Lines of the decision log.")
    text.sample("remit_log_lines_total", [], log.lines)
    text.family("remit_log_bytes_total", .counter, help: "Bytes of the decision log that were handed to the system.")
    text.sample("remit_log_bytes_total", [], log.bytes)
    text.family("remit_log_failures_total", .counter, help: "Attempts to write the decision log that have failed.")
    text.sample("remit_log_failures_total", [], log.failures)
    text.family("remit_log_refused_total", .counter, help: "Decisions that the decision log did not take.")
    text.sample("remit_log_refused_total", [], log.refused)
    text.family("remit_log_waiting_bytes", .gauge, help: "Bytes of the decision log that wait to be written.")
    text.sample("remit_log_waiting_bytes", [], log.waitingBytes)
    text.family("remit_log_state", .gauge, help: "1 for what the decision log is doing.")
    for state in [LogStatistics.State.writing, .waiting, .spilled, .refusing] {
      text.sample("remit_log_state", [("state", state.rawValue)], state == log.state ? 1 : 0)
    }
  }

  private static func write(_ totals: DecisionMeters.Totals, into text: inout PrometheusText) {
    text.family("remit_decisions_total", .counter, help: "Decisions, by policy and outcome.")
    for (policy, outcome, count) in totals.decisions {
      text.sample("remit_decisions_total", [("policy", policy), ("outcome", outcome)], count)
    }
    let words = "Answers without a decision, by code, and by policy where it is known."
    text.family("remit_errors_total", .counter, help: words)
    for (policy, code, count) in totals.errors {
      text.sample("remit_errors_total", [("code", code.rawValue), ("policy", policy ?? "")], count)
    }
    text.family("remit_requests_total", .counter, help: "Requests, by method and transport.")
    for (method, transport, count) in totals.requests where count > 0 || method == "decide" {
      text.sample("remit_requests_total", [("method", method), ("transport", "\(transport)")], count)
    }
    let name = "remit_decision_duration_seconds"
    text.family(name, .histogram, help: "How long each decision of a single input took, reading the request included.")
    text.histogram(
      name, bounds: DecisionMeters.boundsNanoseconds.map { Double($0) / 1e9 },
      counts: totals.buckets, sum: Double(totals.durationNanoseconds) / 1e9)
  }
}
