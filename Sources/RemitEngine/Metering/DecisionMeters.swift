package import RemitModel
package import RemitPolicy
private import Synchronization

/// Sums what the threads of a service have counted. Deciding takes no lock here: only who meets a policy for the first time does, and
/// who asks for the sums.
package final class DecisionMeters: Sendable {
  /// What the counters of a policy depend on. With other outcomes it is another row; the sums go by name and outcome.
  package struct PolicyKey: Hashable, Sendable {
    package let name: String
    package let outcomes: [String]

    package init(_ policy: LoadedPolicy) {
      name = policy.name.description
      outcomes = policy.declaration.outcomes
    }
  }

  /// The sums at one moment, sorted.
  package struct Totals {
    package var decisions: [(policy: String, outcome: String, count: Int)] = []
    /// The policy is nil where none is known.
    package var errors: [(policy: String?, code: ErrorCode, count: Int)] = []
    package var requests: [(method: String, transport: Transport, count: Int)] = []
    /// Decisions by duration: one for each bound, not cumulative, and those above the last.
    package var buckets: [Int] = []
    package var durationNanoseconds = 0
  }

  /// The upper bounds of the histogram of durations: from a microsecond to a tenth of a second.
  package static let boundsNanoseconds: [Int64] = [
    1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000,
    20_000_000, 50_000_000, 100_000_000,
  ]

  private struct State {
    var threads: [ObjectIdentifier: CounterRow] = [:]
    var past = [Int](repeating: 0, count: ThreadMeter.Layout.count)
    var policies: [PolicyKey: [CounterRow]] = [:]
    var pastPolicies: [PolicyKey: [Int]] = [:]
  }
  private let state = Mutex(State())

  package init() {}

  // MARK: Threads

  func add(_ row: CounterRow) {
    state.withLock { $0.threads[ObjectIdentifier(row)] = row }
  }

  func retire(_ row: CounterRow) {
    state.withLock { state in
      state.threads[ObjectIdentifier(row)] = nil
      Self.add(row.values, to: &state.past)
    }
  }

  func add(_ row: CounterRow, of key: PolicyKey) {
    state.withLock { $0.policies[key, default: []].append(row) }
  }

  func retire(_ row: CounterRow, of key: PolicyKey) {
    state.withLock { state in
      state.policies[key]?.removeAll { $0 === row }
      if state.policies[key]?.isEmpty == true { state.policies[key] = nil }
      Self.add(row.values, to: &state.pastPolicies[key, default: Array(repeating: 0, count: row.count)])
    }
  }

  private static func add(_ values: [Int], to sum: inout [Int]) {
    for (index, value) in values.enumerated() { sum[index] &+= value }
  }

  // MARK: Sums

  /// - Parameter snapshot: What is in force. Only its policies are told of; the past of others is forgotten, so that what is kept does
  ///   not grow with the names that have been there.
  package func totals(in snapshot: Snapshot) -> Totals {
    let (threads, policies) = state.withLock { state in
      state.pastPolicies = state.pastPolicies.filter { snapshot.policies[$0.key.name] != nil }
      var threads = state.past
      for row in state.threads.values { Self.add(row.values, to: &threads) }
      var policies = state.pastPolicies
      for (key, rows) in state.policies where snapshot.policies[key.name] != nil {
        for row in rows { Self.add(row.values, to: &policies[key, default: Array(repeating: 0, count: row.count)]) }
      }
      return (threads, policies)
    }
    var totals = Totals()
    totals.add(threads)
    totals.add(policies)
    return totals
  }
}

extension DecisionMeters.Totals {
  fileprivate mutating func add(_ row: [Int]) {
    typealias Layout = ThreadMeter.Layout
    for code in ErrorCode.allCases { errors.append((nil, code, row[Layout.errors + code.ordinal])) }
    for (index, method) in RequestKind.methods.enumerated() {
      for transport in Transport.allCases {
        let count = row[Layout.requests + index * Transport.allCases.count + transport.rawValue]
        requests.append((method, transport, count))
      }
    }
    buckets = Array(row[Layout.buckets..<Layout.sum])
    durationNanoseconds = row[Layout.sum]
  }

  /// Policies whose outcomes have changed have several rows.
  fileprivate mutating func add(_ rows: [DecisionMeters.PolicyKey: [Int]]) {
    var decided: [String: [String: Int]] = [:]
    var failed: [String: [Int]] = [:]
    for (key, row) in rows {
      for (index, outcome) in key.outcomes.enumerated() {
        decided[key.name, default: [:]][outcome, default: 0] += row[index]
      }
      for (index, count) in row[key.outcomes.count...].enumerated() {
        failed[key.name, default: Array(repeating: 0, count: ErrorCode.allCases.count)][index] += count
      }
    }
    for name in decided.keys.sorted() {
      for (outcome, count) in decided[name, default: [:]].sorted(by: { $0.key < $1.key }) {
        decisions.append((name, outcome, count))
      }
    }
    for name in failed.keys.sorted() {
      for code in ErrorCode.allCases where failed[name, default: []][code.ordinal] > 0 {
        errors.append((name, code, failed[name, default: []][code.ordinal]))
      }
    }
  }
}
