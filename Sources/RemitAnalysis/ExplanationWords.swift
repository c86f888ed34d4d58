/// The languages that explanations are written in, as the policies' own reasons are.
package enum ExplanationLanguage: String, CaseIterable, Sendable {
  case english = "en"
  case chinese = "zh"
}

/// What stands around the values, in one language.
struct ExplanationWords {
  let yes: String
  let no: String
  let absent: String
  let masked = "•••"
  let why: String
  let alsoDecided: String
  let lookedAt: String
  let conditions: String
  let turns: String
  let nothingTurns: String
  let time: String
  /// Between the texts of a list: `a, b or c`.
  let comma: String
  let or: String

  let headline: (_ policy: String, _ outcome: String) -> String
  let origin: (_ version: String, _ at: String, _ id: String) -> String
  let decidedBy: (_ file: String, _ line: Int) -> String
  let entries: (Int) -> String
  let param: (String) -> String
  let row: (_ file: String, _ row: Int) -> String
  let leftOut: (Int) -> String
  let earlierLeftOut: (Int) -> String
  let change: (_ name: String, _ to: String, _ from: String, _ by: String?, _ outcome: String) -> String
  let giving: (_ name: String, _ to: String, _ outcome: String) -> String
  let days: (Int) -> String
  let keepsEveryValue: (_ value: String, _ outcome: String) -> String
  let keepsConditions: (_ value: String, _ outcome: String) -> String
  let keeps: (_ value: String, _ outcome: String) -> String
  let indifferent: (String) -> String
  let untried: (String) -> String
  let cut: (Int) -> String
  let truncated: String

  static func of(_ language: ExplanationLanguage) -> ExplanationWords {
    switch language {
    case .english: english
    case .chinese: chinese
    }
  }

  private static var english: ExplanationWords {
    ExplanationWords(
      yes: "yes", no: "no", absent: "not given", why: "Why", alsoDecided: "The decision also says",
      lookedAt: "What it looked at", conditions: "How the conditions turned out", turns: "What would turn it",
      nothingTurns: "No change of a single field would.", time: "time of the decision", comma: ", ", or: " or ",
      headline: { "\($0): \($1)" },
      origin: { "version \($0), at \($1), id \($2)" },
      decidedBy: { "decided at \($0):\($1)" },
      entries: { $0 == 1 ? "1 entry" : "\($0) entries" },
      param: { "param \($0)" },
      row: { "\($0) row \($1)" },
      leftOut: { "and \($0) more (--json has all)" },
      earlierLeftOut: { "\($0) earlier ones are left out (--json has all)" },
      change: { name, to, from, by, outcome in
        "\(name) \(to) instead of \(from)\(by.map { " (\($0))" } ?? "") → \(outcome)"
      },
      giving: { "\($0) \($1), which is not given → \($2)" },
      days: { days in
        "\(days.magnitude) day\(days.magnitude == 1 ? "" : "s") \(days > 0 ? "later" : "earlier")"
      },
      keepsEveryValue: { "\($0) still gives \($1), and so does every value between" },
      keepsConditions: { "\($0) still gives \($1), and so does every range between that a condition sets apart" },
      keeps: { "\($0) still gives \($1)" },
      indifferent: { "No change of these alone would: \($0)." },
      untried: { "Not tried: \($0)." },
      cut: { "The search ended at its bound, after \($0) evaluations: there may be smaller changes than these." },
      truncated: "More was looked at than is noted here.")
  }

  private static var chinese: ExplanationWords {
    ExplanationWords(
      yes: "是", no: "否", absent: "未提供", why: "理由", alsoDecided: "决定中还有", lookedAt: "查看的数据",
      conditions: "各条件的结果", turns: "怎样会改变结果", nothingTurns: "单独改变任何一个字段都不会改变结果。",
      time: "决定的时间", comma: "、", or: " 或 ",
      headline: { "\($0)：\($1)" },
      origin: { "版本 \($0)，时间 \($1)，编号 \($2)" },
      decidedBy: { "依据 \($0) 第 \($1) 行" },
      entries: { "\($0) 项" },
      param: { "参数 \($0)" },
      row: { "\($0) 第 \($1) 行" },
      leftOut: { "另有 \($0) 项（--json 有全部）" },
      earlierLeftOut: { "略去前面 \($0) 个（--json 有全部）" },
      change: { name, to, from, by, outcome in
        "\(name) 由 \(from) 改为 \(to)\(by.map { "（\($0)）" } ?? "") → \(outcome)"
      },
      giving: { "\($0) 未提供，改为 \($1) → \($2)" },
      days: { "\($0 > 0 ? "推后" : "提前") \($0.magnitude) 天" },
      keepsEveryValue: { "\($0) 仍为 \($1)，其间每个值也都如此" },
      keepsConditions: { "\($0) 仍为 \($1)，其间由条件划分的每一段也都如此" },
      keeps: { "\($0) 仍为 \($1)" },
      indifferent: { "单独改变以下字段不会改变结果：\($0)。" },
      untried: { "未尝试：\($0)。" },
      cut: { "搜索在 \($0) 次计算后达到上限：可能还有更小的改变。" },
      truncated: "查看的数据多于此处所列。")
  }
}
