private import Glibc
private import RemitEngine
private import RemitPolicy
private import RemitWire

/// The configuration file: one JSON object, with a member for each setting that it sets.
package struct ConfigurationFile: Sendable {
  package struct Value: Equatable, Sendable {
    /// Of a setting that is no list, one.
    package let texts: [String]
    package let line: Int
  }

  /// As messages name it.
  package let path: String
  package private(set) var values: [String: Value] = [:]
  /// Everything that is wrong with it, in the order of its lines.
  package private(set) var problems: [String] = []

  private static let bytesMax = 1 << 20

  /// Reads the file. Where it cannot be read, that is its one problem.
  package init(reading path: String) {
    self.path = path
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      problems = [StreamError.system("cannot read \(path)").description]
      return
    }
    defer { close(file) }
    do throws(StreamError) {
      read(try FileStream(file, name: path).readAll(past: Self.bytesMax))
    } catch {
      problems = [error.description]
    }
  }

  package init(_ bytes: [UInt8], path: String) {
    self.path = path
    read(bytes)
  }

  private mutating func read(_ bytes: [UInt8]) {
    guard bytes.count <= Self.bytesMax else {
      problems = ["\(path): larger than \(Self.bytesMax) bytes"]
      return
    }
    guard !bytes.starts(with: [0xEF, 0xBB, 0xBF]) else {
      problems = ["\(path):1: begins with a byte order mark: save it as UTF-8 without one"]
      return
    }
    guard bytes.contains(where: { $0 > 0x20 }) else {
      problems = ["\(path): expected an object, got an empty file"]
      return
    }
    let view: JSONView
    do throws(WireError) {
      view = try JSONView(bytes)
    } catch {
      let line = if case .byte(let offset) = error.location { Self.line(of: offset, in: bytes) } else { 1 }
      problems = ["\(path):\(line): \(error.message)"]
      return
    }
    guard view.kind == .object else {
      problems = [
        "\(path):\(Self.line(of: view.rawBytes.startIndex, in: bytes)): expected an object, got \(Self.words(view))"
      ]
      return
    }
    for (key, value) in view.members { take(key, value, line: Self.line(of: value.rawBytes.startIndex, in: bytes)) }
  }

  private mutating func take(_ key: String, _ value: JSONView, line: Int) {
    let place = "\(path):\(line): \(key)"
    guard SettingTable.has(key) else {
      let near = NearNames.nearest(key, among: SettingTable.all.map(\.name))
      problems.append("\(place): there is no such setting" + (near.map { "; did you mean \($0)?" } ?? ""))
      return
    }
    let setting = SettingTable[key]
    guard values[key] == nil else {
      problems.append("\(place): is set twice")
      return
    }
    guard setting.isList == (value.kind == .array) else {
      let wanted = setting.isList ? "a list of texts" : setting.expectation
      problems.append("\(place): expected \(wanted), got \(Self.words(value))")
      return
    }
    var texts: [String] = []
    for element in setting.isList ? value.elements : [value] {
      let text = Self.text(of: element, for: setting).map { setting.accepts($0) ? inItsFolder($0, setting) : $0 }
      if let problem = Self.problem(with: text, element, for: setting) {
        problems.append("\(place): \(problem)")
        return
      }
      texts.append(text ?? "")
    }
    values[key] = Value(texts: texts, line: line)
  }

  private static func problem(with text: String?, _ value: JSONView, for setting: Setting) -> String? {
    if let text { return setting.problem(with: text, shown: words(value)) }
    // As a number it would be one of another base.
    if setting.kind == .mode, value.kind == .number {
      let example = setting.accepts(value.rawText) ? value.rawText : setting.preset.text ?? ""
      return "expected a text such as \"\(example)\", got the number \(words(value))"
    }
    return "expected \(setting.expectation), got \(words(value))"
  }

  /// What a value says, where it is of the right type.
  private static func text(of value: JSONView, for setting: Setting) -> String? {
    switch setting.kind {
    case .number: value.integer.map(String.init)
    case .boolean: value.boolean.map { $0 ? "true" : "false" }
    case .choice, .address, .path, .socket, .library, .mode, .whenFull: value.string
    }
  }

  /// The value as written, in one line; of a long one its type.
  private static func words(_ value: JSONView) -> String {
    let kind =
      switch value.kind {
      case .object: "an object"
      case .array: "a list"
      case .string: "a text"
      case .number: "a number"
      case .boolean: "true or false"
      case .null: "null"
      }
    return value.kind == .object || value.kind == .array || value.rawBytes.count > 60 ? kind : value.rawText
  }

  /// Paths in the file are from its own folder.
  private func inItsFolder(_ text: String, _ setting: Setting) -> String {
    switch setting.kind {
    case .path, .socket: besideFile(text)
    case .library: NameAndPath(text).map { "\($0.name)=\(besideFile($0.path))" } ?? text
    case .whenFull where text.hasPrefix("spill "): "spill " + besideFile(String(text.dropFirst("spill ".count)))
    default: text
    }
  }

  private func besideFile(_ text: String) -> String {
    guard !text.hasPrefix("/"), let slash = path.lastIndex(of: "/") else { return text }
    return path[...slash] + text
  }

  private static func line(of offset: Int, in bytes: [UInt8]) -> Int {
    1 + bytes.prefix(offset).count { $0 == UInt8(ascii: "\n") }
  }
}
