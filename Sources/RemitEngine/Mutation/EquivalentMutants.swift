private import RemitLua
private import RemitModel
package import RemitPolicy
internal import RemitWire

/// Mutants that no test can notice, because they do the same: listed by hand, each with its proof.
///
/// A folder of policies, and one of plugins, may hold `equivalent_mutants.csv`:
///
/// | file | line | mutation | why |
/// | --- | --- | --- | --- |
/// | `lib/text.lua` | ``return x >= 0`` | `` `x >= 0` → `x > 0` `` | x is a length, and never 0 here |
///
/// `line` is the line's text rather than its number, and `mutation` what `remit test --mutate` prints. An entry that fits no
/// surviving mutant is reported: either the code has changed or a test notices it after all.
package struct EquivalentMutants: Sendable {
  package struct Entry: Sendable {
    /// As messages name the file, `mutation` as a mutant describes itself.
    package let file, line, mutation, why: String
    /// Where the entry stands.
    let list: String
    let row: Int
  }

  package let entries: [Entry]

  private static let name = "equivalent_mutants.csv"
  private static let header = ["file", "line", "mutation", "why"]

  /// Reads both lists, where they are there.
  package init(_ folder: PolicyFolder) throws(PolicyLoadError) {
    entries = try Self.read(folder.policies, folder, prefix: "") + Self.read(folder.plugins, folder, prefix: "plugins/")
  }

  package init(entries: [Entry]) {
    self.entries = entries
  }

  private static func read(
    _ source: Folder, _ folder: PolicyFolder, prefix: String
  ) throws(PolicyLoadError) -> [Entry] {
    let list = prefix + name
    func broken(_ row: Int, _ message: String) -> PolicyLoadError {
      .broken([Diagnostic(file: list, line: row, message: message)])
    }
    var rows: [CSVRow] = []
    do {
      guard let block = try source.read(name, bytesMax: Limits().fileBytesMax) else { return [] }
      var reader = CSVReader()
      // SAFETY: the block lives through the call.
      try reader.read(unsafe block.bytes.span) { rows.append($0) }
      try reader.finish { rows.append($0) }
    } catch let error as WireError {
      throw broken(0, error.message)
    } catch let error as Folder.ReadError {
      throw broken(0, error.description)
    } catch {
      throw broken(0, "cannot be read")
    }
    guard let first = rows.first else { return [] }
    guard first.texts == header else { throw broken(1, "expected the columns \(header.joined(separator: ","))") }
    var entries: [Entry] = []
    for row in rows.dropFirst() {
      guard !row[3].allSatisfy(\.isWhitespace) else {
        throw broken(row.number, "why is empty: what makes the mutant equivalent?")
      }
      entries.append(
        Entry(file: prefix + row[0], line: row[1], mutation: row[2], why: row[3], list: list, row: row.number))
    }
    return entries
  }

  /// The place of the entry that a mutant fits; nil where it fits none.
  func place(of mutant: MutationRun.Mutant) -> Int? {
    entries.firstIndex { $0.file == mutant.file && $0.line == mutant.text && $0.mutation == mutant.description }
  }
}
