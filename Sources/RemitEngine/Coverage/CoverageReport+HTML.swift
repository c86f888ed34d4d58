private import RemitModel
private import RemitPolicy
private import RemitSyntax
internal import RemitWire

extension CoverageReport {
  /// The report as one page that needs nothing else: a summary, and each file with what its lines and conditions counted.
  package func html() -> [UInt8] {
    var page = CoveragePage()
    page.begin()
    page.summary(self)
    for file in files { page.source(of: file) }
    page.end()
    return page.bytes
  }
}

/// Writes the page. Every text from outside goes through `text`.
private struct CoveragePage: ~Copyable {
  private var output = ByteWriter()

  var bytes: [UInt8] { output.bytes }

  mutating func begin() {
    output.append(
      """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>Coverage of the policies</title>
      <style>
      \(Self.style)
      </style>
      </head>
      <body>
      <h1>Coverage of the policies</h1>

      """)
  }

  mutating func end() {
    output.append("</body>\n</html>\n")
  }

  // MARK: The summary

  mutating func summary(_ report: CoverageReport) {
    output.append("<table class=\"summary\">\n<thead><tr><th scope=\"col\">policy or file</th>")
    for title in ["cases", "reasons", "outcomes", "lines", "branches"] {
      output.append("<th scope=\"col\" class=\"number\">\(title)</th>")
    }
    output.append("</tr></thead>\n<tbody>\n")
    for policy in report.policies {
      row(
        policy.name.description, policy.files, cases: policy.cases, reasons: policy.reasonRatio,
        outcomes: policy.outcomeRatio)
    }
    for module in report.modules { row(module.file.file, [module]) }
    for plugin in report.plugins { row("plugin.\(plugin.name)", plugin.files, cases: plugin.cases) }
    output.append("</tbody>\n<tfoot>\n")
    row(
      "all", report.files, cases: report.caseCount, reasons: report.reasonRatio, outcomes: report.outcomeRatio,
      link: false)
    output.append("</tfoot>\n</table>\n")
    uncited(report)
  }

  private mutating func row(
    _ name: String, _ files: [FileCoverage], cases: Int? = nil, reasons: CoverageReport.Ratio? = nil,
    outcomes: CoverageReport.Ratio? = nil, link: Bool = true
  ) {
    output.append("<tr><th scope=\"row\">")
    if link, let first = files.first {
      output.append("<a href=\"#\(Self.anchor(first))\">")
      text(name)
      output.append("</a>")
    } else {
      text(name)
    }
    output.append("</th><td class=\"number\">\(cases.map { "\($0)" } ?? "")</td>")
    cell(reasons) { $0.fraction }
    cell(outcomes) { $0.fraction }
    cell(files.lineRatio) { $0.percent }
    cell(files.branchRatio) { $0.percent }
    output.append("</tr>\n")
  }

  private mutating func cell(_ ratio: CoverageReport.Ratio?, _ words: (CoverageReport.Ratio) -> String) {
    guard let ratio else { return output.append("<td></td>") }
    let isWhole = ratio.covered == ratio.total
    output.append("<td class=\"number\(isWhole ? "" : " short")\" title=\"\(ratio.fraction)\">\(words(ratio))</td>")
  }

  /// Reasons and outcomes are in no line of the files: a list of its own.
  private mutating func uncited(_ report: CoverageReport) {
    let gaps = report.policies.flatMap { policy in policy.gaps.map { "\(policy.name): \($0)" } } + report.problems
    guard !gaps.isEmpty else { return }
    output.append("<ul class=\"gaps\">\n")
    for gap in gaps {
      output.append("<li>")
      text(gap)
      output.append("</li>\n")
    }
    output.append("</ul>\n")
  }

  // MARK: A file

