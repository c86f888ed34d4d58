import Metrics
import Testing

@testable import RemitService

@Suite struct PrometheusTests {
  private func page(_ registry: PrometheusRegistry) -> String {
    var text = PrometheusText()
    registry.write(into: &text)
    return String(decoding: text.bytes, as: UTF8.self)
  }

  @Test func everyKindOfMetricIsWritten() {
    let registry = PrometheusRegistry(help: ["a_total": "What a\\b is,\nsaid."], bounds: ["t": [0.5, 2]])
    Counter(label: "a_total", dimensions: [("x", "1")], factory: registry).increment(by: 3)
    Counter(label: "a_total", dimensions: [("x", "0")], factory: registry).increment()
    Counter(label: "a_total", dimensions: [("x", "1")], factory: registry).increment()
    FloatingPointCounter(label: "f_total", factory: registry).increment(by: 0.25)
    Gauge(label: "g", factory: registry).record(2.5)
    let meter = Meter(label: "m", factory: registry)
    meter.set(7)
    meter.decrement(by: 2)
    let timer = Timer(label: "t", factory: registry)
    timer.recordNanoseconds(500_000_000)
    timer.recordNanoseconds(500_000_001)
    timer.recordSeconds(3)
    #expect(
      page(registry) == #"""
        # HELP a_total What a\\b is,\nsaid.
        # TYPE a_total counter
        a_total{x="0"} 1
        a_total{x="1"} 4
        # HELP f_total f_total
        # TYPE f_total counter
        f_total 0.25
        # HELP g g
        # TYPE g gauge
        g 2.5
        # HELP m m
        # TYPE m gauge
        m 5
        # HELP t t
        # TYPE t histogram
        t_bucket{le="0.5"} 1
        t_bucket{le="2"} 2
        t_bucket{le="+Inf"} 3
        t_sum 4.000000001
        t_count 3

        """#)
  }

  @Test func aRecorderThatAggregatesIsAHistogram() {
    let registry = PrometheusRegistry(bounds: ["r": [1, 10]])
    let recorder = Recorder(label: "r", factory: registry)
    for value in [1, 2, 10, 11] { recorder.record(value) }
    recorder.record(Double.nan)
    let buckets = #"r_bucket{le="1"} 1|r_bucket{le="10"} 3|r_bucket{le="+Inf"} 4|r_sum 24|r_count 4|"#
    #expect(page(registry).hasSuffix(String(buckets.map { $0 == "|" ? "\n" : $0 })))
  }

  @Test func labelsAreEscaped() {
    let registry = PrometheusRegistry()
    Counter(label: "a", dimensions: [("x", "q\"u\\o\nt·e")], factory: registry).increment()
    #expect(page(registry).hasSuffix("a{x=\"q\\\"u\\\\o\\nt·e\"} 1\n"))
  }

  @Test(arguments: [
    ("http.server-requests", "http_server_requests"), ("1st", "_1st"), ("", "_"), ("a:b", "a:b"), ("é", "__"),
  ])
  func namesBecomeValid(wanted: String, name: String) {
    #expect(PrometheusText.metricName(wanted) == name)
  }

  @Test(arguments: [("le", "exported_le"), ("__x", "exported___x"), ("a:b", "a_b"), ("a.b", "a_b")])
  func labelNamesBecomeValid(wanted: String, name: String) {
    #expect(PrometheusText.labelName(wanted) == name)
  }

  @Test(arguments: [
    (0.0, "0"), (-3, "-3"), (1e-6, "1e-06"), (0.1, "0.1"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
    (4_503_599_627_370_496, "4503599627370496"),
  ])
  func numbersAreAsGoReadsThem(value: Double, text: String) {
    #expect(PrometheusText.text(value) == text)
  }

  @Test func aNameIsThatOfOneMetric() {
    let registry = PrometheusRegistry()
    Counter(label: "a", factory: registry).increment()
    Gauge(label: "a", factory: registry).record(5)
    Timer(label: "h", factory: registry).recordNanoseconds(1)
    Counter(label: "h_count", factory: registry).increment()
    Counter(label: "x_sum", factory: registry).increment()
    Timer(label: "x", factory: registry).recordNanoseconds(1)
    let types = page(registry).split(separator: "\n").filter { $0.hasPrefix("# TYPE") }
    #expect(types == ["# TYPE a counter", "# TYPE h histogram", "# TYPE x_sum counter"])
  }

  @Test func whatIsDestroyedIsGone() {
    let registry = PrometheusRegistry()
    let first = Counter(label: "a", dimensions: [("x", "1")], factory: registry)
    let second = Counter(label: "a", dimensions: [("x", "2")], factory: registry)
    first.increment()
    second.increment()
    first.destroy()
    #expect(page(registry).hasSuffix("counter\na{x=\"2\"} 1\n"))
    second.destroy()
    #expect(page(registry).isEmpty)
    // The name is free for another kind.
    Gauge(label: "a", factory: registry).record(1)
    #expect(page(registry).hasSuffix("gauge\na 1\n"))
  }

  @Test func countersOnlyGrow() {
    let registry = PrometheusRegistry()
    let counter = registry.makeCounter(label: "a", dimensions: [])
    counter.increment(by: 5)
    counter.increment(by: -3)
    #expect(page(registry).hasSuffix("\na 5\n"))
    counter.reset()
    #expect(page(registry).hasSuffix("\na 0\n"))
  }
}
