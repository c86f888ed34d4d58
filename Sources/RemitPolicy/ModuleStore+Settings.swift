internal import RemitLua
internal import RemitModel
private import RemitWire

/// `plugins/settings.json`: what an administrator sets for plugins, by their names.
///
/// The machine holds each value to its plugin's declaration. What can be seen without it is checked here, whichever plugin is
/// loaded: a name that is wrong would be a setting without effect.
extension ModuleStore {
  enum Settings: Sendable {
    case missing
    case broken([Diagnostic])
    case ready([String: (PluginSettings, Ingredient)])

    /// What is set for each plugin, as versions count it.
    var ingredients: [String: Ingredient] {
      if case .ready(let plugins) = self { return plugins.mapValues { $1 } }
      return [:]
    }
  }

  /// Nobody reads more of them.
  private static let settingsProblemsMax = 50
  private static let settingsFile = "settings.json"
  private static let settingsShown = "plugins/settings.json"

  static func loadSettings(of folder: PolicyFolder, _ limits: Limits) -> Settings {
    let text: [UInt8]
    do throws(Folder.ReadError) {
      guard let block = try folder.plugins.read(settingsFile, bytesMax: limits.lineBytesMax) else {
        return .missing
      }
      let bytes = block.array()
      text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    } catch {
      return .broken([Diagnostic(file: settingsShown, line: 0, message: error.description)])
    }
    do throws(WireError) {
      return settings(in: try JSONView(text), text, folder)
    } catch {
      let line = if case .byte(let offset) = error.location { line(of: offset, in: text) } else { 0 }
      return .broken([Diagnostic(file: settingsShown, line: line, message: "not JSON: \(error.message)")])
    }
  }

  private static func settings(in view: JSONView, _ text: [UInt8], _ folder: PolicyFolder) -> Settings {
    var found: [String: (PluginSettings, Ingredient)] = [:]
    var diagnostics: [Diagnostic] = []
    func refuse(_ value: JSONView, _ message: String) {
      let line = line(of: value.rawBytes.startIndex, in: text)
      diagnostics.append(Diagnostic(file: settingsShown, line: line, message: message))
    }
    guard view.kind == .object else {
      refuse(view, "expected an object of plugins, {\"name\": {\"setting\": value}}")
      return .broken(diagnostics)
    }
    let plugins = folder.pluginNames()
    for (name, value) in view.members where diagnostics.count < settingsProblemsMax {
      guard plugins.contains(name) else {
        let near = NearNames.nearest(name, among: plugins)
        refuse(value, "/\(name): no such plugin\(near.map { ": did you mean \"\($0)\"?" } ?? "")")
        continue
      }
      guard found[name] == nil else {
        refuse(value, "/\(name): stands there twice")
        continue
      }
      guard value.kind == .object else {
        refuse(value, "/\(name): expected an object of settings, {\"setting\": value}")
        continue
      }
      var seen: Set<String> = []
      for (key, member) in value.members where !seen.insert(key).inserted {
        refuse(member, "/\(name)/\(key): stands there twice")
      }
      let line = line(of: value.rawBytes.startIndex, in: text)
      found[name] = (
        PluginSettings(json: value.rawBytes, file: settingsShown, line: line),
        Ingredient(kind: .settings, name: "plugin.\(name)", bytes: Array(value.rawBytes))
      )
    }
    return diagnostics.isEmpty ? .ready(found) : .broken(diagnostics)
  }

  private static func line(of offset: Int, in text: [UInt8]) -> Int {
    text[..<min(offset, text.count)].count { $0 == UInt8(ascii: "\n") } + 1
  }

  /// Why a module may not require another, as far as names tell; nil where it may.
  static func refusal(of module: String, askedByPlugin plugin: String?) -> String? {
    let owner = PolicyFolder.pluginName(ofModule: module)
    let isWhole = PolicyFolder.pluginName(ofModule: module, isWhole: true) != nil
    if let plugin {
      guard owner != plugin || isWhole else { return nil }
      return "plugin.\(plugin) may require its own modules only, such as plugin.\(plugin).part for "
        + "plugins/\(plugin)/part.lua, not \"\(module)\""
    }
    guard let owner, !isWhole else { return nil }
    return "\"\(module)\" belongs to its plugin alone: require plugin.\(owner)"
  }
}
