private import Logging
private import RemitEngine
internal import RemitModel
internal import ServiceLifecycle
private import Synchronization
private import UnixSignals

/// Runs services for a thread that waits for them.
enum ServiceRunner {
  /// Returns once all have ended: after a signal, or when one of them has.
  ///
  /// - Throws: `CommandFailure` where one fails.
  static func run(_ services: [any Service]) throws {
    let result = ServiceResult()
    Task.detached {
      // What libraries would log is not for users; an error is thrown.
      let quiet = Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }
      let configurations = services.map {
        ServiceGroupConfiguration.ServiceConfiguration(
          service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
          failureTerminationBehavior: .cancelGroup)
      }
      let group = ServiceGroup(
        configuration: .init(
          services: configurations, gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
      do {
        try await group.run()
        result.set(nil)
      } catch {
        result.set("\(error)")
      }
    }
    if let problem = result.wait() { throw CommandFailure(.usage, problem) }
  }
}

/// How a service has ended, for the thread that waits for it.
private final class ServiceResult: Sendable {
  private let monitor = Monitor()
  private let ended = Mutex<String??>(nil)

  func set(_ problem: String?) {
    ended.withLock { $0 = .some(problem) }
    monitor.lock()
    monitor.wakeAll()
    monitor.unlock()
  }

  func wait() -> String? {
    monitor.lock()
    defer { monitor.unlock() }
    while true {
      if let problem = ended.withLock({ $0 }) { return problem }
      monitor.wait()
    }
  }
}
