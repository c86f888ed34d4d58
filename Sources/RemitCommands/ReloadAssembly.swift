internal import Logging
internal import RemitEngine
internal import RemitModel
internal import RemitPolicy
internal import RemitService

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
    for file in folder.misnamedFiles() { log.warning("\(Terminal.words(misnamed: file))") }
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
    let settled = SettledFiles()
    reloader = Reloader(
      store, builder, first: build, settle: { settled.wait() },
      report: { report in
        report.count(metrics)
        let metadata: Logger.Metadata = ["snapshot": "\(report.snapshot)"]
        for line in report.lines { log.log(level: report.isRefusal ? .error : .info, "\(line)", metadata: metadata) }
      })
    service = ReloadService(watching: [folders.policies, folders.plugins], reloader, settled, log: log)
  }
}
