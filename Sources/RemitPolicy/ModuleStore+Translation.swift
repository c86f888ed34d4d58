private import RemitLua
private import RemitModel
private import RemitSyntax

extension ModuleStore {
  /// Translates a module's text.
  func translated(file: String, source: [UInt8], ingredient: Ingredient) -> Module {
    do throws(Diagnostics) {
      let translation = try translate(source, file: file)
      let text = ModuleText(file: file, text: translation.text, writerLines: translation.writerLines)
      let requires = translation.requires.map { Requirement(module: $0.name, file: file, line: $0.line) }
      return .ready(text, requires: requires, ingredient)
    } catch {
      return .broken(error.all.map { RemitModel.Diagnostic(file: $0.file, line: $0.line, message: $0.message) })
    }
  }
}
