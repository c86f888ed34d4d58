import RemitModel
import RemitPolicy
import RemitTestKit
import Testing

/// A policy that decides always the same; `head` stands before it.
func simplePolicy(_ head: String = "", outcome: String = "yes") -> String {
  """
  \(head)
  return policy {
    summary = "Always the same.", outcomes = { "\(outcome)" },
    input = record { id = text {}, amount = optional(money { min = "0" }), tags = list { of = text {}, max = 3 } },
    params = { limit = money { default = "5.00", summary = "A limit." } },
    reasons = { fixed = { en = "Fixed.", zh = "固定。" } },
    decide = function(tx, params, context) return { outcome = "\(outcome)", reasons = { "fixed" } } end,
  }
  """
}

/// A plugin that reads one file and provides nothing worth having.
func declaredPlugin(_ name: String, files: String, body: String) -> String {
  """
  plugin { name = "\(name)", version = "1.0.0", files = { "\(files)" }, provides = { yes = { value = boolean {} } } }
  \(body)
  return { yes = true }
  """
}

@Suite("Loading policies")
struct LoaderTests {
  private func loader(_ folder: TemporaryFolder) -> PolicyLoader {
    let folder = PolicyFolder(policies: folder.path + "/policies", plugins: folder.path + "/plugins")
    return PolicyLoader(ModuleStore(folder: folder))
  }

  private func failure(_ files: [String: String], _ name: String = "a.x") -> PolicyLoadError? {
    let folder = TemporaryFolder(files)
    do throws(PolicyLoadError) {
      _ = try loader(folder).load(named: name)
      return nil
    } catch {
      return error
    }
  }

  private func version(_ files: [String: String]) throws -> Version {
    let folder = TemporaryFolder(files)
    return try loader(folder).load(named: "a.x").0.version
  }

  @Test("A policy says what it takes and what it gives")
  func declaration() throws {
    let folder = TemporaryFolder(["policies/a/x.lua": simplePolicy()])
    let policy = try loader(folder).load(named: "a.x").0
    #expect(policy.declaration.summary == "Always the same.")
    #expect(policy.declaration.outcomes == ["yes"])
    #expect(policy.declaration.params.map(\.name) == ["limit"])
    #expect(policy.declaration.params.first?.defaultJSON == Array("5".utf8))
    #expect(policy.declaration.reasons.first?.chinese == "固定。")
    guard case .record(let fields) = policy.declaration.input else {
      Issue.record("the input is a record")
      return
    }
    #expect(fields.map(\.name) == ["id", "amount", "tags"])
    #expect(fields.map(\.isOptional) == [false, true, false])
    #expect(String(decoding: policy.label, as: UTF8.self) == ",\"policy\":\"a.x\",\"version\":\"\(policy.version)\"")
  }

  @Test("An unknown name brings those that are like it")
  func unknown() throws {
    let files = ["policies/approval/purchase_order.lua": "", "policies/risk/score.lua": ""]
    for name in ["approval.purchase_ordr", "aproval.purchase_order", "purchase_order", "Approval.Purchase_Order"] {
      let near = try #require(PolicyName("approval.purchase_order"))
      #expect(failure(files, name) == .unknown(name: name, near: [near]))
    }
    for name in ["nothing.like_it", "", "../x.y", "lib.x"] {
      #expect(failure(files, name) == .unknown(name: name, near: []))
    }
  }

  @Test("Everything that is wrong is reported, whatever file it is in")
  func complete() {
    let error = failure([
      "policies/a/x.lua": "local b = require \"lib.b\"\nlocal c = require \"lib.c\"\nlocal d = require \"lib.d\"\n"
        + simplePolicy(),
      "policies/lib/b.lua": "return {\n", "policies/lib/c.lua": "local x = = 1\nreturn {}",
    ])
    guard case .broken(let diagnostics) = error else {
      Issue.record("the policy is broken")
      return
    }
    #expect(diagnostics.map { "\($0.file):\($0.line)" } == ["a/x.lua:3", "lib/b.lua:2", "lib/c.lua:1"])
    #expect(diagnostics == diagnostics.sorted())
  }

  @Test(
    "What a broken file requires is looked into all the same",
    arguments: ["counter = 0", "local n = 0\nfunction up() n = n + 1 end", "return }"])
  func requiresOfBrokenFile(text: String) {
    let error = failure([
      "policies/a/x.lua": "local b, c = require \"lib.b\", require \"lib.c\"\n\(text)",
      "policies/lib/b.lua": "return {\n",
    ])
    guard case .broken(let diagnostics) = error else {
      Issue.record("the policy is broken")
      return
    }
    let places = diagnostics.map { "\($0.file):\($0.line)" }
    #expect(places.contains("a/x.lua:1"), "what is missing")
    #expect(places.contains("lib/b.lua:2"))
    #expect(places.contains { $0.hasPrefix("a/x.lua:") && $0 != "a/x.lua:1" }, "its own mistake")
  }

