import Glibc
import RemitModel
import RemitTestKit
import Testing

@testable import RemitPolicy

@Suite struct TakingOverTests {
  private func store(_ folder: TemporaryFolder, after former: ModuleStore? = nil) -> ModuleStore {
    ModuleStore(folder: PolicyFolder(policies: folder.path, plugins: folder.path + "/plugins"), takingOverFrom: former)
  }

  private func isReady(_ module: ModuleStore.Module) -> Bool {
    if case .ready = module { return true }
    return false
  }

  @Test func `a stamp is trusted once the clock of the file system has gone on`() throws {
    let folder = TemporaryFolder(["a/x.lua": "return 1"])
    let stamp = try #require(Folder(folder.path).stamp(of: "a/x.lua"))
    let now = FileStamp.now
    #expect(!stamp.isSettled(at: now))
    #expect(!stamp.isSettled(at: now + 1_000_000_000))
    #expect(stamp.isSettled(at: now + 3_000_000_000))
    // A program can set the one time, never the other.
    var times = [timespec(tv_sec: 1_000_000_000, tv_nsec: 0), timespec(tv_sec: 1_000_000_000, tv_nsec: 0)]
    unsafe _ = utimensat(AT_FDCWD, folder.path + "/a/x.lua", &times, 0)
    let old = try #require(Folder(folder.path).stamp(of: "a/x.lua"))
    #expect(old != stamp)
    #expect(!old.isSettled(at: FileStamp.now))
  }

  @Test func `only what differs counts as changed`() {
    let folder = TemporaryFolder(["a/x.lua": "return 1", "lib/n.lua": "return 2", "plugins/p/plugin.lua": "return 3"])
    let first = store(folder)
    for module in ["a.x", "lib.n", "plugin.p", "lib.absent"] { _ = first.module(named: module) }
    #expect(first.data(ofFile: "a/x_golden.ndjson") == nil)
    let second = store(folder, after: first)
    #expect(second.changes.isEmpty)
    folder.write("return 4", to: "lib/n.lua")
    folder.write("return 3", to: "plugins/p/plugin.lua")
    folder.write("return 5", to: "lib/absent.lua")
    let third = store(folder, after: second)
    #expect(third.changes.modules == ["lib.n", "lib.absent"])
    #expect(isReady(third.module(named: "lib.absent")))
    unsafe _ = unlink(folder.path + "/a/x.lua")
    let fourth = store(folder, after: third)
    #expect(fourth.changes.modules == ["a.x"])
    if case .missing = fourth.module(named: "a.x") {} else { Issue.record("a file that is gone is missing") }
  }

  @Test func `a view knows what it was asked for, and needs nothing else once it is sealed`() throws {
    let folder = TemporaryFolder(["a/x.lua": "return 1", "lib/n.lua": "return 2", "a/data.csv": "n\n1\n"])
    weak var gone: ModuleStore?
    let view: ModuleStore
    do {
      let base = store(folder)
      _ = base.module(named: "lib.n")
      view = ModuleStore(drawingOn: base)
      gone = base
    }
    #expect(isReady(view.module(named: "a.x")))
    #expect(view.data(ofFile: "a/data.csv")?.count == 4)
    #expect(gone != nil)
    view.seal()
    #expect(gone == nil)
    #expect(view.asked.modules == ["a.x"])
    unsafe _ = unlink(folder.path + "/a/x.lua")
    #expect(isReady(view.module(named: "a.x")))
  }

  @Test func `what nothing is made of any more is forgotten`() {
    let folder = TemporaryFolder(["a/x.lua": "return 1", "a/y.lua": "return 2", "a/x_test.lua": "return 3"])
    let base = store(folder)
    func ask(_ modules: String...) -> ModuleStore.Asked {
      let view = ModuleStore(drawingOn: base)
      for module in modules { _ = view.module(named: module) }
      return view.asked
    }
    let x = ask("a.x")
    let y = ask("a.y")
    let test = ask("a.x_test", "a.x")
    base.forget([x, y, test], neededBy: [x], seenBy: [test])
    let after = store(folder, after: base)
    folder.write("return 4", to: "a/y.lua")
    folder.write("return 5", to: "a/x_test.lua")
    folder.write("return 6", to: "a/x.lua")
    let changed = store(folder, after: after).changes
    #expect(changed.modules == ["a.x", "a.x_test"])
    #expect(test.isTouched(by: changed) && x.isTouched(by: changed) && !y.isTouched(by: changed))
  }

  @Test func `a file that is another when it is read again makes the store start over`() {
    let folder = TemporaryFolder(["a/x.csv": "n\n1\n"])
    let base = store(folder)
    _ = base.file("a/x.csv", askedBy: "a.y")
    #expect(!base.hasMoved)
    folder.write("n\n2\n", to: "a/x.csv")
    _ = ModuleStore(drawingOn: base).data(ofFile: "a/x.csv")
    #expect(base.hasMoved)
  }

  @Test(
    arguments: [
      ("approval/purchase_order.lua", "approval.purchase_order"), ("lib/a/b.lua", "lib.a.b"),
      ("plugins/x/plugin.lua", "plugin.x"),
      ("plugins/x/part.lua", "plugin.x.part"), ("plugins/x/a/plugin.lua", "plugin.x.a.plugin"), ("data/x.csv", nil),
    ] as [(String, String?)])
  func `which module stands at a place`(shown: String, module: String?) {
    let place = PolicyFolder.place(shown: shown)
    #expect(PolicyFolder.module(of: place) == module)
    if let module { #expect(PolicyFolder.place(ofModule: module) == place) }
  }
}
