private import Glibc
private import RemitEngine
private import RemitLua
private import RemitModel
private import RemitPolicy
private import RemitWire

/// A large dataset: how long it loads, what it holds, and what a look-up takes.
///
/// A decision asks for each customer of a list in turn, or only goes through the list; the difference, by the customers, is a look-up.
/// Customers are drawn at random, so that hardly any row is in a cache.
struct DatasetBench {
  private static let categories = ["expense", "fixed_asset", "construction", "payment", "financing"]
  private static let modes = ["idle", "none", "key", "day"]
  private let customers: Int
  private let rounds: Int
  private let asked = 400

  init(_ options: Options) {
    customers = options.isSmall ? 2_000 : 100_000
    rounds = options.isSmall ? 3 : 30
  }

  private var rows: Int { customers * Self.categories.count * 2 }

  /// The figures as Markdown. The answers are held against the file's own numbers first.
  func report() throws -> String {
    let (folder, fileBytes) = try writeFolder()
    let store = ModuleStore(folder: PolicyFolder(policies: folder, plugins: "plugins"))
    let loader = PolicyLoader(store)
    let before = residentBytes()
    let (policy, machine, first) = try load(loader)
    let one = residentBytes()
    let (_, other, second) = try load(loader)
    let two = residentBytes()
    guard store.datasets.count == 1, let dataset = store.datasets.first, dataset.rows == rows else {
      throw BenchError("\(rows) rows are not one dataset")
    }
    let evaluator = try Evaluator(policy, machine: machine, params: Array("{}".utf8), at: "2025-06-15T08:00:00Z")
    try check(evaluator)
    let times = try time(evaluator)
    func size(_ bytes: Int) -> String { "\(megabytes(bytes)) | \(hundredths(Double(bytes) / Double(fileBytes)))" }
    func lookUp(_ mode: Int) -> String { "\(Int(((times[mode] - times[0]) / Double(asked)).rounded()))" }
    return withExtendedLifetime(other) {
      """

      | dataset, \(grouped(rows)) rows of 5 columns | MB | of the file |
      | --- | --: | --: |
      | the file | \(size(fileBytes)) |
      | the dataset | \(size(dataset.byteCount)) |
      | its index over two columns and days | \(size(dataset.indexByteCount)) |
      | resident for the first machine with it | \(size(one - before)) |
      | and for a second one | \(size(two - one)) |

      Loading takes \(grouped(first)) ms the first time, index included, and \(grouped(second)) ms in another machine.

      | look-up by two columns, processor time | ns |
      | --- | --: |
      | `find`, and no row has the keys | \(lookUp(1)) |
      | `find`, and the row's table | \(lookUp(2)) |
      | `at(day):find`, and the row's table | \(lookUp(3)) |

      Each is the median of \(grouped(rounds)) decisions about \(grouped(asked)) customers drawn at random.

      """
    }
  }

  private func load(_ loader: PolicyLoader) throws(BenchError) -> (LoadedPolicy, PolicyMachine, milliseconds: Int) {
    do throws(PolicyLoadError) {
      let start = Clock.wall.nanoseconds
      let (policy, machine) = try loader.load(named: "benchmark.lookup")
      return (policy, machine, Int((Clock.wall.nanoseconds - start) / 1_000_000))
    } catch {
      guard case .broken(let diagnostics) = error else { throw BenchError("the dataset's policy is not there") }
      throw BenchError(diagnostics.map(\.description).joined(separator: "\n"))
    }
  }

  // MARK: Questions

  /// In hundredths: what the file has for the customer's payments of 2024.
  private func limit(of customer: Int, category: Int, year: Int) -> Int {
    100_000 + (customer &* 7_919 + category &* 104_729 + year &* 1_299_709) % 90_000_000
  }

  private func name(_ customer: Int) -> String {
    let digits = "\(customer)"
    return "C" + String(repeating: "0", count: 7 - digits.count) + digits
  }

  private func question(_ mode: String, _ drawn: [Int]) -> ByteBlock {
    // Nobody has a name that ends in a letter.
    let names = drawn.map { "\"\(name($0))\(mode == "none" ? "x" : "")\"" }.joined(separator: ",")
    return ByteBlock(Array("{\"mode\":\"\(mode)\",\"customers\":[\(names)]}".utf8))
  }

