private import Glibc
package import Logging
package import RemitEngine
internal import ServiceLifecycle
private import Synchronization

/// Reloads when files change and at `SIGHUP`, on a thread of its own.
package final class ReloadService: Service {
  private let roots: [String]
  private let reloader: Reloader
  private let news: FileNews
  private let log: Logger
  private let isEnding = Atomic<Bool>(false)

  /// - Parameters:
  ///   - folders: Their paths, as the user named them.
  ///   - news: Where the reloader asks whether files are being written.
  package init(watching folders: [String], _ reloader: Reloader, _ news: FileNews, log: Logger) {
    roots = folders
    self.reloader = reloader
    self.news = news
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
    let file = folders?.file
    news.begin(folders)
    defer { news.end() }
    var signals = 0
    while true {
      // Emptied before anything is asked: who wakes the thread after that is seen when it waits.
      WakePipe.empty()
      if isEnding.load(ordering: .acquiring) { return }
      let received = HangupSignal.received
      let isAsked = received != signals
      let verdict = news.verdict(isAsked: isAsked) { [log] file in
        log.info("a reload waits for \(file), which is being written")
      }
      switch verdict {
      case .wait(let milliseconds):
        wait(for: file, atMost: milliseconds.map { Int32($0) } ?? -1)
      case .look(let notClosed):
        for file in notClosed {
          log.warning("\(file) is read as it is: it was written to a while ago, and has not been closed since")
        }
        let isDone = (try? reloader.reload(because: isAsked ? .signal : .files)) != nil
        // What somebody has begun to write meanwhile is waited for, and then looked at for the same reason.
        if isDone || news.fileBeingWritten(waits: false) == nil { signals = received }
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

  /// Until the system has news of a folder or somebody wakes the thread; -1 milliseconds are for ever.
  private func wait(for news: Int32?, atMost milliseconds: Int32) {
    var files = [pollfd(fd: WakePipe.file, events: Int16(POLLIN), revents: 0)]
    if let news { files.append(pollfd(fd: news, events: Int16(POLLIN), revents: 0)) }
    // SAFETY: they outlive the call.
    unsafe _ = poll(&files, nfds_t(files.count), milliseconds)
  }
}
