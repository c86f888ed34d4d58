package import Logging
private import RemitWire
private import Synchronization

/// The messages of a service, one line each on standard error: for people as all messages of Remit are, or as JSON objects for what
/// gathers them. Nothing of any input is ever among them, and none is waited for: what standard error does not take is counted.
enum ServiceLog {
  static func isJSON(_ settings: Settings) -> Bool { settings.text("log_format") == "json" }

  static func logger(_ settings: Settings) -> Logger {
    let isJSON = isJSON(settings)
    var log = Logger(label: "remit") { _ in Handler(isJSON: isJSON) }
    log.logLevel = settings.text("log_level").flatMap(Logger.Level.init(rawValue:)) ?? .info
    return log
  }

  private struct Handler: LogHandler {
    let isJSON: Bool
    var logLevel = Logger.Level.info
    var metadata = Logger.Metadata()

    init(isJSON: Bool) {
      self.isJSON = isJSON
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let all = metadata.merging(event.metadata ?? [:]) { $1 }
      ServiceLog.lost.withLock { lost in
        // A service does not stand still because nobody reads what it says.
        guard Terminal.errorTakesMore else {
          lost += 1
          return
        }
        if lost > 0 {
          let what = lost == 1 ? "1 message was" : "\(lost) messages were"
          write(.warning, "\(what) lost: nobody read standard error", ["lost": .stringConvertible(lost)])
          lost = 0
          // That may have been the last that it takes.
          guard Terminal.errorTakesMore else {
            lost = 1
            return
          }
        }
        write(event.level, event.message.description, all)
      }
    }

    private func write(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) {
      if isJSON {
        Terminal.error(
          bytes: JSONLogLine.bytes(time: SystemClock.nowMilliseconds(), level: level, message: message, metadata))
      } else {
        Terminal.error(level >= .warning ? "\(level): \(message)" : message)
      }
    }
  }

  /// How many messages were lost since the last that was written. Held while writing, too, so that lines do not mix.
  private static let lost = Mutex(0)
}

/// A message as one JSON object.
package enum JSONLogLine {
  private static let ownNames: Set<String> = ["time", "level", "message"]

  /// `time`, `level`, `message`, and then the metadata in the order of its names, numbers as such. What is called as one of the first
  /// three gets an underscore before its name, for no name may be there twice.
  package static func bytes(time: String, level: Logger.Level, message: String, _ metadata: Logger.Metadata) -> [UInt8]
  {
    var line = ByteWriter()
    line.append("{\"time\":" as StaticString)
    line.appendJSONString(time)
    line.append(",\"level\":" as StaticString)
    line.appendJSONString(level.rawValue)
    line.append(",\"message\":" as StaticString)
    line.appendJSONString(message)
    appendMembers(of: metadata, to: &line, isFirst: false)
    line.append("}\n" as StaticString)
    return line.bytes
  }

  private static func appendMembers(of metadata: Logger.Metadata, to line: inout ByteWriter, isFirst: Bool) {
    for (number, (key, value)) in metadata.sorted(by: { $0.key < $1.key }).enumerated() {
      if !isFirst || number > 0 { line.append(UInt8(ascii: ",")) }
      line.appendJSONString(!isFirst && ownNames.contains(key) ? "_\(key)" : key)
      line.append(UInt8(ascii: ":"))
      append(value, to: &line)
    }
  }

  private static func append(_ value: Logger.MetadataValue, to line: inout ByteWriter) {
    switch value {
    case .string(let text): line.appendJSONString(text)
    case .stringConvertible(let number as Int): line.append(number)
    case .stringConvertible(let other): line.appendJSONString(other.description)
    case .array(let elements):
      line.append(UInt8(ascii: "["))
      for (number, element) in elements.enumerated() {
        if number > 0 { line.append(UInt8(ascii: ",")) }
        append(element, to: &line)
      }
      line.append(UInt8(ascii: "]"))
    case .dictionary(let members):
      line.append(UInt8(ascii: "{"))
      appendMembers(of: members, to: &line, isFirst: true)
      line.append(UInt8(ascii: "}"))
    }
  }
}
