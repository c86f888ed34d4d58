internal import ArgumentParser
internal import RemitModel
internal import RemitPolicy

/// `remit policies`: what there is to decide by.
struct PoliciesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policies",
    abstract: "List the policies with versions, inputs, params and reasons.",
    discussion: """
      With --markdown it writes a page for each: its declaration, its reasons in English and Chinese, and one decision from its \
      tests.

      Exit status: 0, 2 wrong usage or an unknown policy, 4 where some policies or their tests could not be loaded; the others \
      are listed all the same.
      """
  )

  @Flag(help: "Write one JSON array.")
  var json = false

  @Flag(help: "Write a page of Markdown for each policy.")
  var markdown = false

  @Option(
    help: ArgumentHelp(
      "With --markdown: write the pages as files into this folder, and without a name README.md, which lists them.",
      valueName: "dir"))
  var output: String?

  @OptionGroup var folders: FolderOptions

  @Argument(help: ArgumentHelp("One policy, such as approval.purchase_order. (default: all)", valueName: "name"))
  var name: String?

  func validate() throws {
    if json && markdown { throw ValidationError("--json and --markdown contradict each other: give one of them") }
    if output != nil && !markdown { throw ValidationError("--output goes with --markdown") }
    if output == "" { throw ValidationError("--output: expected a folder, got nothing") }
  }

  func run() throws {
    let loader = try folders.loader()
    var (policies, diagnostics) = try load(loader)
    if markdown {
      diagnostics += try write(pagesOf: policies, loader)
    } else if json {
      Terminal.print(LoadedPolicy.catalogue(policies))
    } else {
      for line in policies.flatMap(Self.lines) { Terminal.print(line) }
    }
    if name == nil { loader.store.folder.leftOut().forEach(Terminal.warn) }
    guard diagnostics.isEmpty else {
      throw CommandFailure(.policyNotLoaded, messages: diagnostics.map(\.description))
    }
  }

  private func load(_ loader: PolicyLoader) throws -> ([LoadedPolicy], [Diagnostic]) {
    guard let name else { return loader.loadAll() }
    do throws(PolicyLoadError) {
      return ([try loader.load(named: name).0], [])
    } catch {
      throw CommandFailure(error)
    }
  }

  /// One policy for people.
  private static func lines(_ policy: LoadedPolicy) -> [String] {
    let declaration = policy.declaration
    var lines = ["\(policy.name)  \(policy.version)"]
    if !declaration.summary.isEmpty { lines.append("  \(declaration.summary)") }
    if let source = declaration.source { lines.append("  source    \(source)") }
    lines.append("  outcomes  \(declaration.outcomes.joined(separator: ", "))")
    if case .record(let fields) = declaration.input { lines += fields.flatMap { Self.lines($0, path: "") } }
    if let group = declaration.group {
      let order = group.order.map { ", in the order of \($0)" } ?? ""
      lines.append("  group     by \(group.by.joined(separator: ", "))\(order)")
    }
    for param in declaration.params {
      let value = param.defaultJSON.map { " = " + String(decoding: $0, as: UTF8.self) } ?? ""
      lines.append("  param     \(param.name): \(param.type)\(value)\(param.summary.map { "  \($0)" } ?? "")")
    }
    for reason in declaration.reasons {
      lines.append("  reason    \(reason.code)\(reason.english.map { "  \($0)" } ?? "")")
    }
    return lines
  }

  /// A field, and those inside it.
  private static func lines(_ field: FieldType.Field, path: String) -> [String] {
    let name = path.isEmpty ? field.name : "\(path).\(field.name)"
    let line = "  input     \(name): \(word(field.type))\(field.isOptional ? ", optional" : "")"
    switch field.type {
    case .record(let fields): return [line] + fields.flatMap { lines($0, path: name) }
    case .list(of: .record(let fields)): return [line] + fields.flatMap { lines($0, path: name + "[]") }
    default: return [line]
    }
  }

  private static func word(_ type: FieldType) -> String {
    switch type {
    case .list(let element): "list of \(word(element))"
    case .map(let value): "map of \(word(value))"
    default: type.name
    }
  }
}