  private func check(_ evaluator: Evaluator) throws(BenchError) {
    var output = ByteWriter()
    for customer in [0, 1, customers / 2, customers - 1] {
      for (mode, year) in [("day", 2024), ("key", 2023)] {
        output.truncate(to: 0)
        _ = decide(question(mode, [customer]), evaluator, into: &output)
        let sum = limit(of: customer, category: 3, year: year)
        let got = String(decoding: output.bytes, as: UTF8.self)
        guard got.contains("\"hundredths\":\(sum)}") else {
          throw BenchError("wrong answer of a dataset: \(got)expected \(sum)")
        }
      }
    }
  }

  /// The median time of a decision, by mode.
  private func time(_ evaluator: Evaluator) throws(BenchError) -> [Double] {
    var generator = SystemRandomNumberGenerator()
    var output = ByteWriter()
    var times: [[Double]] = Self.modes.map { _ in [] }
    for _ in 0..<rounds {
      for (index, mode) in Self.modes.enumerated() {
        let drawn = (0..<asked).map { _ in Int.random(in: 0..<customers, using: &generator) }
        let question = question(mode, drawn)
        let start = Clock.processor.nanoseconds
        let outcome = decide(question, evaluator, into: &output)
        times[index].append(Double(Clock.processor.nanoseconds - start))
        guard outcome == 0 else {
          throw BenchError("a look-up failed: \(String(decoding: output.bytes, as: UTF8.self))")
        }
        output.truncate(to: 0)
      }
    }
    return times.map(\.median)
  }

  private func decide(_ input: ByteBlock, _ evaluator: Evaluator, into output: inout ByteWriter) -> Int? {
    // SAFETY: the block lives through the call, and has its padding.
    unsafe evaluator.decide(UnsafeRawBufferPointer(input.bytes), line: 1, into: &output)
  }

  // MARK: Memory

  private func residentBytes() -> Int {
    let fields = String(decoding: (try? readFile("/proc/self/statm")) ?? [], as: UTF8.self).split(separator: " ")
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE)) : 0
  }

  private func megabytes(_ bytes: Int) -> String { hundredths(Double(bytes) / 1e6) }

  private func hundredths(_ value: Double) -> String {
    let whole = Int((value * 100).rounded())
    let places = "\(whole % 100)"
    return "\(whole / 100).\(places.count < 2 ? "0" : "")\(places)"
  }

  // MARK: The policy

  private func writeFolder() throws(BenchError) -> (path: String, fileBytes: Int) {
    let folder = ".build/dataset-\(customers)"
    for path in [".build", folder, "\(folder)/benchmark"] { unsafe mkdir(path, 0o755) }
    let policy = """
      local limits = dataset "benchmark/limits.csv" {
        customer = text {}, category = enum { "\(Self.categories.joined(separator: "\", \""))" }, limit = money {},
        from = date {}, to = optional(date {}),
      }

      return policy {
        summary  = "The sum of the limits of some customers.",
        outcomes = { "approve" },
        input    = record { mode = enum { "\(Self.modes.joined(separator: "\", \""))" }, customers = list { of = text {} } },
        reasons  = { ok = { en = "Asked.", zh = "已查询。" } },
        decide   = function(tx)
          local sum, mode, row = 0, tx.mode, nil
          for _, customer in ipairs(tx.customers) do
            if mode == "day" then
              row = limits:at("2024-05-05"):find { customer = customer, category = "payment" }
            elseif mode ~= "idle" then
              row = limits:find { customer = customer, category = "payment" }
            end
            if row then
              sum = sum + row.limit
            end
          end
          return { outcome = "approve", reasons = { "ok" }, hundredths = sum * 100 }
        end,
      }
      """
    var csv = "customer,category,limit,from,to\n"
    csv.reserveCapacity(rows * 50)
    for customer in 0..<customers {
      for (index, category) in Self.categories.enumerated() {
        for year in [2023, 2024] {
          let limit = limit(of: customer, category: index, year: year)
          let cents = "\(limit % 100)"
          csv += "\(name(customer)),\(category),\(limit / 100).\(cents.count < 2 ? "0" : "")\(cents),\(year)-01-01,"
          csv += year == 2023 ? "2023-12-31\n" : "\n"
        }
      }
    }
    try write(policy, to: "\(folder)/benchmark/lookup.lua")
    try write(csv, to: "\(folder)/benchmark/limits.csv")
    return (folder, csv.utf8.count)
  }

  private func write(_ text: String, to path: String) throws(BenchError) {
    guard let file = unsafe fopen(path, "w") else { throw BenchError("cannot write \(path)") }
    let bytes = Array(text.utf8)
    // SAFETY: the array lives through the call, and the file is closed once.
    let written = unsafe fwrite(bytes, 1, bytes.count, file)
    guard unsafe fclose(file) == 0, written == bytes.count else { throw BenchError("cannot write \(path)") }
  }
}
