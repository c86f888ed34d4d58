internal import RemitModel
internal import RemitPolicy
internal import RemitSyntax
internal import RemitWire

/// A trace with its numbers turned into files, lines and texts.
struct TraceNotes {
  private(set) var reads: [Explanation.Read] = []
  private(set) var conditions: [Explanation.Condition] = []
  private(set) var decidedAt: Explanation.Place?
  private(set) var isTruncated = false

  private let modules: [TracedFile?]

  init(_ trace: JSONView, policy: LoadedPolicy, files: [String: TracedFile], declared: DeclaredType?) {
    let names = trace["modules"]?.elements.map { $0.string ?? "" } ?? []
    modules = names.map { files[$0] }
    isTruncated = trace["truncated"]?.boolean ?? false
    let params = Dictionary(policy.declaration.params.map { ($0.name, $0.type) }) { first, _ in first }
    reads = trace["reads"]?.elements.map { read($0, declared, params) } ?? []
    if let decided = trace["decided"], let (file, site) = site(of: decided.elements) {
      decidedAt = Explanation.Place(file: file.file, line: site.line)
    }
    readConditions(trace["tests"]?.elements ?? [], own: names.firstIndex(of: policy.name.description))
  }

  private func site(of numbers: [JSONView]) -> (TracedFile, TraceSite)? {
    guard numbers.count >= 2, let module = numbers[0].integer, let number = numbers[1].integer,
      modules.indices.contains(module), let file = modules[module], file.sites.indices.contains(number)
    else { return nil }
    return (file, file.sites[number])
  }

  private func read(_ view: JSONView, _ declared: DeclaredType?, _ params: [String: String]) -> Explanation.Read {
    let path = ValuePath(view["path"]?.string ?? "")
    var type: String?
    var isSensitive = false
    switch path.source {
    case .input:
      let found = declared?.type(at: path.names)
      type = found?.name
      isSensitive = found?.isSensitive ?? false
    case .params: type = path.names.count == 1 ? params[path.names[0]] : nil
    case .context, .data: break
    }
    let value: Explanation.Read.Value
    if let count = view["count"]?.integer {
      value = .table(count: count)
    } else {
      value = isSensitive ? .masked : .scalar(Array(view["value"]?.rawBytes ?? []))
    }
    let found = [view["module"], view["site"]].compactMap(\.self)
    let place = site(of: found).map { Explanation.Place(file: $0.0.file, line: $0.1.line) }
    return Explanation.Read(path: path, value: value, type: type, place: place)
  }

  /// Each site once for each way that it turned out: in a loop the hundredth round says no more than the first.
  private mutating func readConditions(_ tests: [JSONView], own: Int?) {
    struct Seen: Hashable {
      let module: Int
      let site: Int
      let holds: Bool
    }
    var seen: Set<Seen> = []
    var found: [(Seen, TracedFile, TraceSite)] = []
    for test in tests {
      let parts = test.elements
      guard let (file, site) = site(of: parts), let module = parts[0].integer, let number = parts[1].integer,
        let holds = parts.last?.boolean, seen.insert(Seen(module: module, site: number, holds: holds)).inserted
      else { continue }
      found.append((Seen(module: module, site: number, holds: holds), file, site))
    }
    conditions = found.map { test, file, site in
      let isPart = found.contains { other, _, around in
        other.module == test.module && around.range != site.range && around.range.lowerBound <= site.range.lowerBound
          && around.range.upperBound >= site.range.upperBound
      }
      return Explanation.Condition(
        place: Explanation.Place(file: file.file, line: site.line), text: file.text(of: site), holds: test.holds,
        isOwn: test.module == own, isPart: isPart)
    }
  }
}
