private import RemitLua
package import RemitModel

extension ModuleStore {
  /// The text of a file as it was written.
  package enum Source: Sendable {
    case missing
    case unreadable(Diagnostic)
    case text([UInt8])
  }

  /// The text of one of the files that `PolicyFolder.moduleFiles` lists: as the machine gets it, where it can be
  /// required.
  package func source(of file: PolicyFolder.ModuleFile) -> Source {
    if let module = file.module, case .ready(_, let source, _, _) = self.module(named: module) { return .text(source) }
    switch read(file.place) {
    case .missing: return .missing
    case .broken(let diagnostic): return .unreadable(diagnostic)
    case .ready(let text, _): return .text(text.array())
    }
  }

  /// The text of a data file as it is now; nil where it cannot be read.
  ///
  /// - Parameter shown: As messages name it.
  package func data(ofFile shown: String) -> [UInt8]? {
    guard case .ready(let text, _) = read(PolicyFolder.place(shown: shown)) else { return nil }
    return text.array()
  }
}
