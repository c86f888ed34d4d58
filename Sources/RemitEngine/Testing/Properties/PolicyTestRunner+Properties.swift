private import RemitLua
internal import RemitModel
internal import RemitPolicy
internal import RemitWire

/// Cases that say what holds of every input:
///
/// ```lua
/// { name = "more money never needs fewer signatures", given = { category = "expense" }, runs = 500, seed = 7,
///   property = function(tx, decide)
///     local before = decide(tx)
///     tx.amount = tx.amount + 1
///     return #decide(tx).route >= #before.route, "fewer"
///   end },
/// ```
///
/// Inputs are generated from the policy's declaration, the same ones each time. One that fails is made smaller as long as it fails.
extension PolicyTestRunner {
  static let runsDefault = 200
  static let runsMax = 10_000
  /// So many smaller inputs are tried for one that fails.
  private static let triesMax = 2_000

  /// Runs one property, and says for which input it does not hold.
  func runProperty(_ item: Case, of policy: LoadedPolicy) -> [String] {
    let test = item.test
    guard let number = test["property"]?["function"]?.integer else { return ["property: expected a function"] }
    guard let declaration = try? JSONView(policy.declarationJSON.array()),
      let record = declaration["input"].flatMap({ InputShape($0) })
    else { return ["no inputs can be generated: the declaration has a type that is not known"] }
    let given = test["given"]
    let isGroup = policy.declaration.group != nil
    let property: PropertyTest
    do {
      let loader = PolicyLoader(policy.store)
      let evaluator = try evaluator(of: test, policy)
      property = PropertyTest(UInt32(clamping: number), of: policy, evaluator: evaluator) {
        () throws(PolicyLoadError) in
        try loader.testMachine(module: item.module)
      }
    } catch {
      return ["got the error \(error.code.rawValue): \(error.message)"]
    }
    let shape = isGroup ? InputShape.list(record, count: 1...6) : record
    let seed = self.seed ?? test["seed"]?.integer.map { UInt64(bitPattern: Int64($0)) } ?? 1
    let runs = test["runs"]?.integer ?? Self.runsDefault
    let day = CivilDay.number(test["at"]?.string ?? Self.defaultAt) ?? 0
    let edges = Self.edges(of: policy, test)
    for run in 1...runs {
      // A run has random numbers of its own: the same whatever the others needed.
      var generator = SampleGenerator(
        seed: seed &+ UInt64(run) &* 0xD134_2543_DE82_EF95, edges: edges, day: day)
      let sample =
        isGroup
        ? Sample.list((0..<generator.rows()).map { _ in generator.sample(record, given: given) })
        : generator.sample(record, given: given)
      guard let failure = property.failure(sample.json) else { continue }
      let (small, message) = Self.shrunk(sample, failure, shape, day: day, property)
      return [
        message, "counterexample: \(small.json)",
        "in run \(run) of \(runs), seed \(seed): repeat it with --seed \(seed)",
      ]
    }
    guard property.hasDecided else {
      let reason = property.lastError.map { "the last error was \($0)" } ?? "the property never calls decide"
      return ["none of \(runs) inputs was decided, so nothing was tried: \(reason)"]
    }
    return []
  }

  private static func shrunk(
    _ sample: Sample, _ failure: String, _ shape: InputShape, day: Int, _ property: PropertyTest
  ) -> (Sample, String) {
    var smallest = (sample, failure)
    var tries = 0
    search: while tries < triesMax {
      for candidate in smallest.0.smaller(shape, day: day) {
        tries += 1
        if let failure = property.failure(candidate.json) {
          smallest = (candidate, failure)
          continue search
        }
        if tries == triesMax { break }
      }
      break
    }
    return smallest
  }

  /// Numbers among the params as the case has them: decisions turn there.
  private static func edges(of policy: LoadedPolicy, _ test: JSONView) -> [String] {
    policy.declaration.params.flatMap { param in
      let set = test["params"]?[param.name]
      let value = set ?? param.defaultJSON.flatMap { try? JSONView($0) }
      return value.map { numbers(in: $0) } ?? []
    }
  }

  private static func numbers(in view: JSONView) -> [String] {
    switch view.kind {
    case .number: [view.rawText]
    case .string: Scaled.value(view.string ?? "", places: 0) == nil ? [] : [view.string ?? ""]
    case .array: view.elements.flatMap { numbers(in: $0) }
    case .object: view.members.flatMap { numbers(in: $0.value) }
    default: []
    }
  }
}
