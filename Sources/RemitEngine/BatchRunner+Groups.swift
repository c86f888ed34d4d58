private import RemitModel
package import RemitPolicy
internal import RemitWire

/// Group policies. All rows are read before the first group is decided, as any group may have one more row; an input that cannot be
/// read to its end has no decisions.
extension BatchRunner {
  /// Decides lines of JSON, group by group; the results come in the order of the input.
  ///
  /// - Parameters: As of `runLines`.
  package func runGroupLines(
    from source: any ByteSource, to sink: any ByteSink, outcomes: Int, first: Evaluator,
    makeEvaluator: @escaping @Sendable () throws -> Evaluator
  ) -> Report {
    let results = GroupResults()
    let input = GroupInput(results: results, hasExtras: false, limits: limits)
    var report = runLines(from: source, to: input, outcomes: outcomes, first: GroupKeyReader(first)) {
      GroupKeyReader(try makeEvaluator())
    }
    report.decide(input, into: results, outcomes: outcomes, runner: self, first: first, makeEvaluator: makeEvaluator)
    guard report.failure == nil else { return report }
    do throws(StreamError) {
      var output = ByteWriter()
      try unsafe results.handOut { (line, _) throws(StreamError) in
        unsafe output.append(line)
        if output.count >= Self.writeBytes { try Self.flush(&output, to: sink) }
      }
      try Self.flush(&output, to: sink)
    } catch {
      report.failure = error
    }
    return report
  }

  /// Decides rows of CSV, group by group; as `runCSV` otherwise.
  package func runGroupCSV(
    from source: any ByteSource, to sink: any ByteSink, declaration: PolicyDeclaration, first: Evaluator,
    makeEvaluator: @escaping @Sendable () throws -> Evaluator
  ) throws(StreamError) -> Report {
    let results = GroupResults()
    let input = GroupInput(results: results, hasExtras: true, limits: limits)
    let outcomes = declaration.outcomes.count
    var (report, columns) = try decideCSV(
      from: source, to: input, declaration: declaration, form: .records, first: GroupKeyReader(first)
    ) {
      GroupKeyReader(try makeEvaluator())
    }
    report.decide(input, into: results, outcomes: outcomes, runner: self, first: first, makeEvaluator: makeEvaluator)
    guard report.failure == nil else { return report }
    do throws(StreamError) {
      let spool = Spool()
      var output = ByteWriter()
      try unsafe results.handOut { (line, cells) throws(StreamError) in
        let result = CSVResult(line: unsafe Array(line))
        columns.outputs.insert(result.others.map(\.name))
        unsafe result.append(to: &output, cells: cells)
        if output.count >= Self.writeBytes { try Self.flush(&output, to: spool) }
      }
      try Self.flush(&output, to: spool)
      try columns.write(spool, to: sink)
    } catch {
      report.failure = error
    }
    return report
  }

  /// So much is written at once.
  private static let writeBytes = 256 << 10

  private static func flush(_ output: inout ByteWriter, to sink: any ByteSink) throws(StreamError) {
    guard !output.hasFailed else { throw StreamError("no memory for the results") }
    if output.count > 0 { try unsafe output.withBytes { (bytes) throws(StreamError) in try unsafe sink.write(bytes) } }
    output.removeAll()
  }

  /// The second half of the work: every group is decided, by one worker or many.
  ///
  /// - Throws: What kept results from being kept.
  fileprivate func decideGroups(
    of input: GroupInput, into results: GroupResults, outcomes: Int, first: Evaluator,
    makeEvaluator: @escaping @Sendable () throws -> Evaluator
  ) throws(StreamError) -> BatchTally {
    try input.finish()
    let total = SharedTally(outcomes: outcomes)
    let failure = FirstFailure()
    // A short input is done before another worker has loaded the policy.
    let others = input.inputBytes > chunkBytes ? jobs - 1 : 0
    var threads: [WorkerThread] = []
    for _ in 0..<others {
      let thread = WorkerThread {
        do {
          Self.work(input, results, try makeEvaluator(), total, failure, outcomes: outcomes)
        } catch {
          failure.note(StreamError("cannot start a worker: \(error)"))
        }
      }
      // Fewer threads do the same work, more slowly.
      guard let thread else { break }
      threads.append(thread)
    }
    Self.work(input, results, first, total, failure, outcomes: outcomes)
    for thread in threads { thread.join() }
    if let error = failure.first { throw error }
    return total.value
  }

  /// Small groups are taken by so many, as a lock for each would cost more than it does.
  private static let groupsAtOnce = 64

  /// One worker: takes groups until there are no more.
  private static func work(
    _ input: GroupInput, _ results: GroupResults, _ evaluator: Evaluator, _ total: SharedTally, _ failure: FirstFailure,
    outcomes: Int
  ) {
    let groups = (0..<groupsAtOnce).map { _ in Group() }
    let lines = (0..<groupsAtOnce).map { _ in GroupLines(outcomes: outcomes) }
    var tally = BatchTally(outcomes: outcomes)
    do throws(StreamError) {
      while failure.first == nil {
        let count = try input.take(into: groups)
        if count == 0 { break }
        for index in 0..<count {
          try evaluator.decide(groups[index], into: lines[index])
          tally.add(lines[index].tally)
        }
        try results.add(lines.prefix(count), of: groups.prefix(count))
      }
    } catch {
      failure.note(error)
    }
    total.add(tally)
  }
}

extension BatchRunner.Report {
  /// Decides the groups of an input that has been read: the tally has the rows without a group so far.
  fileprivate mutating func decide(
    _ input: GroupInput, into results: GroupResults, outcomes: Int, runner: BatchRunner, first: Evaluator,
    makeEvaluator: @escaping @Sendable () throws -> Evaluator
  ) {
    // A row that has a group was counted as if it had an outcome.
    tally = BatchTally(outcomes: outcomes, errors: tally.errors)
    guard failure == nil else { return }
    do throws(StreamError) {
      tally.add(
        try runner.decideGroups(
          of: input, into: results, outcomes: outcomes, first: first, makeEvaluator: makeEvaluator))
    } catch {
      failure = error
    }
  }
}

/// What stopped the first of several workers.
private final class FirstFailure: @unchecked Sendable {
  // SAFETY: `error` is used under `monitor` alone.
  private let monitor = Monitor()
  private var error: StreamError?

  var first: StreamError? {
    monitor.lock()
    defer { monitor.unlock() }
    return error
  }

  func note(_ other: StreamError) {
    monitor.lock()
    if error == nil { error = other }
    monitor.unlock()
  }
}
