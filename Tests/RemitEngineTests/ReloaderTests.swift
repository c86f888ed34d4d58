import Glibc
import RemitModel
import RemitPolicy
import RemitTestKit
import RemitWire
import Synchronization
import Testing

@testable import RemitEngine

/// A folder of policies, and what reloads it.
private final class Fixture {
  let folder: TemporaryFolder
  let store: SnapshotStore
  let reloader: Reloader
  let reports: Reports
  let writers = Writers()

  /// The files that somebody is writing, each for one question.
  final class Writers: Sendable {
    let files = Mutex<[String?]>([])
    func next() -> String? { files.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
  }

  final class Reports: Sendable {
    let all = Mutex<[ReloadReport]>([])
    var lines: [String] { all.withLock { $0.last?.lines ?? [] } }
    var areFilesRefused: Bool? { all.withLock { $0.last?.areFilesRefused } }
  }

  init(_ files: [String: String]) throws {
    folder = TemporaryFolder(files)
    let builder = SnapshotBuilder(policies: folder.path + "/policies", plugins: folder.path + "/plugins")
    let first = try builder.build()
    store = SnapshotStore(first.snapshot)
    let kept = Reports()
    reports = kept
    reloader = Reloader(
      store, builder, first: first, fileBeingWritten: { [writers] _ in writers.next() },
      report: { report in kept.all.withLock { $0.append(report) } })
  }

  func write(_ text: String, to name: String) { folder.write(text, to: name) }

  func remove(_ name: String) { unsafe unlink(folder.path + "/" + name) }

  @discardableResult
  func reload(_ trigger: ReloadReport.Trigger = .admin) throws -> [String] {
    let result = try JSONView(reloader.reload(because: trigger))
    #expect(result["snapshot"]?.string == store.current.id)
    return result["changed"]?.elements.compactMap(\.string) ?? []
  }

  func policy(_ name: String) -> LoadedPolicy? { store.current.policies[name] }

  /// What the policy decides, by a request.
  func value(_ name: String, _ evaluator: RequestEvaluator) throws -> Int? {
    let line =
      #"{"jsonrpc":"2.0","id":1,"method":"decide","params":{"policy":"\#(name)","input":{}}}"#
      + String(repeating: "\0", count: 64)
    var output = ByteWriter()
    var text = line
    text.withUTF8 { bytes in
      let all = UnsafeRawBufferPointer(bytes)
      _ = unsafe evaluator.answer(
        UnsafeRawBufferPointer(rebasing: all[..<(all.count - 64)]), .init(longWork: true), into: &output)
    }
    return try JSONView(output.bytes)["result"]?["decision"]?["value"].map { Int($0.rawText) ?? -1 }
  }

  func evaluator() -> RequestEvaluator {
    RequestEvaluator(.init(store: store, clock: ServiceClock(milliseconds: { 0 }, uptimeSeconds: { 0 })))
  }
}

private func policy(_ value: String, prelude: String = "") -> String {
  """
  \(prelude)
  return policy {
    summary = "A test.", outcomes = { "approve" }, input = record { id = optional(text {}) },
    reasons = { ok = { en = "Fine.", zh = "好" } },
    decide = function(tx) return { outcome = "approve", reasons = { "ok" }, value = \(value) } end,
  }
  """
}

private func tests(_ name: String, _ value: String) -> String {
  #"return test "\#(name)" { { name = "v", input = {}, expect = { value = \#(value) } } }"#
}

@Suite struct ReloaderTests {
  @Test func `what has not changed is the same object, and keeps its machine`() throws {
    let fixture = try Fixture([
      "policies/a/x.lua": policy("1"), "policies/a/y.lua": policy("lib", prelude: "local lib = require \"lib.n\""),
      "policies/lib/n.lua": "return 5",
    ])
    let evaluator = fixture.evaluator()
    #expect(try fixture.value("a.x", evaluator) == 1)
    #expect(try fixture.value("a.y", evaluator) == 5)
    let kept = try #require(evaluator.seats[1])
    weak let gone = evaluator.seats[0]
    let former = fixture.policy("a.y")
    fixture.write(policy("2"), to: "policies/a/x.lua")
    fixture.write(policy("9"), to: "policies/a/new.lua")
    #expect(try fixture.reload() == ["a.new", "a.x"])
    #expect(fixture.policy("a.y") === former)
    #expect(try fixture.value("a.x", evaluator) == 2)
    #expect(evaluator.seats[2] === kept)
    #expect(gone == nil)
    fixture.write("return 6", to: "policies/lib/n.lua")
    #expect(try fixture.reload() == ["a.y"])
    #expect(try fixture.value("a.y", evaluator) == 6)
    fixture.remove("policies/a/new.lua")
    #expect(try fixture.reload() == ["a.new"])
    #expect(try fixture.value("a.new", evaluator) == nil)
    #expect(try fixture.value("a.x", evaluator) == 2)
    #expect(try fixture.reload() == [])
  }

