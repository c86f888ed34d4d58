package import RemitLua
package import RemitModel
private import Synchronization

/// A policy that has been loaded once, and what is known of it since. Any thread may have it, and snapshots share it as long as nothing
/// that it is made of changes.
package final class LoadedPolicy: Sendable {
  package let name: PolicyName
  package let version: Version
  package let declaration: PolicyDeclaration
  /// The same as the machine writes it.
  package let declarationJSON: ByteBlock
  package let store: ModuleStore
  /// The files of all modules that it is made of, its own too, and those of the data that they read, as messages name
  /// them, sorted.
  package let moduleFiles: [String]
  package let dataFiles: [String]
  /// The name as requests write it.
  package let nameBytes: [UInt8]
  /// Another one for each policy that this process has loaded.
  package let serial: Int

  private static let loaded = Atomic<Int>(0)

  init(
    name: PolicyName, version: Version, declaration: PolicyDeclaration, declarationJSON: ByteBlock,
    store: ModuleStore, moduleFiles: [String], dataFiles: [String]
  ) {
    self.name = name
    self.version = version
    self.declaration = declaration
    self.declarationJSON = declarationJSON
    self.store = store
    self.moduleFiles = moduleFiles
    self.dataFiles = dataFiles
    nameBytes = Array(name.description.utf8)
    serial = Self.loaded.add(1, ordering: .relaxed).newValue
  }

  /// What stands in each result line between the id and the decision: `,"policy":"…","version":"…"`.
  package var label: [UInt8] { Array(",\"policy\":\"\(name)\",\"version\":\"\(version)\"".utf8) }

  /// Loads the policy again, from the same texts, into a machine of its own.
  package func makeMachine() throws(LuaError) -> PolicyMachine {
    let recorder = ModuleRecorder(store)
    let vm = try LuaVM(limits: store.limits, source: recorder)
    let policy = try vm.load(name)
    return PolicyMachine(machine: vm, policy: policy, recorder: recorder)
  }

  /// The same from traced texts, with what their sites are.
  package func makeTracedMachine() throws(LuaError) -> (PolicyMachine, TracedSource) {
    let source = TracedSource(store)
    let vm = try LuaVM(limits: store.limits, source: source)
    let policy = try vm.load(name)
    return (PolicyMachine(machine: vm, policy: policy, recorder: source.recorder), source)
  }
}
