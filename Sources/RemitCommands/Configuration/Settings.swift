private import Configuration
private import RemitPolicy
private import Synchronization

/// What `remit serve` is told, and by whom: a flag before a variable of the environment, that before the configuration file, and that
/// before the default.
package struct Settings: Sendable {
  /// Where a value is from.
  package enum Source: Equatable, Sendable {
    case flag, variable
    /// The line of the file.
    case file(Int)
    case preset
  }

  package struct Value: Equatable, Sendable {
    package let texts: [String]
    package let source: Source
  }

  private var values: [String: Value] = [:]
  private let path: String?
  /// Everything that is wrong, by setting.
  package private(set) var problems: [String] = []
  /// What is not wrong, and hardly meant.
  package private(set) var warnings: [String] = []

  /// - Parameters:
  ///   - flags: By the settings' names; what was not given is not there.
  ///   - environment: All of it.
  ///   - cores: How many the machine has.
  package init(flags: [String: [String]], environment: [String: String], file: ConfigurationFile?, cores: Int) {
    path = file?.path
    problems = file?.problems ?? []
    // Who wants to unset a variable for one command can often only empty it.
    let environment = environment.filter { $0.key.hasPrefix(Setting.variablePrefix) && !$0.value.isEmpty }
    let seen = LastAccess()
    let reader = ConfigReader(
      providers: [
        InMemoryProvider(name: "flags", texts: flags),
        EnvironmentVariablesProvider(environmentVariables: environment),
        InMemoryProvider(name: "file", texts: file?.values.mapValues(\.texts) ?? [:]),
      ], accessReporter: seen
    ).scoped(to: InMemoryProvider.scope)
    for setting in SettingTable.all {
      let key = ConfigKey([setting.name])
      let texts = setting.isList ? reader.stringArray(forKey: key) : reader.string(forKey: key).map { [$0] }
      let source: Source =
        switch texts == nil ? nil : seen.provider {
        case 0: .flag
        case 1: .variable
        case 2: .file(file?.values[setting.name]?.line ?? 0)
        default: .preset
        }
      let value = Value(texts: texts ?? Self.preset(setting, cores), source: source)
      for text in value.texts {
        guard let problem = setting.problem(with: text, shown: "\"\(text)\"") else { continue }
        problems.append("\(place(of: setting, value)): \(problem)")
      }
      values[setting.name] = value
    }
    problems += ListenPlaces(self).problems
    warnings = Self.misspelt(environment.keys.sorted())
  }

  private static func preset(_ setting: Setting, _ cores: Int) -> [String] {
    switch setting.preset {
    case .none: []
    case .value(let text): [text]
    case .cores: ["\(max(1, min(SettingTable.threadsMax, cores)))"]
    }
  }

  /// Others may have variables that begin as ours do, so only what is like one of ours is worth a word.
  private static func misspelt(_ variables: [String]) -> [String] {
    let ours = SettingTable.all.map(\.variable)
    return variables.compactMap { variable in
      guard !ours.contains(variable) else { return nil }
      let rest = String(variable.dropFirst(Setting.variablePrefix.count)).lowercased()
      guard let near = NearNames.nearest(rest, among: SettingTable.all.map(\.name)) else { return nil }
      return "\(variable) sets nothing; did you mean \(SettingTable[near].variable)?"
    }
  }

  private func place(of setting: Setting, _ value: Value) -> String {
    switch value.source {
    case .flag: setting.flag
    case .variable: setting.variable
    case .file(let line): "\(path ?? ""):\(line)"
    case .preset: "default"
    }
  }

  // MARK: What is asked for

  package func texts(_ name: String) -> [String] { self[SettingTable[name]].texts }

  package func text(_ name: String) -> String? { texts(name).first }

  package func number(_ name: String) -> Int {
    guard let number = text(name).flatMap({ Int($0) }) else {
      preconditionFailure("\(name) is a number, checked before it is asked for")
    }
    return number
  }

  package func boolean(_ name: String) -> Bool { text(name) == "true" }

  /// As a message about its value begins.
  package func mention(_ name: String) -> String {
    let setting = SettingTable[name]
    return switch self[setting].source {
    case .flag, .preset: setting.flag
    case .variable: setting.variable
    case .file(let line): "\(path ?? ""):\(line): \(name)"
    }
  }

  package subscript(setting: Setting) -> Value {
    guard let value = values[setting.name] else { preconditionFailure("every setting of the table has a value") }
    return value
  }

  // MARK: What they are, for people

  /// A table of all settings: name, value, where it is from.
  package var report: [String] {
    var rows = [["setting", "value", "from"]]
    for setting in SettingTable.all {
      let value = self[setting]
      rows.append([
        setting.name, value.texts.isEmpty ? "none" : value.texts.joined(separator: ", "), place(of: setting, value),
      ])
    }
    let widths = (0..<2).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      var line = ""
      for (cell, width) in zip(row, widths) { line += cell + String(repeating: " ", count: width - cell.count + 2) }
      return line + row[2]
    }
  }
}

extension InMemoryProvider {
  /// Before each name, so that the environment's begin with it.
  fileprivate static let scope: ConfigKey = ["remit"]

  fileprivate init(name: String, texts: [String: [String]]) {
    var values: [AbsoluteConfigKey: ConfigValue] = [:]
    for (key, texts) in texts {
      let content = SettingTable[key].isList ? ConfigContent.stringArray(texts) : .string(texts.last ?? "")
      values[AbsoluteConfigKey(Self.scope.components + [key])] = ConfigValue(content, isSecret: false)
    }
    self.init(name: name, values: values)
  }
}

/// Which of the reader's providers gave the value that was read last, by its place: it asks them in turn until one has it.
private final class LastAccess: AccessReporter {
  private let asked = Mutex(0)

  var provider: Int { asked.withLock { $0 - 1 } }

  func report(_ event: AccessEvent) {
    asked.withLock { $0 = event.providerResults.count }
  }
}
