package import RemitLua
internal import RemitModel

/// A machine with one policy loaded. It belongs to one thread at a time.
package final class PolicyMachine {
  package let machine: LuaVM
  package let policy: LuaVM.Policy

  init(machine: LuaVM, policy: LuaVM.Policy) {
    self.machine = machine
    self.policy = policy
  }
}

/// Answers a machine's questions from the store, and notes what it asked for.
package final class ModuleRecorder: ModuleSource {
  private let store: ModuleStore
  private(set) var ingredients: Set<Ingredient> = []
  /// What is wrong with what was asked for: a policy that catches the error is still not whole.
  private(set) var diagnostics: Set<Diagnostic> = []

  package init(_ store: ModuleStore) {
    self.store = store
  }

  package func module(named name: String) -> ModuleText? {
    switch store.module(named: name) {
    case .missing:
      ingredients.insert(Ingredient(absent: name))
      return nil
    case .broken(let found):
      diagnostics.formUnion(found)
      return nil
    case .ready(let text, _, let ingredient):
      ingredients.insert(ingredient)
      return text
    }
  }

  package func file(_ name: String, askedBy module: String) -> ByteBlock? {
    switch store.file(name, askedBy: module) {
    case .missing:
      ingredients.insert(Ingredient(absent: name))
      return nil
    case .broken(let found):
      diagnostics.insert(found)
      return nil
    case .ready(let block, let ingredient):
      ingredients.insert(ingredient)
      return block
    }
  }
}
