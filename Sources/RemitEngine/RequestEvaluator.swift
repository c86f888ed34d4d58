internal import RemitLua
package import RemitModel
package import RemitPolicy
package import RemitWire

/// Answers JSON-RPC requests, one line at a time. It belongs to one thread: an event loop or a worker has its own.
///
/// Each line is answered under the snapshot that is in force when it begins, also where it asks for much. Machines are made when a
/// policy is first asked for, and stay for as long as the policy does not change.
/// A decision allocates nothing on this side.
package final class RequestEvaluator {
  /// What all evaluators of a service share.
  package struct Setting: Sendable {
    package var store: SnapshotStore
    package var clock: ServiceClock
    package var limits: Limits
    /// Nil: there are no admin methods.
    package var admin: (any AdminHandler)?
    package var sink: (any DecisionSink)?
    /// Nil: `explain` is refused.
    package var explainer: (any DecisionExplainer)?
    /// Nil: nobody counts.
    package var metrics: (any ServiceMetrics)?
    /// Nil: decisions are not counted.
    package var meters: DecisionMeters?

    package init(store: SnapshotStore, clock: ServiceClock, limits: Limits = Limits()) {
      self.store = store
      self.clock = clock
      self.limits = limits
    }
  }

  /// What one line may ask for.
  package struct Permission: Sendable {
    /// Whether `admin.…` methods are there.
    package var admin: Bool
    /// Whether what may take long is answered too.
    package var longWork: Bool
    /// By what the line has come: for who counts.
    package var transport: Transport

    package init(admin: Bool = false, longWork: Bool, transport: Transport = .tcp) {
      self.admin = admin
      self.longWork = longWork
      self.transport = transport
    }
  }

  let setting: Setting
  private var generation: Int
  var seats: PolicySeats
  /// What the method `policies` gives, once it was asked for.
  var catalogue: [UInt8]?
  /// Keeps decisions before they are answered.
  let recorder: (any DecisionRecorder)?
  /// Counts what is answered.
  let meter: ThreadMeter?
  /// Why the request under way came to no evaluator, or to none that was ready; not counted yet.
  var refusal: (code: ErrorCode, by: Evaluator?)?
  private var time = RequestTime()
  private var isTimeSet = false
  /// Where the request under way begins in its line; not 0 in a batch alone.
  private var requestOffset = 0
  /// For decisions of groups, on their way.
  var scratch = ByteWriter()

  package init(_ setting: Setting) {
    self.setting = setting
    recorder = setting.sink?.makeRecorder()
    meter = setting.meters.map { ThreadMeter($0) }
    generation = setting.store.generation
    seats = PolicySeats(setting.store.current)
  }

  var snapshot: Snapshot { seats.snapshot }

  /// Whether what was answered must not be sent before it is committed.
  package var hasUncommitted: Bool { recorder?.hasUncommitted ?? false }

  /// Keeps the decisions that were made since the last commit; their answers must not be sent before.
  ///
  /// - Parameter whenKept: Called once, on any thread, where they are not kept at once.
  /// - Returns: Whether they are kept already; then nothing is called.
  package func commit(whenKept: @escaping @Sendable () -> Void) -> Bool {
    recorder?.commit(whenKept: whenKept) ?? true
  }

  /// Keeps the decisions that were made since the last commit, and waits until they are.
  package func commitAndWait() {
    guard hasUncommitted else { return }
    let gate = Gate()
    if !commit(whenKept: { gate.open() }) { gate.wait() }
  }

  /// Says that time has passed: the next request without a time of its own asks the clock.
  package func forgetTime() {
    isTimeSet = false
    meter?.startLap()
  }

  /// Counts an error that was answered without asking here.
  ///
  /// - Parameter policy: The one that was asked, where it is known.
  package func note(_ error: ErrorCode, of policy: LoadedPolicy? = nil) {
    guard let meter else { return }
    if let policy { meter.count(error, of: policy) } else { meter.count(error) }
  }

  /// Counts a stream of lines, whose decisions are counted where they are made.
  package func countBatch() {
    meter?.countRequest(RequestKind.batch, .http)
  }

  /// The decisions' time where a request names none.
  func now() -> [UInt8] {
    if !isTimeSet {
      time.set(setting.clock.milliseconds())
      isTimeSet = true
    }
    return time.text
  }

  /// Answers one line and appends the reply with its newline, or nothing where none is due.
  ///
  /// - Parameters:
  ///   - line: Without its newline, with `ByteBlock.padding` readable bytes behind it. Read only during the call.
  ///   - goesOn: Asked now and then during long work; false where nobody waits for the answer any more.
  /// - Returns: False where the line may take long and that is not permitted: nothing was done.
  package func answer(
    _ line: UnsafeRawBufferPointer, _ permission: Permission, into output: inout ByteWriter,
    while goesOn: () -> Bool = { true }
  ) -> Bool {
    if setting.store.generation != generation { takeSnapshot() }
    var envelope = unsafe RPCEnvelope()
    let kind = unsafe envelope.read(line, depthMax: setting.limits.nestingDepthMax, trusting: true)
    let start = output.count
    if kind == .batch {
      guard permission.longWork else { return false }
      unsafe answerBatch(line, permission, into: &output, while: goesOn)
    } else if unsafe !reply(to: &envelope, kind, trusted: line, permission, into: &output, while: goesOn) {
      return false
    }
    if output.count > start { output.append(UInt8(ascii: "\n")) }
    return true
  }

  /// Answers one line with an error in place of what it asks for.
  ///
  /// - Parameter line: As for `answer`.
  package func refuse(_ line: UnsafeRawBufferPointer, _ error: EngineError, into output: inout ByteWriter) {
    var envelope = unsafe RPCEnvelope()
    let kind = unsafe envelope.read(line, depthMax: setting.limits.nestingDepthMax, trusting: true)
    let start = output.count
    switch kind {
    case .request, .invalidParams: unsafe refuse(envelope, error, into: &output)
    case .batch:
      unsafe answerBatch(line, Permission(longWork: false), into: &output, while: { true }, refusal: error)
    default: unsafe refuse(envelope, kind, into: &output)
    }
    if output.count > start { output.append(UInt8(ascii: "\n")) }
  }

  /// Answers a request with an error, where it has an id.
  private func refuse(_ envelope: RPCEnvelope, _ error: EngineError, into output: inout ByteWriter) {
    meter?.count(error.code)
    if unsafe envelope.hasID { unsafe output.appendRPCError(error.code, error.message, id: envelope.id) }
  }

  private func takeSnapshot() {
    generation = setting.store.generation
    catalogue = nil
    seats.move(to: setting.store.current)
    meter?.keep(snapshot)
  }

  // MARK: Batches

  /// - Parameter refusal: What each request is answered with in place of what it asks for.
  private func answerBatch(
    _ line: UnsafeRawBufferPointer, _ permission: Permission, into output: inout ByteWriter,
    while goesOn: () -> Bool, refusal: EngineError? = nil
  ) {
    let start = output.count
    var isEmpty = true
    var isAnswered = false
    output.append("[")
    defer { requestOffset = 0 }
    unsafe JSONBytes.forEach(line) { _, element in
      isEmpty = false
      let before = output.count
      if isAnswered { output.append(",") }
      let mark = output.count
      var envelope = unsafe RPCEnvelope()
      if let base = line.baseAddress, let start = element.baseAddress {
        requestOffset = unsafe start - base
      }
      // The line is valid as a whole; an input of its own may still be nested too deeply.
      let kind = unsafe envelope.read(element, depthMax: setting.limits.nestingDepthMax, trusting: true)
      let isTooMuch = mark - start > setting.limits.replyBytesMax
      if kind == .request || kind == .invalidParams,
        let error = isTooMuch ? EngineError(code: .overloaded, message: replyTooLong) : refusal
      {
        unsafe refuse(envelope, error, into: &output)
      } else if !isTooMuch {
        // What is no request may have an answer forty times as long, and no id for another one.
        _ = unsafe reply(to: &envelope, kind, trusted: element, permission, into: &output, while: goesOn)
      }
      if output.count == mark { output.truncate(to: before) } else { isAnswered = true }
      return goesOn()
    }
    if isEmpty {
      output.truncate(to: start)
      unsafe output.appendRPCError(
        standard: .invalidRequest, "expected a request, got a batch of none", id: Self.nullID)
    } else if isAnswered {
      output.append("]")
    } else {
      output.truncate(to: start)
    }
  }

  /// What is answered once an answer has become too long.
  var replyTooLong: String {
    "the results have more than \(setting.limits.replyBytesMax) bytes: ask for fewer decisions at a time"
  }

  static var nullID: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: nil, count: 0) }

  // MARK: Requests

  /// - Parameter trusted: The request, whose envelope was read without validating the input.
  /// - Returns: False where the request may take long and that is not permitted: nothing was done.
  private func reply(
    to envelope: inout RPCEnvelope, _ kind: RPCEnvelope.Kind, trusted: UnsafeRawBufferPointer,
    _ permission: Permission,
    into output: inout ByteWriter, while goesOn: () -> Bool
  ) -> Bool {
    let start = output.count
    switch kind {
    case .request, .invalidParams: break
    default:
      let kind = unsafe envelope.read(trusted, depthMax: setting.limits.nestingDepthMax)
      unsafe refuse(envelope, kind, into: &output)
      return true
    }
    let method = unsafe Method(envelope)
    if let method, permission.admin || !method.isForAdmin,
      !permission.longWork, unsafe method.mayTakeLong || wantsExplanation(method, envelope)
    {
      return false
    }
    // INVARIANT: of what is not decided alone the input is validated here; `decide` sees to the rest.
    if method != .decide || kind != .request, unsafe envelope[.input] != nil,
      unsafe refuseUnlessJSON(trusted, into: &output)
    {
      return true
    }
    if let method, permission.admin || !method.isForAdmin {
      if let problem = unsafe method.problem(with: envelope, kind, by: permission.transport) {
        if unsafe refuseUnlessJSON(trusted, into: &output) { return true }
        meter?.count(.invalidParams)
        unsafe output.appendRPCError(.invalidParams, problem, id: envelope.id)
      } else if method != .decide {
        unsafe run(method, envelope, into: &output, while: goesOn)
        meter?.startLap()
      } else if unsafe !decide(envelope, trusted: trusted, into: &output) {
        unsafe _ = refuseUnlessJSON(trusted, into: &output)
        return true
      }
      meter?.countRequest(method.ordinal, permission.transport)
    } else {
      meter?.countRequest(RequestKind.other, permission.transport)
      let message = unsafe Method.unknown(envelope.method, admin: permission.admin)
      unsafe output.appendRPCError(standard: .noMethod, message, id: envelope.id)
    }
    if unsafe !envelope.hasID { output.truncate(to: start) }
    return true
  }

  /// Answers what is no request.
  private func refuse(_ envelope: RPCEnvelope, _ kind: RPCEnvelope.Kind, into output: inout ByteWriter) {
    switch kind {
    case .notJSON(let message, let offset):
      meter?.count(.parseError)
      defer { meter?.startLap() }
      let message = "byte \(requestOffset + offset + 1): \(message)"
      unsafe output.appendRPCError(standard: .parseError, message, id: unsafe Self.nullID)
    case .batch:
      unsafe output.appendRPCError(
        standard: .invalidRequest, "expected an object, got an array inside of a batch", id: Self.nullID)
    default:
      unsafe output.appendRPCError(standard: .invalidRequest, envelope.problem, id: envelope.id)
    }
  }

  /// Validates every byte of a line.
  func isJSON(_ line: UnsafeRawBufferPointer) -> Bool {
    var envelope = unsafe RPCEnvelope()
    if case .notJSON = unsafe envelope.read(line, depthMax: setting.limits.nestingDepthMax) { return false }
    return true
  }

  /// Answers a line that is not JSON; false, and nothing is done, where it is.
  private func refuseUnlessJSON(_ line: UnsafeRawBufferPointer, into output: inout ByteWriter) -> Bool {
    var envelope = unsafe RPCEnvelope()
    let kind = unsafe envelope.read(line, depthMax: setting.limits.nestingDepthMax)
    guard case .notJSON = kind else { return false }
    unsafe refuse(envelope, kind, into: &output)
    return true
  }

  private func run(
    _ method: Method, _ envelope: RPCEnvelope, into output: inout ByteWriter, while goesOn: () -> Bool
  ) {
    switch method {
    case .decide: preconditionFailure("a decision has been answered")
    case .decideBatch: unsafe decideBatch(envelope, into: &output, while: goesOn)
    case .whatif: unsafe output.appendRPCError(standard: .noMethod, "whatif: not available yet", id: envelope.id)
    case .policies: unsafe writePolicies(id: envelope.id, into: &output)
    case .health: unsafe writeHealth(id: envelope.id, into: &output)
    case .reload:
      unsafe administer(id: envelope.id, into: &output) { (admin) throws(EngineError) in try admin.reload() }
    case .rollback:
      let name = unsafe envelope[.snapshot].flatMap { unsafe JSONBytes.string($0) }
      guard let name else {
        unsafe output.appendRPCError(.invalidParams, "snapshot: expected a text", id: envelope.id)
        return
      }
      unsafe administer(id: envelope.id, into: &output) { (admin) throws(EngineError) in try admin.rollBack(to: name) }
    }
  }

  private func administer(
    id: UnsafeRawBufferPointer, into output: inout ByteWriter,
    _ work: (any AdminHandler) throws(EngineError) -> [UInt8]
  ) {
    guard let admin = setting.admin else {
      unsafe output.appendRPCError(standard: .noMethod, "this service has no admin methods", id: id)
      return
    }
    do throws(EngineError) {
      let result = try work(admin)
      unsafe output.startRPCResult(id: id)
      output.append(result.span)
      output.append("}")
    } catch {
      unsafe output.appendRPCError(error.code, error.message, path: error.path, line: error.line, id: id)
    }
  }
}
