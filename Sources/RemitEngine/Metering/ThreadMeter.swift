package import RemitModel
internal import RemitPolicy

/// What one thread counts of its decisions. It belongs to that thread; its numbers are summed with those of others by `DecisionMeters`.
package final class ThreadMeter {
  private let meters: DecisionMeters
  private let row = CounterRow(count: Layout.count)
  private var policies: [DecisionMeters.PolicyKey: CounterRow] = [:]
  /// When the last thing was done, on the monotonic clock; the next one is measured from there.
  private var lapNanoseconds: Int64 = 0

  package init(_ meters: DecisionMeters) {
    self.meters = meters
    meters.add(row)
  }

  deinit {
    for (key, row) in policies { meters.retire(row, of: key) }
    meters.retire(row)
  }

  /// Where each number stands in a thread's row.
  enum Layout {
    static let errors = 0
    static let requests = errors + ErrorCode.allCases.count
    static let buckets = requests + RequestKind.methods.count * Transport.allCases.count
    static let sum = buckets + DecisionMeters.boundsNanoseconds.count + 1
    static let count = sum + 1
  }

  /// Counts an error that belongs to no policy that there is.
  package func count(_ error: ErrorCode) {
    row.add(to: Layout.errors + error.ordinal)
  }

  /// Counts an error of a policy.
  func count(_ error: ErrorCode, of policy: LoadedPolicy) {
    let row = row(for: policy)
    row.add(to: row.count - ErrorCode.allCases.count + error.ordinal)
  }

  /// Counts a request by its method, an index of `RequestKind.methods`.
  package func countRequest(_ method: Int, _ transport: Transport) {
    row.add(to: Layout.requests + method * Transport.allCases.count + transport.rawValue)
  }

  // MARK: Policies

  /// The counters of a policy on this thread.
  func row(for policy: LoadedPolicy) -> CounterRow {
    let key = DecisionMeters.PolicyKey(policy)
    if let row = policies[key] { return row }
    let row = CounterRow(count: key.outcomes.count + ErrorCode.allCases.count)
    policies[key] = row
    meters.add(row, of: key)
    return row
  }

  /// A new snapshot is in force: counters of what is no more in it are put to the sum of the past.
  func keep(_ snapshot: Snapshot) {
    for (key, row) in policies where snapshot.policies[key.name].map({ DecisionMeters.PolicyKey($0) }) != key {
      policies[key] = nil
      meters.retire(row, of: key)
    }
  }

  // MARK: Time

  /// What follows is measured from now on.
  package func startLap() {
    lapNanoseconds = MonotonicClock.nanoseconds
  }

  /// A decision has been made since the lap began, and the next lap begins.
  package func endLap() {
    let end = MonotonicClock.nanoseconds
    let duration = max(0, end - lapNanoseconds)
    lapNanoseconds = end
    var bucket = 0
    while bucket < DecisionMeters.boundsNanoseconds.count, duration > DecisionMeters.boundsNanoseconds[bucket] {
      bucket += 1
    }
    row.add(to: Layout.buckets + bucket)
    row.add(Int(duration), to: Layout.sum)
  }
}

/// By what a request has come.
package enum Transport: Int, CaseIterable, Sendable {
  case tcp, unix, stdio, http
}

/// What requests are counted by.
package enum RequestKind {
  /// The methods of JSON-RPC, HTTP's stream of lines, and everything that is none.
  package static let methods = RequestEvaluator.Method.allCases.map { "\($0.name)" } + ["batch", "other"]
  package static let batch = methods.count - 2
  package static let other = methods.count - 1
}

extension ErrorCode {
  /// Its place among all codes.
  var ordinal: Int {
    switch self {
    case .parseError: 0
    case .invalidInput: 1
    case .unknownPolicy: 2
    case .invalidParams: 3
    case .policyError: 4
    case .budgetExceeded: 5
    case .lineTooLong: 6
    case .overloaded: 7
    case .unauthorized: 8
    case .internalError: 9
    }
  }
}
