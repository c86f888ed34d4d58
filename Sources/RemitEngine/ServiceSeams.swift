package import RemitPolicy

/// What a service asks of the world's clocks.
package struct ServiceClock: Sendable {
  /// Since 1970 in UTC.
  package var milliseconds: @Sendable () -> Int64
  /// Since the service was started.
  package var uptimeSeconds: @Sendable () -> Int

  package init(milliseconds: @escaping @Sendable () -> Int64, uptimeSeconds: @escaping @Sendable () -> Int) {
    self.milliseconds = milliseconds
    self.uptimeSeconds = uptimeSeconds
  }
}

/// Does what `admin.…` methods ask for, on the thread of a worker. Each returns the result as JSON, or throws why nothing has changed.
package protocol AdminHandler: AnyObject, Sendable {
  func reload() throws(EngineError) -> [UInt8]
  func rollBack(to snapshot: String) throws(EngineError) -> [UInt8]
}

/// Explains decisions, on the thread of a worker; any number of threads at once.
package protocol DecisionExplainer: AnyObject, Sendable {
  /// The explanation of a decision that has just been made of the same, as JSON.
  func explain(
    _ input: [UInt8], by policy: LoadedPolicy, params: [UInt8], at: String
  ) throws(EngineError) -> [UInt8]
}

/// What a request for a decision came to, with all that it depends on. The bytes are good during the call that hands it out.
@unsafe package struct DecidedRequest {
  /// How it was asked for.
  package enum Method: Equatable, Sendable {
    case decide
    /// A row of `decide_batch`, from 0; where the policy decides rows together, how many there are.
    case row(Int, together: Int?)
    /// A `decide_batch` that was refused as a whole.
    case refusedBatch
  }

  package let method: Method
  /// As written; empty where the request has none, or null.
  package let id: UnsafeRawBufferPointer
  /// As the request names it, in quotes and not necessarily the name of one.
  package let policyName: UnsafeRawBufferPointer
  /// Nil where there is none of that name. Not held: all threads have the same one, and would wait for each other to count it.
  package let policy: Unmanaged<LoadedPolicy>?
  /// A valid JSON value of any kind, with padding behind it; nil where a batch was refused.
  package let input: UnsafeRawBufferPointer?
  /// What the request sets, as JSON; nil for the defaults.
  package let params: UnsafeRawBufferPointer?
  /// The text without its quotes.
  package let at: UnsafeRawBufferPointer
  package let result: Result

  @unsafe package enum Result {
    /// An object.
    case decision(UnsafeRawBufferPointer)
    /// An object with `code`, `message` and, where there are any, `path`, `line`, `budget`, `errors`; the message may stand first,
    /// and then the code is a number and the others stand in `data`, as in a reply.
    case error(UnsafeRawBufferPointer)
  }
}

/// Keeps the decisions of one thread before they are answered. It belongs to that thread.
package protocol DecisionRecorder: AnyObject {
  /// Takes a decision; it is kept with the next commit.
  ///
  /// - Returns: Nil where it was taken; else what is answered in its place.
  func record(_ decision: DecidedRequest) -> EngineError?

  /// Whether something was taken since the last commit.
  var hasUncommitted: Bool { get }

  /// Keeps what was taken. Nothing of it may be answered before that.
  ///
  /// - Parameter whenKept: Called once, on any thread, where it is not kept at once.
  /// - Returns: Whether all of it is kept already; then nothing is called.
  func commit(whenKept: @escaping @Sendable () -> Void) -> Bool
}

/// What keeps decisions: the log.
package protocol DecisionSink: AnyObject, Sendable {
  func makeRecorder() -> any DecisionRecorder
}
