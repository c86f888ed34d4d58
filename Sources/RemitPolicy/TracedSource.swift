package import RemitLua
package import RemitSyntax

/// Hands a machine traced texts in place of the store's: they do the same, and tell what they do.
///
/// For coverage and explanations, one machine each.
package final class TracedSource: ModuleSource {
  let recorder: ModuleRecorder
  private let store: ModuleStore
  /// By the module's name: its file, and what its sites are.
  package private(set) var files: [String: TracedFile] = [:]

  /// - Parameter settings: What holds for plugins in place of `settings.json`; nil where that does.
  package init(_ store: ModuleStore, settings: PluginSettings?? = nil) {
    self.store = store
    recorder = ModuleRecorder(store, settings: settings)
  }

  package func module(named name: String) -> ModuleText? {
    guard let plain = recorder.module(named: name) else { return nil }
    guard case .ready(_, let source, _, _) = store.module(named: name),
      let shown = PolicyFolder.place(ofModule: name)?.shown,
      let translation = try? translate(source, file: shown, traced: true)
    else { return plain }
    files[name] = TracedFile(file: shown, source: source, sites: translation.sites)
    return ModuleText(
      file: shown, text: translation.text, writerLines: translation.writerLines, lookups: translation.lookups,
      siteCount: translation.sites.count)
  }

  package func file(_ name: String, askedBy module: String) -> ByteBlock? {
    recorder.file(name, askedBy: module)
  }

  package func dataset(_ name: String, askedBy module: String, from builder: DatasetBuilder) -> Dataset? {
    recorder.dataset(name, askedBy: module, from: builder)
  }

  package func settings(ofPlugin name: String) -> PluginSettings? {
    recorder.settings(ofPlugin: name)
  }

  package func native(named name: String) -> NativePlugin? {
    recorder.native(named: name)
  }
}

/// A module's text, and the places in it that its traced form tells of.
package struct TracedFile: Sendable {
  /// As messages name it: `approval/purchase_order.lua`.
  package let file: String
  package let source: [UInt8]
  package let sites: [TraceSite]

  /// The file of a module, without a machine; nil where there is none, or its text cannot be loaded.
  package init?(module name: String, in store: ModuleStore) {
    guard case .ready(_, let source, _, _) = store.module(named: name),
      let shown = PolicyFolder.place(ofModule: name)?.shown,
      let translation = try? translate(source, file: shown, traced: true)
    else { return nil }
    self.init(file: shown, source: source, sites: translation.sites)
  }

  package init(file: String, source: [UInt8], sites: [TraceSite]) {
    self.file = file
    self.source = source
    self.sites = sites
  }

  /// What stands there in the file, on one line, cut where it is long.
  package func excerpt(of site: TraceSite) -> String {
    let words = text(of: site).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return words.count > 72 ? "\(words.prefix(71))…" : words
  }

  /// What stands there in the file.
  package func text(of site: TraceSite) -> String {
    String(decoding: source[site.range], as: UTF8.self)
  }
}
