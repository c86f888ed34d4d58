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

/// A decision that was asked for by a request, with all that it depends on. The bytes are good during the call that hands it out.
@unsafe package struct DecidedRequest {
  package let policy: LoadedPolicy
  package let input: UnsafeRawBufferPointer
  /// What the request sets, as JSON; nil for the defaults.
  package let params: UnsafeRawBufferPointer?
  package let at: UnsafeRawBufferPointer
  /// The reply's text, or `{"decision":{…}}`, or `{"error":{…}}`.
  package let result: UnsafeRawBufferPointer
}

/// Gets each decision before it is answered, on the thread that decided; any number of threads at once.
package protocol DecisionSink: AnyObject, Sendable {
  /// - Returns: Nil where it is kept; else what is answered in the decision's place.
  func record(_ decision: DecidedRequest) -> EngineError?
}
