private import RemitModel
private import RemitService

/// One thing that `remit serve` can be told, by a flag, an environment variable or a key of the configuration file.
///
/// The three are spelt alike, so that who knows one knows all: `--unix-mode`, `REMIT_UNIX_MODE`, `"unix_mode"`.
package struct Setting: Sendable {
  package enum Kind: Equatable, Sendable {
    case number(ClosedRange<Int>)
    case boolean
    case choice([String])
    /// Where others connect: `HOST:PORT`.
    case address
    /// A file or a folder; in the configuration file from the folder of that.
    case path
    /// The file of a Unix socket: a path too.
    case socket
    /// `NAME=PATH`.
    case library
    /// Who may use a file, in octal.
    case mode
    /// `block`, `refuse`, `spill` or `spill DIR`.
    case whenFull
  }

  package enum Default: Equatable, Sendable {
    case none
    case value(String)
    /// As many as there are cores.
    case cores

    /// Nil where it is not the same everywhere.
    var text: String? { if case .value(let text) = self { text } else { nil } }
  }

  package let name: String
  package let kind: Kind
  /// Whether there may be several: a flag that is given again, commas in the environment, a list in the file.
  package let isList: Bool
  package let preset: Default
  /// What stands for the value in the help; nil for what has none.
  package let valueName: String?
  package let summary: String

  package init(
    _ name: String, _ kind: Kind, list isList: Bool = false, default preset: Default = .none,
    as valueName: String? = nil,
    _ summary: String
  ) {
    self.name = name
    self.kind = kind
    self.isList = isList
    self.preset = preset
    self.valueName = valueName
    self.summary = summary
  }

  /// The flag without its dashes.
  package var flagName: String { name.split(separator: "_").joined(separator: "-") }
  package var flag: String { "--\(flagName)" }
  package var variable: String { Self.variablePrefix + name.uppercased() }

  package static let variablePrefix = "REMIT_"

  /// The summary with the default, as the help has it.
  package var help: String {
    switch preset {
    case .none: summary
    case .value(let value): "\(summary) (default: \(value))"
    case .cores: "\(summary) (default: one for each core)"
    }
  }

  /// What a value is to look like, after "expected".
  package var expectation: String {
    switch kind {
    case .number(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .boolean: "true or false"
    case .choice(let words): "\(words.dropLast().joined(separator: ", ")) or \(words[words.count - 1])"
    case .address: "HOST:PORT, such as 127.0.0.1:7400"
    case .path, .socket: "a path"
    case .library: "NAME=PATH"
    case .mode: "an octal number up to 777, such as 660"
    case .whenFull: "block, spill or refuse"
    }
  }

  /// Why a text, from wherever it is, cannot be the value or one of a list's; nil where it can.
  ///
  /// - Parameter shown: The text as it was written.
  package func problem(with text: String, shown: String) -> String? {
    guard accepts(text) else { return "expected \(expectation), got \(shown)" }
    return switch kind {
    case .address: ServiceConfiguration.TCPAddress(text)?.fault
    case .socket: ServiceConfiguration.UnixAddress.fault(of: text)
    default: nil
    }
  }

  /// Whether a text, from wherever it is, can be the value or one of a list's.
  package func accepts(_ text: String) -> Bool {
    switch kind {
    case .number(let range): Int(text).map(range.contains) ?? false
    case .boolean: text == "true" || text == "false"
    case .choice(let words): words.contains(text)
    case .address: ServiceConfiguration.TCPAddress(text) != nil
    case .path, .socket: !text.isEmpty && !text.utf8.contains(0)
    case .library: NameAndPath(text) != nil
    case .mode: text.utf8.first != UInt8(ascii: "+") && UInt32(text, radix: 8).map { $0 <= 0o777 } ?? false
    case .whenFull:
      ["block", "spill", "refuse"].contains(text)
        || (text.hasPrefix("spill ") && text.utf8.count > "spill ".utf8.count && !text.utf8.contains(0))
    }
  }
}

/// `NAME=PATH`: a native plugin, and the shared library that it is.
struct NameAndPath {
  let name: String
  let path: String

  init?(_ text: String) {
    guard let equals = text.firstIndex(of: "="), PolicyName.isLowerSnakeCase(text[..<equals]) else { return nil }
    let path = text[text.index(after: equals)...]
    guard !path.utf8.contains(0) else { return nil }
    self.name = String(text[..<equals])
    self.path = String(path)
  }
}
