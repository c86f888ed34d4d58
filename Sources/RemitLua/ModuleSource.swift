/// A module's text as the machine loads it.
package struct ModuleText: Sendable {
  /// As messages name it: `approval/purchase_order.lua`.
  package let file: ByteBlock
  /// What the front end made of the file.
  package let text: ByteBlock
  /// The lines at which functions start that assign to a local of a function around them.
  package let writerLines: WriterLines
  /// How many places a traced text tells of; 0 for a text that is not traced.
  package let siteCount: Int
  /// The look-ups in datasets that are written out, as the machine takes them.
  let lookups: ByteBlock

  /// - Parameter lookups: The names of the keys of each `find { … }` and `find_all { … }` that is written out.
  package init(file: String, text: [UInt8], writerLines: [UInt32], lookups: [[String]], siteCount: Int = 0) {
    self.siteCount = siteCount
    self.file = ByteBlock(Array(file.utf8))
    self.text = ByteBlock(text)
    self.writerLines = WriterLines(writerLines)
    self.lookups = ByteBlock(lookups.flatMap { names in names.flatMap { $0.utf8 + [0] } + [0] })
  }
}

/// Line numbers that stay where they are for as long as this lives.
@safe package final class WriterLines: @unchecked Sendable {
  // SAFETY: written by `init` alone, and freed by `deinit`.
  let lines: UnsafeMutableBufferPointer<UInt32>

  init(_ numbers: [UInt32]) {
    let lines = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: numbers.count)
    _ = unsafe lines.initialize(from: numbers)
    unsafe self.lines = lines
  }

  deinit {
    unsafe lines.deallocate()
  }
}

/// What an administrator has set for one plugin.
package struct PluginSettings: Sendable {
  /// A valid JSON object.
  package let json: ByteBlock
  /// The file where it stands, as messages name it, and the line at which it begins.
  package let file: ByteBlock
  package let line: Int

  package init(json: some Collection<UInt8>, file: String, line: Int) {
    self.json = ByteBlock(json)
    self.file = ByteBlock(Array(file.utf8))
    self.line = line
  }
}

/// What a machine asks while it loads. It keeps the source alive, and the source keeps what it handed out.
///
/// Called on the machine's own thread, inside a call of Lua: nothing here may throw, and nothing may call the machine.
package protocol ModuleSource: AnyObject {
  /// The module that `require` names, or nil where there is none.
  func module(named name: String) -> ModuleText?
  /// The file of that name in the folder of the asking module, or nil where there is none.
  func file(_ name: String, askedBy module: String) -> ByteBlock?
  /// What is set for the plugin of that name (without `plugin.`), or nil where nothing is.
  func settings(ofPlugin name: String) -> PluginSettings?
  /// The dataset of the file of that name, as the builder declares it; nil where there is no file, it cannot be read, or
  /// the builder refuses it. The machine keeps the dataset alive.
  func dataset(_ name: String, askedBy module: String, from builder: DatasetBuilder) -> Dataset?
  /// The native plugin of that name (without `plugin.`), or nil where there is none.
  func native(named name: String) -> NativePlugin?
}
