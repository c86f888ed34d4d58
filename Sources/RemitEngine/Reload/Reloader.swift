internal import RemitModel
internal import RemitPolicy
internal import RemitWire
private import Synchronization

/// Puts what the folders hold in force, or an earlier snapshot: one change at a time, on the thread that asks for it. Who decides
/// is not held up.
package final class Reloader: AdminHandler {
  private struct State {
    var latest: Build
    /// The files have been refused since `latest` was built: should they be as then once more, that is a change.
    var hasRefused = false
  }

  private let store: SnapshotStore
  private let builder: SnapshotBuilder
  private let state: Mutex<State>
  private let fileBeingWritten: @Sendable (_ waits: Bool) -> String?
  private let report: @Sendable (ReloadReport) -> Void

  /// - Parameters:
  ///   - first: What is in force in the store.
  ///   - fileBeingWritten: A file that may be half; nil where there is none, as far as is known. `waits` gives whoever writes a moment to
  ///     come to an end.
  ///   - report: Gets told of each change and each refusal, on the thread that asked for it.
  package init(
    _ store: SnapshotStore, _ builder: SnapshotBuilder, first: Build,
    fileBeingWritten: @escaping @Sendable (_ waits: Bool) -> String? = { _ in nil },
    report: @escaping @Sendable (ReloadReport) -> Void = { _ in }
  ) {
    self.store = store
    self.builder = builder
    state = Mutex(State(latest: first))
    self.fileBeingWritten = fileBeingWritten
    self.report = report
  }

  package func reload() throws(EngineError) -> [UInt8] {
    try reload(because: .admin)
  }

  /// How often somebody who asks for a reload waits for files that are written to while others are read.
  private static let attemptsMax = 5

  /// Builds a snapshot of what the folders hold now, and puts it in force. After a return to an earlier snapshot, files that have not
  /// changed since are put in force again only where somebody asks for it.
  ///
  /// Where a file is being written, nothing is done. Who watches the files knows that by itself, and asks again when it is closed.
  ///
  /// - Returns: `{"snapshot":"…","changed":[…]}`
  /// - Throws: What is wrong with the files or their tests, or which of them is being written; nothing has changed then.
  @discardableResult
  package func reload(because trigger: ReloadReport.Trigger) throws(EngineError) -> [UInt8] {
    let start = ContinuousClock.now
    var file: String?
    for _ in 0..<(trigger == .admin ? Self.attemptsMax : 1) {
      if trigger == .admin {
        file = fileBeingWritten(true)
        guard file == nil else { break }
      }
      if let result = try attempt(trigger, &file) { return result }
    }
    let problem = Diagnostic(
      file: "", line: 0, message: "\(file ?? "a file") is being written: try again when it is closed")
    if trigger == .admin {
      state.withLock { state in tell(trigger, .refused([problem]), state, since: start) }
    }
    throw EngineError(code: .policyError, message: problem.description)
  }

  /// - Parameter file: What somebody is writing.
  /// - Returns: Nil where what was read may be half, as somebody has begun to write meanwhile.
  private func attempt(_ trigger: ReloadReport.Trigger, _ file: inout String?) throws(EngineError) -> [UInt8]? {
    let start = ContinuousClock.now
    return try state.withLock { (state) throws(EngineError) in
      let result = Result { () throws(PolicyLoadError) in try builder.build(after: state.latest) }
      file = fileBeingWritten(false)
      guard file == nil else { return nil }
      let build: Build
      do throws(PolicyLoadError) {
        build = try result.get()
        try checkNotEmptied(build)
      } catch {
        state.hasRefused = true
        let problems = Self.problems(of: error)
        tell(trigger, .refused(problems), state, since: start)
        throw Self.error(of: problems)
      }
      let isDue = state.hasRefused || build.snapshot.id != state.latest.snapshot.id || trigger != .files
      let isRecovery = state.hasRefused
      state.latest = build
      state.hasRefused = false
      return change(to: build.snapshot, isDue: isDue, isRecovery: isRecovery, trigger, state, since: start)
    }
  }

  private func checkNotEmptied(_ build: Build) throws(PolicyLoadError) {
    guard build.snapshot.policies.count == 0, store.current.policies.count > 1 else { return }
    let message =
      "no policy is left in \(builder.policies): what is in force goes on, as the folder is more likely being filled than meant; "
      + "remove policies one by one, or restart, if it is meant"
    throw .broken([Diagnostic(file: "", line: 0, message: message)])
  }

  package func rollBack(to id: String) throws(EngineError) -> [UInt8] {
    let start = ContinuousClock.now
    return try state.withLock { (state) throws(EngineError) in
      guard let snapshot = store.snapshot(id) else {
        let kept = store.ids.joined(separator: ", ")
        let name = id.count > 64 ? id.prefix(64) + "…" : id
        throw EngineError(
          code: .invalidParams,
          message: "snapshot: \"\(name)\" is not kept (there are, the one in force last: \(kept))")
      }
      return change(to: snapshot, isDue: true, isRecovery: false, .rollback, state, since: start)
    }
  }

  private func change(
    to snapshot: Snapshot, isDue: Bool, isRecovery: Bool, _ trigger: ReloadReport.Trigger, _ state: State,
    since start: ContinuousClock.Instant
  ) -> [UInt8] {
    let former = store.current
    var changed: [String] = []
    if isDue && former.id != snapshot.id {
      changed = former.changes(to: snapshot)
      store.publish(snapshot)
    }
    tell(trigger, isRecovery && changed.isEmpty ? .recovered : .done(changed), state, since: start)
    return Self.result(isDue ? snapshot : former, changed)
  }

  private func tell(
    _ trigger: ReloadReport.Trigger, _ outcome: ReloadReport.Outcome, _ state: State,
    since start: ContinuousClock.Instant
  ) {
    let taken = (ContinuousClock.now - start).components
    let milliseconds = Int(taken.seconds) * 1000 + Int(taken.attoseconds / 1_000_000_000_000_000)
    report(
      ReloadReport(
        trigger: trigger, outcome: outcome, areFilesRefused: state.hasRefused, snapshot: store.current.id,
        milliseconds: milliseconds))
  }

  private static func problems(of error: PolicyLoadError) -> [Diagnostic] {
    switch error {
    case .unknown(let name, _): [Diagnostic(file: "", line: 0, message: "unknown policy \"\(name)\"")]
    case .broken(let diagnostics): diagnostics
    }
  }

  /// The place is that of the first, with which the message begins.
  private static func error(of problems: [Diagnostic]) -> EngineError {
    let first = problems.first
    return EngineError(
      code: .policyError, message: ReloadReport.summary(of: problems),
      path: first.flatMap { $0.file.isEmpty ? nil : $0.file }, line: first.flatMap { $0.line > 0 ? $0.line : nil })
  }

  private static func result(_ snapshot: Snapshot, _ changed: [String]) -> [UInt8] {
    var output = ByteWriter()
    output.append("{\"snapshot\":")
    output.appendJSONString(snapshot.id)
    output.append(",\"changed\":[")
    for (index, name) in changed.enumerated() {
      if index > 0 { output.append(",") }
      output.appendJSONString(name)
    }
    output.append("]}")
    return output.bytes
  }
}
