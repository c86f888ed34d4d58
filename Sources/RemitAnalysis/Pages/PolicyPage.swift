package import RemitEngine
private import RemitLua
private import RemitModel
package import RemitPolicy
internal import RemitWire

/// A policy as a page of Markdown, with its headings in English and Chinese: what its declaration says, and one decision.
///
/// Its version does not stand there: it changes with every file that the policy shares with others.
package struct PolicyPage {
  private let policy: LoadedPolicy
  private let example: WorkedExample?

  package init(_ policy: LoadedPolicy, example: WorkedExample?) {
    self.policy = policy
    self.example = example
  }

  /// What stands on top of a page, and of the index.
  private static let mark =
    "<!-- Written by remit policies --markdown from the declarations: edit the policy, not this. -->\n\n"

  package var text: String {
    let declaration = policy.declaration
    let parts = [
      "# \(policy.name)\n",
      declaration.summary.isEmpty ? "" : Markdown.text(declaration.summary) + "\n",
      overview, inputs, params, reasons, decision,
    ]
    return Self.mark + parts.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// The page of all policies, beside their own pages.
  package static func index(_ policies: [LoadedPolicy]) -> String {
    var text = mark + "# Policies 策略\n"
    let families = Set(policies.map(\.name.family)).sorted()
    for family in families {
      let rows = policies.filter { $0.name.family == family }.map { policy in
        [
          "[\(policy.name)](\(policy.name).md)", Markdown.text(policy.declaration.summary),
          Markdown.codes(policy.declaration.outcomes),
        ]
      }
      text += "\n## \(family)\n\n" + Markdown.table(["Policy 策略", "Decides 判断内容", "Outcomes 结论"], rows)
    }
    return text
  }

  private var overview: String {
    let declaration = policy.declaration
    var rows = [["Outcomes 结论", Markdown.codes(declaration.outcomes)]]
    if let source = declaration.source, !source.isEmpty { rows.append(["Source 依据", Markdown.text(source)]) }
    rows.append(["File 文件", Markdown.code(policy.name.file)])
    if !policy.dataFiles.isEmpty { rows.append(["Data 数据", Markdown.codes(policy.dataFiles)]) }
    if let group = declaration.group {
      let order = group.order.map { ", in the order of 排序 \(Markdown.code($0))" } ?? ""
      rows.append(["Decided together 合并判断", "rows with equal 相同字段 \(Markdown.codes(group.by))\(order)"])
    }
    return Markdown.table(["", ""], rows)
  }

  private var json: JSONView? { try? JSONView(policy.declarationJSON.array()) }

  private var inputs: String {
    guard let input = json?["input"] else { return "" }
    let rest =
      policy.declaration.isStrict
      ? "Other fields are refused. 不接受其他字段。\n" : "Other fields are not seen. 其他字段不予读取。\n"
    let table = FieldTable(input).text
    return "## Input 输入\n\n" + (table.isEmpty ? "" : table + "\n") + rest
  }

  private var params: String {
    let rows = (json?["params"]?.elements ?? []).map { param in
      let type = param["type"]
      return [
        Markdown.code(param["name"]?.string ?? ""), type.map(FieldTable.word) ?? "",
        param["default"].map { Markdown.code($0.rawText) } ?? "none 无", type.map(FieldTable.values) ?? "",
        Markdown.text(param["summary"]?.string ?? ""),
      ]
    }
    guard !rows.isEmpty else { return "" }
    let titles = ["Param 参数", "Type 类型", "Default 默认值", "Values 取值", "Meaning 说明"]
    return "## Params 参数\n\n" + Markdown.table(titles, rows)
  }

  private var reasons: String {
    let rows = policy.declaration.reasons.map { reason in
      [Markdown.code(reason.code), Markdown.text(reason.english ?? ""), Markdown.text(reason.chinese ?? "")]
    }
    return "## Reasons 理由\n\n" + Markdown.table(["Code 代码", "English", "中文"], rows)
  }

  private var decision: String {
    guard let example else { return "" }
    let params = example.params.map { ", params 参数 \(Markdown.code(JSONLayout.text($0)))" } ?? ""
    let inputs = example.inputs.map { JSONLayout.text($0, as: json?["input"]) + "\n" }.joined()
    let decisions = example.decisions.map { JSONLayout.text($0) + "\n" }.joined()
    return """
      ## Example 示例

      From its tests 取自测试: **\(Markdown.text(example.name))**. At 时间 \(Markdown.code(example.at))\(params):

      ```json
      \(inputs)```

      ```json
      \(decisions)```

      """
  }
}
