internal import RemitEngine
private import RemitModel
private import RemitPolicy

/// `remit test --record`: golden decisions as they are now.
enum TestRecording {
  /// Writes the golden files whose decisions have changed, and says which. True where any has.
  static func run(_ selection: TestSelection) throws -> Bool {
    var hasChanged = false
    for name in selection.names {
      guard selection.loader.store.data(ofFile: name.goldenFile) != nil else { continue }
      let policy: LoadedPolicy
      do throws(PolicyLoadError) {
        policy = try selection.loader.load(name).0
      } catch {
        throw CommandFailure(.failed, messages: CommandFailure(error).messages)
      }
      guard let recording = GoldenFile.recording(of: policy) else { continue }
      guard recording.mistakes.isEmpty else { throw CommandFailure(.failed, messages: recording.mistakes) }
      guard let bytes = recording.bytes else { continue }
      hasChanged = true
      try OutputFile.write(bytes, to: selection.loader.store.folder.path(ofFile: name.goldenFile))
      Terminal.print(
        "\(name.goldenFile): recorded, \(recording.changed) of \(recording.lines) lines are new or changed")
    }
    return hasChanged
  }
}