  @Test func `snapshots that are no longer kept let go of what only they had`() throws {
    let fixture = try Fixture(["policies/a/x.lua": policy("0"), "policies/a/y.lua": policy("0")])
    weak let first = fixture.policy("a.x")
    weak let store = fixture.policy("a.x")?.store
    let kept = fixture.policy("a.y")
    for value in 1..<SnapshotStore.snapshotsMax {
      fixture.write(policy("\(value)"), to: "policies/a/x.lua")
      try fixture.reload()
      #expect(first != nil)
    }
    fixture.write(policy("100"), to: "policies/a/x.lua")
    try fixture.reload()
    #expect(first == nil && store == nil)
    #expect(fixture.policy("a.y") === kept)
    #expect(fixture.store.ids.count == SnapshotStore.snapshotsMax)
  }

  @Test func `nothing is in force unless all is well`() throws {
    let fixture = try Fixture([
      "policies/a/x.lua": policy("1"), "policies/a/x_test.lua": tests("a.x", "1"), "policies/a/y.lua": policy("1"),
    ])
    let id = fixture.store.current.id
    fixture.write(policy("2"), to: "policies/a/y.lua")
    fixture.write(policy("2"), to: "policies/a/x.lua")
    #expect {
      try fixture.reload()
    } throws: { error in
      let error = error as? EngineError
      return error?.code == .policyError
        && error?.message == #"a/x_test.lua:1: test "v" of a.x: decision.value: expected 1, got 2"#
        && error?.path == "a/x_test.lua" && error?.line == 1
    }
    #expect(fixture.store.current.id == id)
    #expect(fixture.reports.lines.last == "reload refused, snapshot \(id) stays in force")
    fixture.write("x", to: "policies/a/x.lua")
    fixture.write("y", to: "policies/a/y.lua")
    #expect(throws: EngineError.self) { try fixture.reload(.files) }
    #expect(fixture.reports.lines.count == 3)
    #expect(fixture.reports.lines[0].hasPrefix("a/x.lua:1: "))
    #expect(fixture.reports.lines[1].hasPrefix("a/y.lua:1: "))
    fixture.write(policy("1"), to: "policies/a/x.lua")
    fixture.write(policy("1"), to: "policies/a/y.lua")
    #expect(try fixture.reload() == [])
    #expect(fixture.store.current.id == id)
  }

