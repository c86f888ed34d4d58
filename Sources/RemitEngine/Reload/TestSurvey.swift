private import RemitModel
internal import RemitPolicy
private import RemitWire

/// What tests would read, found without running them: so that a reload knows later on which of them something new has to do with.
enum TestSurvey {
  static func asked(by subject: TestSession.Subject, in store: ModuleStore) -> ModuleStore.Asked {
    let view = ModuleStore(drawingOn: store)
    let (name, module, file) =
      switch subject {
      case .policy(let name): (name.description, name.testModule, name.testFile)
      case .plugin(let name): ("plugin.\(name)", "plugin.\(name).plugin_test", "plugins/\(name)/plugin_test.lua")
      }
    let text = TestText(view.data(ofFile: file) ?? [])
    if case .policy(let name) = subject { _ = view.data(ofFile: name.goldenFile) }
    if !text.standsAlone { _ = view.diagnostics(ofModule: module) }
    // What is wrong with them is for the first run to say.
    if text.readsData { _ = try? PolicyLoader(view).loadTests(module: module) }
    if text.subjects != [name] {
      for suite in (try? TestFile.suites(module: module, file: file, in: view)) ?? [] {
        guard let other = suite["policy"]?.string, other != name else { continue }
        _ = try? PolicyLoader(view).load(named: other)
      }
    }
    return view.asked
  }
}
