private import Glibc
private import RemitEngine
private import Synchronization

/// Lets a reload that somebody asks for wait until no file is half written, as the thread that watches the folders knows it.
package final class SettledFiles: @unchecked Sendable {
  // SAFETY: everything below is used under `monitor`.
  private let monitor = Monitor()
  private var isWatching = false
  private var last = 0
  private var answered = 0

  package init() {}

  /// Returns once everything that was written before has been seen, and no file is open that was written to; after a second in any case.
  package func wait() {
    monitor.lock()
    defer { monitor.unlock() }
    guard isWatching else { return }
    last += 1
    let own = last
    WakePipe.wake()
    while isWatching && answered < own { monitor.wait() }
  }

  // MARK: For the thread that watches

  func begin(isWatching: Bool) {
    monitor.lock()
    defer { monitor.unlock() }
    self.isWatching = isWatching
  }

  /// Who has asked so far, as a number.
  var asked: Int {
    monitor.lock()
    defer { monitor.unlock() }
    return last
  }

  var hasQuestions: Bool {
    monitor.lock()
    defer { monitor.unlock() }
    return answered < last
  }

  func answer(_ number: Int) {
    monitor.lock()
    defer { monitor.unlock() }
    guard answered < number else { return }
    answered = number
    monitor.wakeAll()
  }

  func end() {
    monitor.lock()
    defer { monitor.unlock() }
    isWatching = false
    monitor.wakeAll()
  }
}