  @Test func `tests run again when anything that they read has changed`() throws {
    let shared = "local expected = require \"lib.expected\"\n"
    let fixture = try Fixture([
      "policies/a/x.lua": policy("1"), "policies/a/x_test.lua": shared + tests("a.x", "expected"),
      "policies/lib/expected.lua": "return 1", "policies/a/other.lua": policy("1"),
      // Of a policy beside it too.
      "policies/a/y.lua": policy("1"),
      "policies/a/y_test.lua": "return { \(tests("a.y", "1").dropFirst(7)), \(tests("a.other", "1").dropFirst(7)) }",
      "policies/data/n.csv": "n\n1\n", "policies/a/z.lua": policy("1"),
      "policies/a/z_test.lua": "local rows = dataset \"data/n.csv\" { n = integer {} }\n"
        + tests("a.z", "rows:find {}.n"),
    ])
    let wrong = [
      ("policies/lib/expected.lua", "return 2", "return 1", "a/x_test.lua:2"),
      ("policies/a/other.lua", policy("2"), policy("1"), "a/y_test.lua:1"),
      ("policies/a/x_test.lua", tests("a.x", "2"), shared + tests("a.x", "expected"), "a/x_test.lua:1"),
      ("policies/lib/expected.lua", "return 3", "return 1", "a/x_test.lua:2"),
    ]
    for (file, changed, former, place) in wrong {
      fixture.write(changed, to: file)
      #expect {
        try fixture.reload()
      } throws: { error in
        (error as? EngineError)?.message.hasPrefix(place + ": test") ?? false
      }
      fixture.write(former, to: file)
      #expect(try fixture.reload() == [])
    }
  }

  @Test func `an earlier snapshot stays in force until files change or somebody asks`() throws {
    let fixture = try Fixture(["policies/a/x.lua": policy("1")])
    let first = fixture.store.current.id
    fixture.write(policy("2"), to: "policies/a/x.lua")
    try fixture.reload()
    let second = fixture.store.current.id
    #expect(try JSONView(fixture.reloader.rollBack(to: first))["changed"]?.rawText == #"["a.x"]"#)
    #expect(fixture.store.current.id == first)
    // The same bytes, written again.
    fixture.write(policy("2"), to: "policies/a/x.lua")
    #expect(try fixture.reload(.files) == [])
    #expect(fixture.reports.lines == [])
    #expect(fixture.store.current.id == first)
    #expect(try fixture.reload(.signal) == ["a.x"])
    #expect(fixture.store.current.id == second)
    // What was refused in between is a change, and so is taking it back.
    _ = try fixture.reloader.rollBack(to: first)
    fixture.write("broken", to: "policies/a/x.lua")
    #expect(throws: EngineError.self) { try fixture.reload(.files) }
    fixture.write(policy("2"), to: "policies/a/x.lua")
    #expect(try fixture.reload(.files) == ["a.x"])
    #expect {
      try fixture.reloader.rollBack(to: "nothing")
    } throws: { error in
      (error as? EngineError)?.message
        == "snapshot: \"nothing\" is not kept (there are, the one in force last: \(first), \(second))"
    }
    #expect(try JSONView(fixture.reloader.rollBack(to: second))["changed"]?.rawText == "[]")
  }

  @Test func `what is being written is not put in force`() throws {
    let fixture = try Fixture(["policies/a/x.lua": policy("1")])
    let id = fixture.store.current.id
    fixture.write(policy("2"), to: "policies/a/x.lua")
    let writers: [(ReloadReport.Trigger, [String?])] = [
      // Whoever watches looks again by itself, so that there is nothing to say.
      (.files, ["x.lua"]), (.signal, ["x.lua"]), (.admin, ["x.lua"]), (.admin, [nil, "y.lua", "x.lua"]),
    ]
    for (trigger, files) in writers {
      fixture.writers.files.withLock { $0 = files }
      #expect {
        try fixture.reload(trigger)
      } throws: { error in
        (error as? EngineError)?.message == "x.lua is being written: try again when it is closed"
      }
      #expect(fixture.store.current.id == id)
      #expect(fixture.writers.next() == nil)
    }
    #expect(fixture.reports.all.withLock { $0.map(\.isRefusal) } == [true, true])
    #expect(fixture.reports.all.withLock { $0.allSatisfy { !$0.areFilesRefused } })
    // Begun while other files were read, and ended soon after.
    fixture.writers.files.withLock { $0 = [nil, "x.lua", nil, nil] }
    #expect(try fixture.reload(.admin) == ["a.x"])
  }

  @Test func `two policies or more do not go at once`() throws {
    let fixture = try Fixture(["policies/a/x.lua": policy("1"), "policies/a/y.lua": policy("1")])
    let id = fixture.store.current.id
    fixture.remove("policies/a/x.lua")
    fixture.remove("policies/a/y.lua")
    for trigger in [ReloadReport.Trigger.files, .signal, .admin] {
      #expect {
        try fixture.reload(trigger)
      } throws: { error in
        (error as? EngineError)?.message.hasPrefix("no policy is left in \(fixture.folder.path)/policies: ") ?? false
      }
      #expect(fixture.store.current.id == id)
    }
    fixture.write(policy("1"), to: "policies/a/x.lua")
    #expect(try fixture.reload() == ["a.y"])
    fixture.remove("policies/a/x.lua")
    #expect(try fixture.reload() == ["a.x"])
    #expect(fixture.store.current.policies.count == 0)
    #expect(try fixture.reload() == [])
  }

  @Test func `that refused files are well again is said`() throws {
    let fixture = try Fixture(["policies/a/x.lua": policy("1")])
    let id = fixture.store.current.id
    for trigger in [ReloadReport.Trigger.files, .signal, .admin] {
      fixture.write("broken", to: "policies/a/x.lua")
      #expect(throws: EngineError.self) { try fixture.reload(trigger) }
      #expect(fixture.reports.areFilesRefused == true)
      // A return to what is kept does not change the files.
      _ = try fixture.reloader.rollBack(to: id)
      #expect(fixture.reports.areFilesRefused == true)
      fixture.write(policy("1"), to: "policies/a/x.lua")
      #expect(try fixture.reload(trigger) == [])
      #expect(fixture.reports.areFilesRefused == false)
      let line = fixture.reports.lines.first ?? ""
      #expect(line.hasPrefix("reloaded: snapshot \(id), the files are again what is in force ("))
      #expect(try fixture.reload(.files) == [])
      #expect(fixture.reports.lines == [])
    }
  }

  @Test func `names that were absent, and texts that are required but never run, count`() throws {
    let fixture = try Fixture([
      "policies/a/x.lua": policy("ok and 2 or 1", prelude: "local ok = pcall(require, \"lib.later\")"),
      "policies/a/y.lua": policy("1", prelude: "if false then require \"lib.never\" end"),
      "policies/lib/never.lua": "return 1",
    ])
    let evaluator = fixture.evaluator()
    fixture.remove("policies/lib/never.lua")
    #expect {
      try fixture.reload()
    } throws: { error in
      (error as? EngineError)?.message == "a/y.lua:1: module \"lib.never\" not found"
    }
    fixture.write("return 1", to: "policies/lib/never.lua")
    fixture.write("return 1", to: "policies/lib/later.lua")
    #expect(try fixture.reload() == ["a.x"])
    #expect(try fixture.value("a.x", evaluator) == 2)
    fixture.remove("policies/lib/later.lua")
    #expect(try fixture.reload() == ["a.x"])
    #expect(try fixture.value("a.x", evaluator) == 1)
  }

  @Test func `datasets are shared by snapshots, and change with their file`() throws {
    let reads = "local rows = dataset \"data/n.csv\" { n = integer {} }"
    let fixture = try Fixture([
      "policies/data/n.csv": "n\n1\n", "policies/a/x.lua": policy("rows:find { n = 1 } and 1 or 0", prelude: reads),
      "policies/a/y.lua": policy("rows:find { n = 1 } and 1 or 0", prelude: reads),
    ])
    let first = try #require(fixture.policy("a.y")?.store.datasets.first)
    for value in ["2", "3"] {
      fixture.write(policy(value, prelude: reads), to: "policies/a/x.lua")
      try fixture.reload()
      #expect(fixture.policy("a.x")?.store.datasets.first === first)
    }
    fixture.write("n\n2\n", to: "policies/data/n.csv")
    #expect(try fixture.reload() == ["a.x", "a.y"])
    let second = try #require(fixture.policy("a.y")?.store.datasets.first)
    #expect(second !== first)
    #expect(fixture.policy("a.x")?.store.datasets.first === second)
    #expect(try fixture.value("a.y", fixture.evaluator()) == 0)
  }

  @Test func `plugins and their settings`() throws {
    let plugin = { (number: Int) in
      """
      local settings = plugin {
        name = "facts", version = "1.0.0", summary = "Facts.",
        settings = { more = integer { default = 0, summary = "More." } },
        provides = { fact = { summary = "A number.", value = integer {} } },
      }
      return { fact = \(number) + settings.more }
      """
    }
    let test = { (number: Int) in
      #"return test "plugin.facts" { { name = "f", get = "fact", expect = \#(number) } }"#
    }
    let fixture = try Fixture([
      "policies/a/x.lua": policy("facts.fact", prelude: "local facts = require \"plugin.facts\""),
      "policies/a/y.lua": policy("1"), "plugins/facts/plugin.lua": plugin(1), "plugins/facts/plugin_test.lua": test(1),
      "plugins/other/plugin.lua": plugin(1).split(separator: "facts").joined(separator: "other"),
    ])
    let evaluator = fixture.evaluator()
    fixture.write(#"{"facts":{"more":4}}"#, to: "plugins/settings.json")
    #expect(try fixture.reload() == ["a.x"])
    #expect(try fixture.value("a.x", evaluator) == 5)
    fixture.write(#"{"facts":{"more":4},"other":{"more":1}}"#, to: "plugins/settings.json")
    #expect(try fixture.reload() == [])
    fixture.write(plugin(2), to: "plugins/facts/plugin.lua")
    #expect {
      try fixture.reload()
    } throws: { error in
      (error as? EngineError)?.message.hasPrefix("plugins/facts/plugin_test.lua:1: test \"f\" of plugin.facts") ?? false
    }
    fixture.write(test(2), to: "plugins/facts/plugin_test.lua")
    #expect(try fixture.reload() == ["a.x"])
    #expect(try fixture.value("a.x", evaluator) == 6)
    fixture.remove("plugins/settings.json")
    #expect(try fixture.reload() == ["a.x"])
    fixture.write("{", to: "plugins/settings.json")
    #expect(throws: EngineError.self) { try fixture.reload() }
  }

  @Test func `many threads may ask at once`() throws {
    let fixture = try Fixture(["policies/a/x.lua": policy("1")])
    fixture.write(policy("2"), to: "policies/a/x.lua")
    let reloader = fixture.reloader
    let threads = (0..<8).compactMap { _ in
      WorkerThread { for _ in 0..<10 { _ = try? reloader.reload() } }
    }
    for thread in threads { thread.join() }
    #expect(threads.count == 8)
    #expect(fixture.store.ids.count == 2)
    #expect(fixture.reports.all.withLock { $0.count } == 80)
  }

  @Test func `a summary has the first problem in front, and ends at 1 KiB`() {
    let problems = (1...100).map { Diagnostic(file: "a/x.lua", line: $0, message: "wrong, again and again") }
    let summary = ReloadReport.summary(of: problems)
    #expect(summary.hasPrefix("a/x.lua:1: wrong, again and again; a/x.lua:2: "))
    #expect(summary.utf8.count <= 1024 && summary.utf8.count > 900)
    #expect(summary.hasSuffix(" more)"))
    #expect(ReloadReport.summary(of: [problems[0]]) == "a/x.lua:1: wrong, again and again")
    let long = Diagnostic(file: "a/x.lua", line: 1, message: String(repeating: "错", count: 1000))
    #expect(ReloadReport.summary(of: [long, problems[0]]).utf8.count <= 1024)
    #expect(ReloadReport.summary(of: [long, problems[0]]).hasPrefix("a/x.lua:1: 错错"))
  }

  @Test(arguments: [(100, nil), (101, "… and 1 more problem"), (102, "… and 2 more problems")])
  func `a report has 100 problems, and how many more there are`(count: Int, more: String?) {
    let problems = (1...count).map { Diagnostic(file: "a/x.lua", line: $0, message: "wrong") }
    let report = ReloadReport(
      trigger: .files, outcome: .refused(problems), areFilesRefused: true, snapshot: "abc", milliseconds: 1)
    #expect(report.lines.count == 101 + (more == nil ? 0 : 1))
    #expect(report.lines.dropLast().last == more ?? "a/x.lua:100: wrong")
  }

  @Test(arguments: [
    ("return test \"a.x\" { { name = \"requires\" } }", true, false, ["a.x"]),
    ("return test\n  (\"a.x\", {})", true, false, ["a.x"]),
    ("local e = require \"lib.e\" return test 'a.x' {}", false, false, ["a.x"]),
    ("return { test \"a.x\" {}, test \"a.y\" {} }", true, false, ["a.x", "a.y"]),
    ("local d = dataset \"x\" {}", false, true, []), ("local d = decision_table(\"x\")", false, true, []),
    ("", true, false, []), ("test", true, false, []), ("test \"", true, false, [""]),
    ("my_test \"a.z\"", true, false, []),
  ])
  func `what can be seen of tests`(text: String, standsAlone: Bool, readsData: Bool, subjects: [String]) {
    let seen = TestText(Array(text.utf8))
    #expect(seen.standsAlone == standsAlone)
    #expect(seen.readsData == readsData)
    #expect(seen.subjects == Set(subjects))
  }
}
