private import Glibc
private import RemitEngine

/// What is known of changes in the watched folders, for any thread.
package final class FileNews: @unchecked Sendable {
  // SAFETY: everything below is used under `monitor`.
  private let monitor = Monitor()
  private var folders: WatchedFolders?
  private var gate = ChangeGate()

  /// How long somebody who wants a reload now waits for a file to be closed, in milliseconds, and how often that is looked at.
  private static let patience: Int64 = 1000
  private static let pause: UInt32 = 10

  package init() {}

  /// A file that somebody has written to within the last seconds and not closed; nil where there is none, as far as is known.
  ///
  /// - Parameter waits: Gives whoever writes up to a second to come to an end.
  package func fileBeingWritten(waits: Bool) -> String? {
    let end = MonotonicClock.milliseconds + (waits ? Self.patience : 0)
    while let file = fileBeingWritten() {
      if MonotonicClock.milliseconds >= end { return file }
      usleep(Self.pause * 1000)
    }
    return nil
  }

  private func fileBeingWritten() -> String? {
    monitor.lock()
    defer { monitor.unlock() }
    let now = MonotonicClock.milliseconds
    // The thread that watches would sleep on, as the news of it are taken here.
    if folders?.update(&gate, at: now) ?? false { WakePipe.wake() }
    return gate.beingWritten(at: now)
  }

  // MARK: For the thread that watches

  enum Verdict {
    /// For so long at most, in milliseconds; nil is for ever.
    case wait(Int64?)
    /// It is time to look at the files. These were not closed by who wrote them.
    case look(notClosed: [String])
  }

  /// - Parameter folders: None where the system has no news to give.
  func begin(_ folders: WatchedFolders?) {
    monitor.lock()
    defer { monitor.unlock() }
    self.folders = folders
    // Something may have changed between loading and now.
    gate.changed(at: MonotonicClock.milliseconds)
  }

  func end() {
    monitor.lock()
    defer { monitor.unlock() }
    folders = nil
    gate = ChangeGate()
  }

  /// Takes in what has happened.
  ///
  /// - Parameters:
  ///   - isAsked: Somebody wants the files to be looked at in any case, once none is half.
  ///   - say: Gets told once of a file that is waited for long.
  func verdict(isAsked: Bool, say: (String) -> Void) -> Verdict {
    monitor.lock()
    defer { monitor.unlock() }
    let now = MonotonicClock.milliseconds
    _ = folders?.update(&gate, at: now)
    if let file = gate.longWait(at: now) { say(file) }
    guard gate.wait(at: now) == 0 || isAsked && gate.beingWritten(at: now) == nil else {
      return .wait(gate.sleep(at: now))
    }
    return .look(notClosed: gate.passed())
  }
}
