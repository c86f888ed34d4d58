private import RemitModel
private import RemitPolicy

extension CoverageReport {
  /// The report as lines of text: a table, and what is missing.
  package var text: [String] {
    var rows = [["", "cases", "reasons", "outcomes", "lines", "branches"]]
    for policy in policies {
      rows.append([
        policy.name.description, "\(policy.cases)", policy.reasonRatio.fraction, policy.outcomeRatio.fraction,
        policy.files.lineRatio.percent, policy.files.branchRatio.percent,
      ])
    }
    for module in modules {
      rows.append([module.file.file, "", "", "", module.lineRatio.percent, module.branchRatio.percent])
    }
    for plugin in plugins {
      rows.append([
        "plugin.\(plugin.name)", "\(plugin.cases)", "", "", plugin.files.lineRatio.percent,
        plugin.files.branchRatio.percent,
      ])
    }
    rows.append([
      "all", "\(caseCount)", reasonRatio.fraction, outcomeRatio.fraction, lineRatio.percent, branchRatio.percent,
    ])
    return Self.table(rows) + (gaps.isEmpty ? [] : ["", "not covered:"] + gaps.map { "  \($0)" })
  }

  package var caseCount: Int { policies.reduce(0) { $0 + $1.cases } + plugins.reduce(0) { $0 + $1.cases } }

  /// The first column stands left, the others right.
  private static func table(_ rows: [[String]]) -> [String] {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + space : space + cell
      }
      return cells.joined(separator: "  ")
    }
  }
}

extension CoverageReport.Ratio {
  /// `3/4`
  package var fraction: String { "\(covered)/\(total)" }
}

extension [FileCoverage] {
  package var lineRatio: CoverageReport.Ratio { map(\.lineRatio).reduce(.init(), +) }
  package var branchRatio: CoverageReport.Ratio { map(\.branchRatio).reduce(.init(), +) }
}
