import RemitLua
import RemitModel
import RemitPolicy
import RemitTestKit
import Testing

@Suite("Folders")
struct FolderTests {
  @Test("A file is read whole, and what is not there is nil")
  func reading() throws {
    let temporary = TemporaryFolder(["a/b.lua": "text", "empty": ""])
    let folder = Folder(temporary.path)
    #expect(try folder.read("a/b.lua", bytesMax: 4)?.array() == Array("text".utf8))
    #expect(try folder.read("empty", bytesMax: 0)?.count == 0)
    #expect(try folder.read("a/c.lua", bytesMax: 100) == nil)
    #expect(throws: Folder.ReadError.self) { try folder.read("a/b.lua", bytesMax: 3) }
    #expect(throws: Folder.ReadError.self) { try folder.read("a", bytesMax: 100) }
  }

  @Test("What cannot be read as a folder says why")
  func problems() {
    let temporary = TemporaryFolder(["file": "x", "inner/x": ""])
    #expect(Folder(temporary.path).problem == nil)
    #expect(Folder(temporary.path + "/inner").problem == nil)
    #expect(Folder(temporary.path + "/file").problem == "not a directory")
    #expect(Folder(temporary.path + "/nothing").problem == "no such file or directory")
    #expect(Folder(temporary.path + "/file").entries(of: "") == [])
  }

  @Test(
    "No name leads out of the folder",
    arguments: ["../secret", "/etc/passwd", "a/../../secret", "./x", "a//x", "", "a/", "..", "x\0y"])
  func names(name: String) {
    let outer = TemporaryFolder(["secret": "s", "inner/a/x": "x"])
    #expect(throws: Folder.ReadError.self) { try Folder(outer.path + "/inner").read(name, bytesMax: 100) }
  }

  @Test("A link inside is followed, one that leaves is refused")
  func links() throws {
    let outer = TemporaryFolder(["secret": "s", "inner/a/x": "x", "inner-2/y": "y"])
    outer.link("inner/inside", to: "a/x")
    outer.link("inner/outside", to: "../secret")
    outer.link("inner/neighbour", to: outer.path + "/inner-2")
    outer.link("inner/broken", to: "nothing")
    let folder = Folder(outer.path + "/inner")
    #expect(try folder.read("inside", bytesMax: 100)?.array() == Array("x".utf8))
    #expect(throws: Folder.ReadError.self) { try folder.read("outside", bytesMax: 100) }
    #expect(throws: Folder.ReadError.self) { try folder.read("neighbour/y", bytesMax: 100) }
    #expect(try folder.read("broken", bytesMax: 100) == nil)
    #expect(folder.entries(of: "neighbour") == [])
    #expect(folder.entries(of: "") == ["a", "broken", "inside", "neighbour", "outside"])
  }

  @Test("Policies are the files of families, tests and shared files are not")
  func policyNames() {
    let temporary = TemporaryFolder([
      "b/y.lua": "", "a/x.lua": "", "a/x_test.lua": "", "a/z_test.lua": "", "a/Upper.lua": "", "a/x.txt": "",
      "lib/l.lua": "", "meta/m.lua": "", "top.lua": "", "data/x.csv": "", ".git/h.lua": "",
    ])
    let folder = PolicyFolder(policies: temporary.path, plugins: "nothing")
    #expect(folder.policyNames().map(\.description) == ["a.x", "b.y"])
    #expect(folder.testedPolicyNames().map(\.description) == ["a.x", "a.z"])
    #expect(folder.misnamedFiles() == ["a/Upper.lua", "top.lua"])
  }

