internal import ArgumentParser
private import RemitModel
private import RemitPolicy

/// `remit policies`: what there is to decide by.
struct PoliciesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policies",
    abstract: "List the policies with versions, inputs, params and reasons.",
    discussion: "Exit status: 0, or 4 where some policies could not be loaded; the others are listed all the same."
  )

  @Flag(help: "Write one JSON array.")
  var json = false

  @OptionGroup var folders: FolderOptions

  func run() throws {
    let loader = try folders.loader()
    let (policies, diagnostics) = loader.loadAll()
    if json {
      Terminal.print(LoadedPolicy.catalogue(policies))
    } else {
      for line in policies.flatMap(Self.lines) { Terminal.print(line) }
    }
    for file in loader.store.folder.misnamedFiles() { Terminal.warn(misnamed: file) }
    guard diagnostics.isEmpty else {
      throw CommandFailure(.policyNotLoaded, messages: diagnostics.map(\.description))
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
