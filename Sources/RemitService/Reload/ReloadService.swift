private import Glibc
package import Logging
package import RemitEngine
internal import ServiceLifecycle
private import Synchronization

/// Reloads when files change and at `SIGHUP`, on a thread of its own.
package final class ReloadService: Service {
  private let roots: [String]
  private let reloader: Reloader
  private let settling: SettledFiles
  private let log: Logger
  private let isEnding = Atomic<Bool>(false)

  /// - Parameters:
  ///   - folders: Their paths, as the user named them.
  ///   - settling: What the reloader waits for.
  package init(watching folders: [String], _ reloader: Reloader, _ settling: SettledFiles, log: Logger) {
    roots = folders
    self.reloader = reloader
    self.settling = settling
    self.log = log
  }

  package func run() async throws {
    let thread = WorkerThread { [self] in watch() }
    guard let thread else { throw ServiceError("the system has no more threads") }
    let (ends, end) = AsyncStream.makeStream(of: Void.self)
    await withGracefulShutdownHandler {
      for await _ in ends {}
    } onGracefulShutdown: {
      end.finish()
    }
    isEnding.store(true, ordering: .releasing)
    WakePipe.wake()
    thread.join()
  }

  private func watch() {
    let folders = watchedFolders()
    settling.begin(isWatching: folders != nil)
    defer { settling.end() }
    var gate = ChangeGate()
    // Something may have changed between loading and now.
    gate.changed(at: Self.now)
    var signals = 0
    while true {
      wait(for: folders, atMost: timeout(gate))
      WakePipe.empty()
      if isEnding.load(ordering: .acquiring) { return }
      let asked = settling.asked
      folders?.update(&gate, at: Self.now)
      let received = HangupSignal.received
      let now = Self.now
      if !gate.isWriting(at: now) { settling.answer(asked) }
      if received != signals && !gate.isWriting(at: now) {
        signals = received
        gate.passed()
        _ = try? reloader.reload(because: .signal)
      } else if gate.wait(at: now) == 0 {
        gate.passed()
        _ = try? reloader.reload(because: .files)
      }
    }
  }

  private func watchedFolders() -> WatchedFolders? {
    do throws(SystemError) {
      return WatchedFolders(roots, try Inotify()) { [log] in log.warning("\($0)") }
    } catch {
      log.warning("\(WatchedFolders.words(roots.joined(separator: " and "), error))")
      return nil
    }
  }

  /// Until something is due, in milliseconds; -1 for ever.
  private func timeout(_ gate: ChangeGate) -> Int32 {
    let now = Self.now
    // Who waits for files that are being written is answered once that has taken too long.
    if settling.hasQuestions || gate.isWriting(at: now) && gate.wait(at: now) == nil { return 10 }
    return gate.wait(at: now).map { Int32($0) } ?? -1
  }

  private func wait(for folders: WatchedFolders?, atMost milliseconds: Int32) {
    var files = [pollfd(fd: WakePipe.file, events: Int16(POLLIN), revents: 0)]
    if let folders { files.append(pollfd(fd: folders.file, events: Int16(POLLIN), revents: 0)) }
    // SAFETY: both outlive the call.
    unsafe _ = poll(&files, nfds_t(files.count), milliseconds)
  }

  private static var now: Int64 {
    var time = timespec()
    unsafe _ = clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
