import RemitLua
import RemitModel
import RemitPolicy
import RemitTestKit
import Testing

@Suite("Datasets")
struct DatasetTests {
  private func store(
    _ folder: TemporaryFolder, after former: ModuleStore? = nil, limits: Limits = Limits()
  ) -> ModuleStore {
    let folder = PolicyFolder(policies: folder.path + "/policies", plugins: folder.path + "/plugins")
    return ModuleStore(folder: folder, limits: limits, takingOverFrom: former)
  }

  private func load(_ store: ModuleStore, _ names: String...) throws -> [PolicyMachine] {
    try names.map { try PolicyLoader(store).load(named: $0).1 }
  }

  private let declared = "local d = dataset \"data/d.csv\" { role = text {}, level = optional(integer {}) }"
  private let rows = "role,level\nclerk,1\nmanager,\n"

  @Test("All machines of a snapshot have one dataset, whichever policy declares it")
  func onceForAll() throws {
    let folder = TemporaryFolder([
      "policies/a/x.lua": simplePolicy(declared), "policies/a/y.lua": simplePolicy("-- another\n" + declared),
      "policies/data/d.csv": rows,
    ])
    let store = store(folder)
    let machines = try load(store, "a.x", "a.x", "a.y")
    #expect(machines.count == 3)
    #expect(store.datasets.count == 1)
    #expect(store.datasets.first?.rows == 2)
  }

  @Test("Another declaration of the same file is another dataset")
  func declarations() throws {
    let others = [
      "dataset \"data/d.csv\" { role = text {} }",
      "dataset \"data/d.csv\" { role = optional(text {}), level = optional(integer {}) }",
      "dataset \"data/d.csv\" { role = text { max = 9 }, level = optional(integer {}) }",
      "dataset \"data/d.csv\" { role = enum { \"clerk\", \"manager\" }, level = optional(integer {}) }",
      "dataset \"data/d.csv\" { role = enum { \"manager\", \"clerk\" }, level = optional(integer {}) }",
      "dataset(\"data/d.csv\", { role = text {}, level = optional(integer {}) }, { unique = { \"role\" } })",
      "dataset(\"data/d.csv\", { role = text {}, level = optional(integer {}) }, { unique = { \"level\" } })",
    ]
    var files = ["policies/a/x.lua": simplePolicy(declared), "policies/data/d.csv": rows]
    for (index, other) in others.enumerated() {
      files["policies/b/p\(index).lua"] = simplePolicy("local d = \(other)")
    }
    let folder = TemporaryFolder(files)
    let store = store(folder)
    _ = try load(store, "a.x")
    for index in others.indices {
      _ = try load(store, "b.p\(index)")
      #expect(store.datasets.count == index + 2, "\(others[index])")
    }
  }

  @Test("The next snapshot takes over what has not changed, and nothing else")
  func takenOver() throws {
    let other = "local e = dataset \"data/e.csv\" { role = text {} }"
    let folder = TemporaryFolder([
      "policies/a/x.lua": simplePolicy(declared + "\n" + other), "policies/data/d.csv": rows,
      "policies/data/e.csv": "role\na\n",
    ])
    let first = store(folder)
    let machines = try load(first, "a.x")
    folder.write("role\nb\n", to: "policies/data/e.csv")
    let second = store(folder, after: first)
    #expect(second.datasets.isEmpty)
    let laterMachines = try load(second, "a.x")
    let before = Set(first.datasets.map(ObjectIdentifier.init))
    let after = Set(second.datasets.map(ObjectIdentifier.init))
    #expect(before.count == 2 && after.count == 2)
    #expect(before.intersection(after).count == 1)
    let shared = try #require(second.datasets.first { before.contains(ObjectIdentifier($0)) })
    #expect(shared.rows == 2)
    withExtendedLifetime((machines, laterMachines)) {}
  }

