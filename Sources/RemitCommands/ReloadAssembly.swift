internal import Logging
internal import RemitEngine
internal import RemitModel
internal import RemitPolicy
internal import RemitService
private import Synchronization

/// Loads what a service starts with, and makes what changes that later.
struct ReloadAssembly {
  let store: SnapshotStore
  let reloader: Reloader
  /// Watches the folders, and takes `SIGHUP`.
  let service: ReloadService

  /// - Parameter nativePlace: Where messages say that native plugins were named.
  init(
    _ folders: FolderOptions, limits: Limits, nativePlace: String, _ metrics: (any ServiceMetrics)?, log: Logger
  ) throws {
    let loader = try folders.loader(limits: limits, nativePlace: nativePlace)
    let folder = loader.store.folder
    let leftOut = LeftOutFiles(folder, log)
    leftOut.warn()
    let builder = SnapshotBuilder(
      policies: folders.policies, plugins: folders.plugins,
      natives: try folders.natives(beside: folder.pluginNames(), nativePlace), limits: limits)
    let build: Build
    do throws(PolicyLoadError) {
      build = try builder.build()
    } catch {
      throw CommandFailure(error)
    }
    store = SnapshotStore(build.snapshot)
    if build.snapshot.policies.count == 0 {
      log.warning(
        "no policy in \(folders.policies) yet: all requests are answered with unknown_policy until there is one")
    }
    let news = FileNews()
    reloader = Reloader(
      store, builder, first: build, fileBeingWritten: { news.fileBeingWritten(waits: $0) },
      report: { report in
        report.count(metrics)
        let metadata: Logger.Metadata = ["snapshot": "\(report.snapshot)"]
        for line in report.lines { log.log(level: report.isRefusal ? .error : .info, "\(line)", metadata: metadata) }
        leftOut.warn()
      })
    service = ReloadService(watching: [folders.policies, folders.plugins], reloader, news, log: log)
  }
}

/// Warns of what looks like policies and is none, of each once for as long as it is there.
private final class LeftOutFiles: Sendable {
  private let folder: PolicyFolder
  private let log: Logger
  private let told = Mutex<Set<PolicyFolder.LeftOut>>([])

  init(_ folder: PolicyFolder, _ log: Logger) {
    self.folder = folder
    self.log = log
  }

  func warn() {
    // Looked up each time, as another folder may have taken its place.
    let all = PolicyFolder(policies: folder.policies.path, plugins: folder.plugins.path).leftOut()
    told.withLock { told in
      for leftOut in all where !told.contains(leftOut) { log.warning("\(Terminal.words(leftOut))") }
      told = Set(all)
    }
  }
}
