private import Glibc
internal import Logging
internal import RemitLog
private import RemitModel

/// Opens the decision log that a service's settings ask for.
struct DecisionLogOpening {
  private let settings: Settings

  init(_ settings: Settings) {
    self.settings = settings
  }

  /// - Returns: Nil where decisions are not logged.
  func open(milliseconds: @escaping @Sendable () -> Int64, _ logger: Logger) throws -> DecisionLog? {
    guard let configuration = try configuration() else { return nil }
    do throws(LogError) {
      return try DecisionLog(configuration, milliseconds: milliseconds) { message in
        if message.isWarning { logger.warning("\(message.text)") } else { logger.info("\(message.text)") }
      }
    } catch {
      throw CommandFailure(.usage, error.message)
    }
  }

  /// What the settings come to; nil where decisions are not logged.
  func configuration() throws -> LogConfiguration? {
    guard let folder = settings.text("log") else {
      let others = SettingTable.decisionLog.dropFirst().first { settings[$0].source != .preset }
      if let other = others {
        throw CommandFailure(.usage, "\(settings.mention(other.name)): means nothing without --log DIR")
      }
      return nil
    }
    var configuration = LogConfiguration(folder: folder)
    configuration.sync = settings.text("log_sync") == "always" ? .always : .never
    configuration.whenFull = try whenFull()
    if case .spill(let other) = configuration.whenFull, Self.isSame(folder, other) {
      let place = settings.mention(settings.text("log_spill") == nil ? "log_full" : "log_spill")
      throw CommandFailure(.usage, "\(place): \(other) is the folder of the log itself, and it goes on in another")
    }
    if let path = settings.text("log_key") {
      do throws(LogError) {
        configuration.key = try LogKey(file: path)
      } catch {
        throw CommandFailure(.usage, error.message)
      }
    }
    configuration.segmentBytesMax = settings.number("log_segment_bytes")
    configuration.segmentSeconds = settings.number("log_segment_seconds")
    return configuration
  }

  /// Whether both paths are one folder, as far as that can be told without making it.
  private static func isSame(_ left: String, _ right: String) -> Bool {
    func parts(_ path: String) -> [Substring] { path.split(separator: "/").filter { $0 != "." } }
    if left.hasPrefix("/") == right.hasPrefix("/"), parts(left) == parts(right) { return true }
    var (one, other) = (stat(), stat())
    guard unsafe stat(left, &one) == 0, unsafe stat(right, &other) == 0 else { return false }
    return one.st_dev == other.st_dev && one.st_ino == other.st_ino
  }

  private func whenFull() throws -> LogConfiguration.WhenFull {
    let words = (settings.text("log_full") ?? "").split(separator: " ", maxSplits: 1).map(String.init)
    let place = settings.mention("log_full")
    if words.count == 2 {
      guard settings.text("log_spill") == nil else {
        throw CommandFailure(.usage, "\(place): log_spill names a folder too: leave one of them out")
      }
      return .spill(words[1])
    }
    let spill = settings.text("log_spill")
    switch words.first {
    case "spill":
      guard let spill else {
        throw CommandFailure(.usage, "\(place): say where the log goes on: --log-full spill --log-spill DIR")
      }
      return .spill(spill)
    case _ where spill != nil:
      throw CommandFailure(
        .usage, "\(settings.mention("log_spill")): only --log-full spill lets the log go on in another folder")
    case "refuse": return .refuse
    default: return .block
    }
  }
}