  mutating func source(of file: FileCoverage) {
    let (lines, branches) = (file.lineRatio, file.branchRatio)
    let isWhole = lines.covered == lines.total && branches.covered == branches.total
    output.append("<details id=\"\(Self.anchor(file))\"\(isWhole ? "" : " open")>\n<summary><h2>")
    text(file.file.file)
    output.append(
      "</h2> <span\(isWhole ? "" : " class=\"short\"")>lines \(lines.percent) (\(lines.fraction)), branches "
        + "\(branches.percent) (\(branches.fraction))</span></summary>\n<table class=\"source\">\n")
    let hits = Dictionary(uniqueKeysWithValues: file.lines.map { ($0.number, $0.hits) })
    let missed = file.branches.filter { $0.isReached && !$0.missing.isEmpty }
    var start = 0
    for (index, line) in file.file.source.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .enumerated()
    {
      let range = start..<start + line.count
      start = range.upperBound + 1
      if start > file.file.source.count && line.isEmpty { break }
      self.line(index + 1, line, hits: hits[index + 1], missed.filter { $0.site.range.overlaps(range) }, range)
    }
    output.append("</table>\n</details>\n")
  }

  private mutating func line(
    _ number: Int, _ bytes: ArraySlice<UInt8>, hits: Int?, _ missed: [FileCoverage.Branch], _ range: Range<Int>
  ) {
    let state = hits == 0 ? " class=\"miss\"" : !missed.isEmpty ? " class=\"part\"" : ""
    output.append(
      "<tr\(state)><td class=\"number\">\(number)</td><td class=\"number\">\(hits.map { "\($0)" } ?? "")</td><td><code>"
    )
    marked(bytes, missed, range)
    output.append("</code>")
    for branch in missed where range.contains(branch.site.range.lowerBound) {
      output.append("<small>")
      let words = String(decoding: bytes.dropFirst(branch.site.range.lowerBound - range.lowerBound), as: UTF8.self)
      let whole = words.utf8.prefix(branch.site.range.count)
      text(
        "\(String(decoding: whole, as: UTF8.self))\(whole.count < branch.site.range.count ? " …" : ""): \(branch.fault)"
      )
      output.append("</small>")
    }
    output.append("</td></tr>\n")
  }

  /// The line with its conditions marked; those of a tree, they nest.
  private mutating func marked(_ bytes: ArraySlice<UInt8>, _ missed: [FileCoverage.Branch], _ range: Range<Int>) {
    let marks = missed.map { (range: $0.site.range.clamped(to: range), fault: $0.fault) }
    var position = range.lowerBound
    func isEnd(_ offset: Int) -> Int { marks.count { $0.range.upperBound == offset } }
    let stops = Set(marks.flatMap { [$0.range.lowerBound, $0.range.upperBound] }).sorted()
    for stop in stops {
      write(bytes, position..<stop, of: range)
      position = stop
      for _ in 0..<isEnd(stop) { output.append("</mark>") }
      // The longest opens first.
      for mark in marks.filter({ $0.range.lowerBound == stop }).sorted(by: { $0.range.count > $1.range.count }) {
        output.append("<mark title=\"\(mark.fault)\">")
      }
    }
    write(bytes, position..<range.upperBound, of: range)
  }

  private mutating func write(_ bytes: ArraySlice<UInt8>, _ part: Range<Int>, of line: Range<Int>) {
    let offset = bytes.startIndex - line.lowerBound
    text(String(decoding: bytes[part.lowerBound + offset..<part.upperBound + offset], as: UTF8.self))
  }

  // MARK: Text

  /// A text with what HTML reads as its own written out, and control characters, which a page may not hold, shown.
  private mutating func text(_ text: String) {
    var safe = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": safe += "&amp;"
      case "<": safe += "&lt;"
      case ">": safe += "&gt;"
      case "\"": safe += "&quot;"
      case "'": safe += "&#39;"
      case "\r": break
      case "\t": safe += "\t"
      case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value): safe += "\u{FFFD}"
      // What turns the direction of the text around it.
      case _ where (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value):
        safe += "\u{FFFD}"
      default: safe.unicodeScalars.append(scalar)
      }
    }
    output.append(safe)
  }

  /// An id for a file: its letters and digits, anything else written as its number.
  private static func anchor(_ file: FileCoverage) -> String {
    file.file.file.utf8.reduce(into: "file-") { id, byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "_"):
        id.unicodeScalars.append(Unicode.Scalar(byte))
      case UInt8(ascii: "/"): id += "-"
      default: id += "_\(byte)-"
      }
    }
  }

  private static let style = """
    :root { color-scheme: light dark; --text: #1d2433; --soft: #667085; --page: #ffffff; --rule: #d8dce5; --miss: #ffe1e0;
      --part: #fff3cd; --mark: #ffd666; --short: #b42318; --link: #1d4ed8; }
    @media (prefers-color-scheme: dark) {
      :root { --text: #e3e7ef; --soft: #98a2b3; --page: #14181f; --rule: #333b4a; --miss: #53201f; --part: #46391a;
        --mark: #7a5c10; --short: #ff9c94; --link: #8ab4ff; }
    }
    body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: var(--text); background: var(--page);
      font: 15px/1.45 system-ui, sans-serif; }
    h1 { font-size: 1.5rem; }
    h2 { display: inline; font-size: 1rem; }
    a { color: var(--link); }
    table { border-collapse: collapse; }
    .summary { width: 100%; }
    .summary th, .summary td { padding: .25rem .6rem; border-bottom: 1px solid var(--rule); text-align: left;
      font-weight: normal; }
    .summary thead th { color: var(--soft); }
    .summary tfoot th, .summary tfoot td { font-weight: bold; }
    table .number { text-align: right; font-variant-numeric: tabular-nums; }
    .short, .gaps { color: var(--short); }
    details { margin: 1rem 0; border: 1px solid var(--rule); border-radius: .4rem; overflow-x: auto; }
    summary { padding: .5rem .8rem; cursor: pointer; }
    summary span { margin-left: .8rem; color: var(--soft); }
    summary span.short { color: var(--short); }
    .source { width: 100%; font: 13px/1.5 ui-monospace, monospace; }
    .source td { padding: 0 .7rem; vertical-align: top; }
    .source .number { width: 1%; color: var(--soft); user-select: none; }
    .source code { font: inherit; white-space: pre; tab-size: 2; }
    .source small { display: block; color: var(--short); }
    .miss { background: var(--miss); }
    .part { background: var(--part); }
    mark { background: var(--mark); color: inherit; border-radius: .2rem; }
    """
}
