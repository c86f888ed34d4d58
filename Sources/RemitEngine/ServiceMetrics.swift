/// Counts what happens in a service beside its decisions. Any thread may call; each call is a few additions and takes no lock.
///
/// Who reloads calls these where something has happened, and nothing where nobody counts.
package protocol ServiceMetrics: AnyObject, Sendable {
  /// A reload has gone well, or a return to an older snapshot.
  func reloadSucceeded(seconds: Double)
  /// A reload was refused, and the running policies are untouched.
  func reloadRefused(seconds: Double)
  /// Whether what the folders held when they were last read was refused.
  func filesRead(areRefused: Bool)
}
