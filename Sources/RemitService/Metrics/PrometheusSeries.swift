internal import Metrics
private import Synchronization

/// What one set of labels of a metric has come to.
protocol PrometheusSeries: AnyObject, Sendable {
  static var kind: PrometheusText.Kind { get }
  func write(_ name: String, _ labels: [PrometheusText.Label], into text: inout PrometheusText)
}

/// A sum that only grows.
final class CounterSeries: PrometheusSeries, CounterHandler, FloatingPointCounterHandler {
  static var kind: PrometheusText.Kind { .counter }

  private let whole = Atomic<Int64>(0)
  /// What was added in fractions.
  private let rest = Mutex<Double>(0)

  func increment(by amount: Int64) {
    guard amount > 0 else { return }
    whole.wrappingAdd(amount, ordering: .relaxed)
  }

  func increment(by amount: Double) {
    guard amount > 0, amount.isFinite else { return }
    rest.withLock { $0 += amount }
  }

  func reset() {
    whole.store(0, ordering: .relaxed)
    rest.withLock { $0 = 0 }
  }

  func write(_ name: String, _ labels: [PrometheusText.Label], into text: inout PrometheusText) {
    let whole = whole.load(ordering: .relaxed)
    let rest = rest.withLock { $0 }
    if rest == 0 { text.sample(name, labels, Int(whole)) } else { text.sample(name, labels, Double(whole) + rest) }
  }
}

/// A value that goes up and down: the last one that was set.
final class GaugeSeries: PrometheusSeries, MeterHandler, RecorderHandler {
  static var kind: PrometheusText.Kind { .gauge }

  private let value = Mutex<Double>(0)

  func set(_ value: Int64) { set(Double(value)) }
  func set(_ value: Double) { self.value.withLock { $0 = value } }
  func increment(by amount: Double) { value.withLock { $0 += amount } }
  func decrement(by amount: Double) { value.withLock { $0 -= amount } }
  func record(_ value: Int64) { set(Double(value)) }
  func record(_ value: Double) { set(value) }

  func write(_ name: String, _ labels: [PrometheusText.Label], into text: inout PrometheusText) {
    text.sample(name, labels, value.withLock { $0 })
  }
}

/// Values, counted by how large they are; durations in seconds.
final class HistogramSeries: PrometheusSeries, RecorderHandler, TimerHandler {
  static var kind: PrometheusText.Kind { .histogram }

  private let bounds: [Double]
  private let state: Mutex<(counts: [Int], sum: Double)>

  /// - Parameter bounds: Ascending, all finite.
  init(bounds: [Double]) {
    self.bounds = bounds
    state = Mutex((Array(repeating: 0, count: bounds.count + 1), 0))
  }

  func record(_ value: Int64) { record(Double(value)) }

  func record(_ value: Double) {
    guard !value.isNaN else { return }
    let index = bounds.firstIndex { value <= $0 } ?? bounds.count
    state.withLock { state in
      state.counts[index] += 1
      state.sum += value
    }
  }

  func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

  func write(_ name: String, _ labels: [PrometheusText.Label], into text: inout PrometheusText) {
    let (counts, sum) = state.withLock { $0 }
    text.histogram(name, labels, bounds: bounds, counts: counts, sum: sum)
  }
}
