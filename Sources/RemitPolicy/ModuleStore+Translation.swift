private import RemitLua
internal import RemitModel
private import RemitSyntax

extension ModuleStore {
  /// Translates a module's text.
  func translated(file: String, source: [UInt8], isPlugin: Bool, ingredient: Ingredient) -> Module {
    do throws(Diagnostics) {
      let translation = try translate(source, file: file)
      if isPlugin, let problem = translation.tree.pluginDeclarationProblem {
        let diagnostic = RemitModel.Diagnostic(file: file, line: problem.line, message: problem.message)
        return .broken([diagnostic], requires: Self.requirements(translation.requires, of: file))
      }
      let text = ModuleText(
        file: file, text: translation.text, writerLines: translation.writerLines, lookups: translation.lookups)
      return .ready(
        text, source: source, requires: Self.requirements(translation.requires, of: file), ingredient)
    } catch {
      return .broken(
        error.all.map { RemitModel.Diagnostic(file: $0.file, line: $0.line, message: $0.message) },
        requires: Self.requirements(error.requires, of: file))
    }
  }

  private static func requirements(_ found: [Translation.Requirement], of file: String) -> [Requirement] {
    found.map { Requirement(module: $0.name, file: file, line: $0.line) }
  }

  /// Says where in the policy's or a plugin's file a declaration stands that the machine complains of by its path alone, such as
  /// `params.limit: the default x is not a money`: for that it has no better place than where `policy` is called.
  func placed(_ diagnostic: RemitModel.Diagnostic, ofModule name: String) -> RemitModel.Diagnostic {
    let name = PolicyFolder.pluginModule(ofFile: diagnostic.file) ?? name
    guard case .ready(_, let source, _, _) = module(named: name),
      diagnostic.file == PolicyFolder.place(ofModule: name)?.shown,
      let path = Self.declarationPath(in: diagnostic.message),
      let tree = try? parse(source, file: diagnostic.file),
      diagnostic.line <= 1 || diagnostic.line == tree.line(ofDeclaration: []),
      let line = tree.line(ofDeclaration: path)
    else { return diagnostic }
    return RemitModel.Diagnostic(file: diagnostic.file, line: line, message: diagnostic.message)
  }

  /// The keys of `policy {}` and `plugin {}` that messages name by themselves.
  private static let sections = [
    "input", "params", "reasons", "outcomes", "name", "version", "summary", "files", "settings", "provides",
  ]

  /// The names in front of a message's first colon, where they are a path into a declaration.
  private static func declarationPath(in message: String) -> [String]? {
    guard let colon = message.firstIndex(of: ":") else { return nil }
    let path = message[..<colon].split(separator: ".", omittingEmptySubsequences: false).map { name in
      // `lines[]` is what the list holds.
      String(name.hasSuffix("[]") ? name.dropLast(2) : name)
    }
    guard let section = path.first, Self.sections.contains(section) else { return nil }
    return path
  }
}
