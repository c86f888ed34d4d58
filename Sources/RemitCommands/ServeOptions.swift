internal import ArgumentParser

/// The flags of `remit serve`: a property for each row of `SettingTable`, and of its name. None has a default of its own, so that what
/// was given can be told from what was not.
struct ServeOptions: ParsableArguments {
  @Option(setting: "listen") var listen: [String]
  @Option(setting: "unix") var unix: [String]
  @Option(setting: "unix_mode") var unixMode: String?
  @Option(setting: "admin_unix") var adminUnix: [String]
  @Option(setting: "http") var http: [String]
  @Flag(setting: "stdio") var stdio: Bool?
  @Option(setting: "policies") var policies: String?
  @Option(setting: "plugins") var plugins: String?
  @Option(setting: "native_plugin") var nativePlugin: [String]
  @Option(setting: "loops") var loops: String?
  @Option(setting: "workers") var workers: String?
  @Option(setting: "streams") var streams: String?
  @Option(setting: "line_bytes") var lineBytes: String?
  @Option(setting: "nesting") var nesting: String?
  @Option(setting: "connections") var connections: String?
  @Option(setting: "waiting") var waiting: String?
  @Option(setting: "idle") var idle: String?
  @Option(setting: "drain") var drain: String?
  @Option(setting: "instructions") var instructions: String?
  @Option(setting: "memory_bytes") var memoryBytes: String?
  @Option(setting: "decision_ms") var decisionMs: String?
  @Option(setting: "log") var log: String?
  @Option(setting: "log_sync") var logSync: String?
  @Option(setting: "log_key") var logKey: String?
  @Option(setting: "log_full") var logFull: String?
  @Option(setting: "log_spill") var logSpill: String?
  @Option(setting: "log_segment_bytes") var logSegmentBytes: String?
  @Option(setting: "log_segment_seconds") var logSegmentSeconds: String?
  @Option(setting: "log_format") var logFormat: String?
  @Option(setting: "log_level") var logLevel: String?

  /// What was given, by the settings' names.
  var given: [String: [String]] {
    var given: [String: [String]] = [:]
    var names: Set<String> = []
    for (label, value) in Mirror(reflecting: self).children {
      guard let label, let value = value as? any SettingFlag else { continue }
      let name = Self.settingName(label)
      names.insert(name)
      if !value.texts.isEmpty { given[name] = value.texts }
    }
    precondition(names == Set(SettingTable.all.map(\.name)), "every setting of the table has its property here")
    return given
  }

  /// `_unixMode`, as a wrapped property is stored, is `unix_mode`.
  private static func settingName(_ label: String) -> String {
    label.dropFirst().reduce(into: "") { name, character in
      name += character.isUppercase ? "_\(character.lowercased())" : String(character)
    }
  }
}

/// What a flag was given as; empty where it was not.
private protocol SettingFlag {
  var texts: [String] { get }
}

extension Option: SettingFlag {
  fileprivate var texts: [String] {
    switch wrappedValue {
    case let texts as [String]: texts
    case let text as String?: text.map { [$0] } ?? []
    default: []
    }
  }
}

extension Flag: SettingFlag {
  fileprivate var texts: [String] { (wrappedValue as? Bool?)?.map { ["\($0)"] } ?? [] }
}

extension Option where Value == String? {
  init(setting name: String) {
    let setting = SettingTable[name]
    self.init(
      name: .customLong(setting.flagName), help: ArgumentHelp(setting.help, valueName: setting.valueName))
  }
}

extension Option where Value == [String] {
  fileprivate init(setting name: String) {
    let setting = SettingTable[name]
    self.init(
      wrappedValue: [], name: .customLong(setting.flagName),
      help: ArgumentHelp(setting.help + " May be given again.", valueName: setting.valueName))
  }
}

extension Flag where Value == Bool? {
  fileprivate init(setting name: String) {
    let setting = SettingTable[name]
    self.init(
      name: .customLong(setting.flagName), inversion: .prefixedNo,
      help: ArgumentHelp(setting.help, valueName: setting.valueName))
  }
}