  @Test("What looks like policies and is left out is named, with why")
  func leftOut() {
    let temporary = TemporaryFolder([
      "p/a/x.lua": "", "p/a/b/helper.lua": "return {}", "p/a/b/deep.lua": "-- x\nreturn policy {\n}\n",
      "p/lib/m/l.lua": "return policy {}", "p/meta/m/l.lua": "return policy {}", "p/top.lua": "", "ext/y.lua": "",
      "p/.hidden/z.lua": "", "note.txt": "",
    ])
    temporary.link("p/out", to: "../ext")
    temporary.link("p/in", to: ".hidden")
    temporary.link("p/none", to: "../nothing")
    temporary.link("p/note.txt", to: "../note.txt")
    let folder = PolicyFolder(policies: temporary.path + "/p", plugins: "nothing")
    #expect(folder.policyNames().map(\.description) == ["a.x", "in.z"])
    #expect(
      folder.leftOut().map { "\($0.path): \($0.why)" } == [
        "a/b/deep.lua: a policy is <family>/<name>.lua, and not in a folder below",
        "none: it is a symbolic link that leads nowhere",
        "out: it is a symbolic link to a folder that is not in the folder of policies",
        "top.lua: a policy is <family>/<name>.lua, both names in lower_snake_case",
      ])
  }

  @Test("A policy whose file is a link to nothing is named by its file")
  func linkToNothing() {
    let temporary = TemporaryFolder(["a/y.lua": ""])
    temporary.link("a/x.lua", to: "nothing.lua")
    let loader = PolicyLoader(ModuleStore(folder: PolicyFolder(policies: temporary.path, plugins: "nothing")))
    let found = loader.loadAll().diagnostics.map(\.description)
    #expect(found.contains("a/x.lua: nothing is there, or the file is a symbolic link that leads nowhere"))
  }

  @Test("Every Lua file is listed, with its module's name where it can be required")
  func moduleFiles() {
    let temporary = TemporaryFolder([
      "p/a/x.lua": "", "p/a/x_test.lua": "", "p/lib/deep/er.lua": "", "p/lib/no-name.lua": "", "p/top.lua": "",
      "p/meta/m.lua": "",
      "p/data/x.csv": "", "p/lib/a.b.lua": "", "q/fx/plugin.lua": "", "q/fx/other-file.lua": "", "q/loose.lua": "",
    ])
    temporary.link("p/lib/up", to: "..")
    let files = PolicyFolder(policies: temporary.path + "/p", plugins: temporary.path + "/q").moduleFiles()
    #expect(
      files.map(\.file) == [
        "a/x.lua", "a/x_test.lua", "lib/a.b.lua", "lib/deep/er.lua", "lib/no-name.lua", "plugins/fx/other-file.lua",
        "plugins/fx/plugin.lua", "plugins/loose.lua", "top.lua",
      ])
    #expect(
      files.map(\.module) == ["a.x", "a.x_test", nil, "lib.deep.er", nil, nil, "plugin.fx", nil, nil])
  }

  @Test("A short word is like another only where it starts alike")
  func nearWords() {
    #expect(NearNames.nearest("rnd", among: ["abs", "round", "max"]) == "round")
    #expect(NearNames.nearest("foo", among: ["pack", "move", "sort"]) == nil)
    #expect(NearNames.nearest("mx", among: ["min", "max"]) == "max")
    #expect(NearNames.nearest("amuont", among: ["account", "amount"]) == "amount")
    #expect(NearNames.nearest("anything", among: []) == nil)
    #expect(NearNames.nearest(String(repeating: "amount", count: 100), among: ["amount"]) == nil)
  }

  @Test(
    "A name is like another where little of it is wrong, whatever is long about it",
    arguments: [
      ("risk.scroe", ["risk.score"]), ("score", ["risk.score"]), ("risc.score", ["risk.score"]),
      ("approval.purchase_ordre", ["approval.purchase_order"]),
      ("APPROVAL.purchase_order2", ["approval.purchase_order"]),
      ("approvals.purchase_orders", ["approval.purchase_order"]), ("", []), ("anything.else", []),
      (String(repeating: "x", count: 1000), []), (String(repeating: "risk.score", count: 100), []),
      (String(repeating: "x", count: 40) + ".y", []),
      (String(repeating: "n", count: 200) + ".a" + String(repeating: "n", count: 200), []),
      (String(repeating: "l", count: 200) + ".y", [String(repeating: "l", count: 200) + ".x"]),
    ])
  func nearNames(text: String, near: [String]) {
    let names = [
      "risk.score", "approval.purchase_order", "a.b", String(repeating: "l", count: 200) + ".x",
    ].compactMap { PolicyName($0) }
    #expect(NearNames.of(text, among: names).map(\.description) == near)
  }
}
