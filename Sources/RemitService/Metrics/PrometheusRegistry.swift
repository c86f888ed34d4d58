internal import Metrics
private import Synchronization

/// Keeps the metrics of swift-metrics for Prometheus.
///
/// Counters are counters, meters and recorders that do not aggregate are gauges, timers and other recorders are histograms. Labels are
/// names of metrics as they are; a character that a name cannot have becomes an underscore. A metric whose name another one of another
/// kind has already counts, and is not shown: one name twice would make the whole page invalid.
final class PrometheusRegistry: MetricsFactory {
  /// The labels of a series, sorted by name.
  private struct Labels: Hashable, Comparable {
    let names: [String]
    let values: [String]

    init(_ dimensions: [(String, String)]) {
      var byName: [String: String] = [:]
      for (name, value) in dimensions { byName[PrometheusText.labelName(name)] = value }
      let sorted = byName.sorted { $0.key < $1.key }
      names = sorted.map(\.key)
      values = sorted.map(\.value)
    }

    var pairs: [PrometheusText.Label] { Array(zip(names, values)) }

    static func < (left: Self, right: Self) -> Bool {
      (left.names + left.values).lexicographicallyPrecedes(right.names + right.values)
    }
  }

  private struct Family {
    let kind: PrometheusText.Kind
    var series: [Labels: any PrometheusSeries] = [:]
  }

  private struct State {
    var families: [String: Family] = [:]
    /// The names of all samples, each with the family that has it.
    var owners: [String: String] = [:]
  }

  private let state = Mutex(State())
  private let help: [String: String]
  private let bounds: [String: [Double]]

  static let defaultBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

  /// - Parameters:
  ///   - help: What metrics are, by name.
  ///   - bounds: The buckets of histograms, by name, where they are not the usual ones.
  init(help: [String: String] = [:], bounds: [String: [Double]] = [:]) {
    self.help = help
    self.bounds = bounds
  }

  // MARK: MetricsFactory

  func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    series(label, dimensions) { _ in CounterSeries() }
  }

  func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
    series(label, dimensions) { _ in CounterSeries() }
  }

  func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    series(label, dimensions) { _ in GaugeSeries() }
  }

  func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    guard aggregate else { return series(label, dimensions) { _ in GaugeSeries() } }
    return series(label, dimensions) { HistogramSeries(bounds: $0) }
  }

  func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    series(label, dimensions) { HistogramSeries(bounds: $0) }
  }

  func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
  func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
  func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
  func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
  func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

  // MARK: Series

  private func series<Series: PrometheusSeries>(
    _ label: String, _ dimensions: [(String, String)], make: ([Double]) -> Series
  ) -> Series {
    let name = PrometheusText.metricName(label)
    let labels = Labels(dimensions)
    let bounds = bounds[name] ?? Self.defaultBounds
    return state.withLock { state in
      let family: Family
      if let known = state.families[name] {
        family = known
      } else {
        let samples = Self.samples(of: name, Series.kind)
        guard samples.allSatisfy({ state.owners[$0] == nil }) else { return make(bounds) }
        for sample in samples { state.owners[sample] = name }
        family = Family(kind: Series.kind)
        state.families[name] = family
      }
      guard family.kind == Series.kind else { return make(bounds) }
      if let known = family.series[labels] { return known as? Series ?? make(bounds) }
      let series = make(bounds)
      state.families[name]?.series[labels] = series
      return series
    }
  }

  /// The names that a metric's samples have.
  private static func samples(of name: String, _ kind: PrometheusText.Kind) -> [String] {
    kind == .histogram ? [name, name + "_bucket", name + "_sum", name + "_count"] : [name]
  }

  private func remove(_ handler: any Sendable) {
    guard let gone = handler as? any PrometheusSeries else { return }
    state.withLock { state in
      for (name, family) in state.families {
        for (labels, series) in family.series where series === gone { state.families[name]?.series[labels] = nil }
        guard state.families[name]?.series.isEmpty == true else { continue }
        state.families[name] = nil
        for sample in Self.samples(of: name, family.kind) { state.owners[sample] = nil }
      }
    }
  }

  /// Appends all metrics, by name, and their series by label.
  func write(into text: inout PrometheusText) {
    let families = state.withLock { $0.families }
    for (name, family) in families.sorted(by: { $0.key < $1.key }) {
      text.family(name, family.kind, help: help[name] ?? name)
      for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
        series.write(name, labels.pairs, into: &text)
      }
    }
  }
}