  @Test("A snapshot that nobody holds any more leaves no dataset behind")
  func freed() throws {
    let folder = TemporaryFolder(["policies/a/x.lua": simplePolicy(declared), "policies/data/d.csv": rows])
    var first: ModuleStore? = store(folder)
    var machines = try load(try #require(first), "a.x")
    weak let dataset = first?.datasets.first
    let second = store(folder, after: first)
    first = nil
    #expect(dataset != nil, "a machine holds it")
    machines = []
    #expect(machines.isEmpty && dataset == nil)
    #expect(try load(second, "a.x").count == 1, "and the next snapshot makes its own")
    #expect(second.datasets.count == 1)
  }

  @Test("A file that changes between two declarations of it is no snapshot")
  func changed() throws {
    let folder = TemporaryFolder([
      "policies/a/x.lua": simplePolicy(declared),
      "policies/a/y.lua": simplePolicy("local d = dataset \"data/d.csv\" { role = text {} }"),
      "policies/data/d.csv": rows,
    ])
    let store = store(folder)
    _ = try load(store, "a.x")
    folder.write(rows + "director,3\n", to: "policies/data/d.csv")
    #expect(try load(store, "a.x").count == 1)
    do throws(PolicyLoadError) {
      _ = try PolicyLoader(store).load(named: "a.y")
      Issue.record("the file has changed")
    } catch {
      guard case .broken(let diagnostics) = error else { throw error }
      #expect(diagnostics.map(\.description) == ["data/d.csv: has changed while policies were loaded: try again"])
    }
  }

  @Test("What datasets and their indexes hold counts against loading")
  func tooLarge() throws {
    let rows = (0..<100_000).map { "\($0)000000007,\($0)" }.joined(separator: "\n")
    let columns = "n = integer {}, m = integer {}"
    let find = { (keys: String) in "local r = d:find { \(keys) }" }
    let folder = TemporaryFolder([
      "policies/a/x.lua": simplePolicy("local d = dataset \"data/d.csv\" { \(columns) }"),
      "policies/a/y.lua": simplePolicy(
        "local d = dataset \"data/d.csv\" { \(columns) }\n\(find("n = 1"))\n\(find("m = 1"))\n\(find("n = 1, m = 2"))"),
      "policies/data/d.csv": "n,m\n" + rows + "\n",
    ])
    func failure(_ name: String, megabytes: Int, instructions: Int64 = 100_000_000) -> [String] {
      var limits = Limits()
      limits.load.memoryBytesMax = megabytes << 20
      limits.load.instructionsMax = instructions
      do throws(PolicyLoadError) {
        _ = try PolicyLoader(store(folder, limits: limits)).load(named: name)
        return []
      } catch {
        guard case .broken(let diagnostics) = error else { return ["\(name) is unknown"] }
        return diagnostics.map(\.description)
      }
    }
    #expect(failure("a.x", megabytes: 8) == [])
    #expect(failure("a.x", megabytes: 1) == ["a/x.lua:1: data/d.csv: a dataset of more than 1 MiB"])
    #expect(failure("a.y", megabytes: 8) == [])
    let tooMuch = failure("a.y", megabytes: 3)
    #expect(
      tooMuch.count == 1
        && tooMuch.first?.contains("the datasets of a policy and their indexes take more than 3 MiB") == true)
    #expect(failure("a.x", megabytes: 8, instructions: 300_000) == [])
    #expect(
      failure("a.y", megabytes: 8, instructions: 300_000).first?.contains("the budget of instructions is spent") == true
    )
  }

  @Test("Machines on many threads share one dataset and its indexes")
  func threads() async throws {
    let find = "local r = d:find { role = \"r77\" }\nif r.n ~= 77 then error(\"not found\") end"
    let folder = TemporaryFolder([
      "policies/a/x.lua": simplePolicy("local d = dataset \"data/d.csv\" { role = text {}, n = integer {} }\n" + find),
      "policies/data/d.csv": "role,n\n" + (0..<20_000).map { "r\($0),\($0)\n" }.joined(),
    ])
    let store = store(folder)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask { for _ in 0..<4 { _ = try PolicyLoader(store).load(named: "a.x") } }
      }
      try await group.waitForAll()
    }
    #expect(store.datasets.count == 1)
  }

  @Test("Look-ups that are written out are indexed while loading, once for all machines")
  func indexes() throws {
    let find = "local r = d:find { role = \"clerk\" }"
    let folder = TemporaryFolder([
      "policies/a/x.lua": simplePolicy(declared), "policies/a/y.lua": simplePolicy(declared + "\n" + find),
      "policies/data/d.csv": rows,
    ])
    let store = store(folder)
    _ = try load(store, "a.x")
    let dataset = try #require(store.datasets.first)
    #expect(dataset.indexByteCount == 0)
    _ = try load(store, "a.y")
    let bytes = dataset.indexByteCount
    #expect(bytes > 0)
    _ = try load(store, "a.y", "a.x")
    #expect(dataset.indexByteCount == bytes)
  }
}
