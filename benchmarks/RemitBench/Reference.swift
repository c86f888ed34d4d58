private import RemitWire

/// The natural policy once more, in plain Swift, written from its words and not from its Lua: what the answers must be.
struct Reference {
  /// What stands between id and decision, by policy.
  let naturalLabel: String
  let approveLabel: String

  /// The result lines of one input under both policies, without newlines; nil where it is no transaction of the benchmark.
  func answers(to line: some Collection<UInt8>) -> (natural: String, approve: String)? {
    guard let json = try? JSONView(line), let id = json["id"]?.rawText, let transaction = Transaction(json) else {
      return nil
    }
    return (
      "{\"id\":\(id)\(naturalLabel),\"decision\":\(transaction.decision)}",
      "{\"id\":\(id)\(approveLabel),\"decision\":{\"outcome\":\"approve\",\"reasons\":[\"approved\"]}}"
    )
  }
}

/// What the natural policy reads of a line.
private struct Transaction {
  let date: String
  let category: String
  let amount, budget: ExactDecimal
  let requester, vendor: String
  let level: Int
  let vendorIsApproved, isUrgent, hasSoleSource: Bool
  let probability, exposure: ExactDecimal
  let years, overdueDays: Int
  let equity, debt, profit: ExactDecimal

  init?(_ json: JSONView) {
    func decimal(_ key: String) -> ExactDecimal? { json[key].flatMap { ExactDecimal($0.rawText) } }
    guard
      let date = json["date"]?.string, let category = json["category"]?.string,
      let amount = decimal("amount"), let budget = decimal("budget"),
      let requester = json["requester"]?["id"]?.string, let level = json["requester"]?["level"]?.integer,
      let vendor = json["vendor"]?["id"]?.string, let approved = json["vendor"]?["approved"]?.boolean,
      let urgent = json["urgent"]?.boolean, let soleSource = json["sole_source"]?.boolean,
      let probability = decimal("probability"), let exposure = decimal("exposure"),
      let years = json["years"]?.integer, let overdueDays = json["overdue_days"]?.integer,
      let equity = decimal("equity"), let debt = decimal("debt"), let profit = decimal("profit"),
      (1...6).contains(level), Self.limits[category] != nil
    else { return nil }
    self.date = date
    self.category = category
    (self.amount, self.budget) = (amount, budget)
    (self.requester, self.vendor) = (requester, vendor)
    self.level = level
    (vendorIsApproved, isUrgent, hasSoleSource) = (approved, urgent, soleSource)
    (self.probability, self.exposure) = (probability, exposure)
    (self.years, self.overdueDays) = (years, overdueDays)
    (self.equity, self.debt, self.profit) = (equity, debt, profit)
  }

  /// The most that a requester of level 1, 2, … may spend alone.
  private static let limits: [String: [Int]] = [
    "expense": [1_000, 5_000, 20_000, 50_000, 500_000, 2_000_000],
    "fixed_asset": [500, 2_000, 10_000, 20_000, 200_000, 2_000_000],
    "construction": [500, 2_000, 10_000, 20_000, 200_000, 1_000_000],
  ]
  /// Who signs above which amount.
  private static let signers = [
    (0, "department_head"), (5_000, "manager"), (50_000, "director"), (500_000, "cfo"), (2_000_000, "board"),
  ]
  /// The expected losses below which a band lies; above all of them it is critical.
  private static let bands = [(1_000, "low"), (10_000, "medium"), (100_000, "high")]
  private static let leverageMax = ExactDecimal("0.7")!
  private static let coverageMin = ExactDecimal("3.5")!

  private var route: [String] {
    var route: [String] = []
    let limit = ExactDecimal(Self.limits[category]![level - 1])
    if amount > limit { route = Self.signers.filter { amount > ExactDecimal($0.0) }.map(\.1) }
    if hasSoleSource || !vendorIsApproved { route.append("buyer") }
    if amount > budget { route.append("finance") }
    if category == "construction" && !isUrgent { route.append("cost_accounting") }
    return route
  }

  private var expectedLoss: ExactDecimal { probability * exposure }

  private var band: String {
    Self.bands.first { expectedLoss < ExactDecimal($0.0) }?.1 ?? "critical"
  }

  /// The conditions of financing that are not met.
  private var failed: [String] {
    let conditions = [
      ("years", years >= 3), ("leverage", debt <= equity * Self.leverageMax),
      ("coverage", profit * Self.coverageMin >= debt), ("overdue", overdueDays <= 30), ("risk", band != "critical"),
    ]
    return conditions.filter { !$0.1 }.map(\.0)
  }

  private var verdict: (outcome: String, reason: String) {
    if requester == vendor { return ("reject", "self_dealing") }
    if date < "2025-01-01" { return ("reject", "period_closed") }
    return route.isEmpty ? ("approve", "within_limit") : ("route", "approval_required")
  }

  /// As Remit writes it: outcome and reasons, then the rest in the order of its bytes.
  var decision: String {
    func list(_ words: [String]) -> String { "[" + words.map { "\"\($0)\"" }.joined(separator: ",") + "]" }
    return "{\"outcome\":\"\(verdict.outcome)\",\"reasons\":\(list([verdict.reason])),\"band\":\"\(band)\","
      + "\"eligible\":\(failed.isEmpty),\"failed\":\(list(failed)),\"risk\":\(expectedLoss.text),\"route\":\(list(route))}"
  }
}