  @Test(
    "A message about a declaration has the line of it",
    arguments: [
      (
        "input = record {\n  a = text {},\n  b = money { min = 2, max = 1 } },\n  params = {},", 6,
        "input.b: 'min' is above 'max'"
      ),
      (
        "input = record {}, params = {\n  a = integer { default = 1 },\n  b = money { default = \"x\" } },", 6,
        "params.b: the default x is not a money within its bounds"
      ),
      ("input = record {}, params = {\n  a = integer {} },", 5, "params.a: a default is missing"),
      (
        "input = record {\n  l = list { of = record {\n    q = number { min = 2, max = 1 } } } },\n  params = {},", 6,
        "input.l[].q: 'min' is above 'max'"
      ),
      ("input = record { s = shared },\n  params = {},", 4, "input.s.a: 'min' is above 'max'"),
    ])
  func declarationLines(text: String, line: Int, message: String) {
    let policy = """
      local shared = require "lib.shared"

      return policy { summary = "S", outcomes = { "yes" }, reasons = { r = { en = "R", zh = "R" } },
        \(text)
        decide = function() return { outcome = "yes", reasons = { "r" } } end,
      }
      """
    let shared = "return record { a = integer { min = 2, max = 1 } }"
    let error = failure(["policies/a/x.lua": policy, "policies/lib/shared.lua": shared])
    #expect(error == .broken([Diagnostic(file: "a/x.lua", line: line, message: message)]))
  }

  @Test("A data file is named with its folder")
  func dataFileNames() {
    func data(_ name: String) -> String {
      declaredPlugin(name, files: "rates.csv", body: "local d = dataset \"rates.csv\" { a = integer {} }")
    }
    let plugin = failure([
      "policies/a/x.lua": simplePolicy("local p, q = require \"plugin.p\", require \"plugin.q\""),
      "plugins/p/plugin.lua": data("p"), "plugins/p/rates.csv": "a\n1\n", "plugins/q/plugin.lua": data("q"),
      "plugins/q/rates.csv": "a\n1\nx\n",
    ])
    let policy = failure([
      "policies/a/x.lua": simplePolicy("local d = dataset \"data/rates.csv\" { a = integer {} }"),
      "policies/data/rates.csv": "a\nx\n",
    ])
    for (error, place) in [(plugin, "plugins/q/rates.csv:3: "), (policy, "data/rates.csv:2: ")] {
      guard case .broken(let diagnostics) = error else {
        Issue.record("the policy is broken")
        return
      }
      #expect(diagnostics.map { $0.description.hasPrefix(place) } == [true], "\(diagnostics)")
    }
  }

  @Test("A circle of requires is named")
  func circle() {
    let error = failure([
      "policies/a/x.lua": simplePolicy("local b = require \"lib.b\""),
      "policies/lib/b.lua": "local c = require \"lib.c\"\nreturn {}", "policies/lib/c.lua": "return require \"lib.b\"",
    ])
    guard case .broken(let diagnostics) = error else {
      Issue.record("the policy is broken")
      return
    }
    #expect(diagnostics.count == 1)
    #expect(diagnostics.first?.message.contains("lib.b -> lib.c -> lib.b") == true)
  }

  @Test("A broken neighbour stops nothing")
  func neighbour() {
    #expect(failure(["policies/a/x.lua": simplePolicy(), "policies/a/y.lua": "syntax error"]) == nil)
  }

  @Test("All policies are loaded, with what is wrong with each")
  func all() {
    let folder = TemporaryFolder([
      "policies/a/x.lua": simplePolicy(), "policies/a/y.lua": "return = 1", "policies/b/z.lua": "return 1",
    ])
    let (policies, diagnostics) = loader(folder).loadAll()
    #expect(policies.map(\.name.description) == ["a.x"])
    #expect(diagnostics.count == 2)
    #expect(diagnostics.contains { $0.file == "a/y.lua" && $0.line == 1 })
  }

  @Test("The version counts the file and all that it uses, and nothing else")
  func version() throws {
    let data = "local d = dataset \"data/d.csv\" { role = text {} }\nlocal l = require \"lib.l\""
    let files = [
      "policies/a/x.lua": simplePolicy(data), "policies/lib/l.lua": "return {}", "policies/data/d.csv": "role\nm\n",
    ]
    let base = try version(files)
    #expect(try version(files) == base)
    var others = files
    others["policies/a/x_test.lua"] = "return 1"
    others["policies/a/y.lua"] = simplePolicy()
    #expect(try version(others) == base)
    for (name, text) in [
      ("policies/a/x.lua", simplePolicy(data) + " "), ("policies/lib/l.lua", "return { 1 }"),
      ("policies/data/d.csv", "role\nn\n"),
    ] {
      var changed = files
      changed[name] = text
      #expect(try version(changed) != base)
    }
  }

  @Test("A plugin's files are its own")
  func plugin() {
    let policy = simplePolicy("local p = require \"plugin.p\"")
    let read = "local d = dataset \"data/d.csv\" { role = text {} }"
    let plugin = declaredPlugin("p", files: "data/d.csv", body: read)
    #expect(
      failure(["policies/a/x.lua": policy, "plugins/p/plugin.lua": plugin, "plugins/p/data/d.csv": "role\nm\n"]) == nil)
    #expect(
      failure(["policies/a/x.lua": policy, "plugins/p/plugin.lua": plugin, "policies/data/d.csv": "role\nm\n"]) != nil)
  }

  @Test("No dataset is read from outside", arguments: ["../secret.csv", "/etc/passwd", "data/../../secret.csv"])
  func outside(name: String) {
    let head = "local d = dataset \"\(name)\" { role = text {} }"
    #expect(failure(["policies/a/x.lua": simplePolicy(head), "secret.csv": "role\nm\n"]) != nil)
  }

  @Test("Definitions for editors are never loaded")
  func meta() {
    let head = "local m = require \"meta.m\""
    #expect(failure(["policies/a/x.lua": simplePolicy(head), "policies/meta/m.lua": "return {}"]) != nil)
  }
}
