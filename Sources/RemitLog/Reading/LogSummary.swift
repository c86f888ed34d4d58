private import RemitWire

/// What a log holds, in numbers.
package struct LogSummary: Sendable {
  package struct Policy: Sendable {
    package var name: String
    /// Nil where there was no such policy.
    package var version: String?
    package var decisions = 0
    package var errors = 0
    package var outcomes: [String: Int] = [:]
    package var errorCodes: [String: Int] = [:]
  }

  package private(set) var lines = 0
  package private(set) var bytes = 0
  package private(set) var segments = 0
  package private(set) var masked = 0
  package private(set) var firstTime: String?
  package private(set) var lastTime: String?
  private var byPolicy: [Key: Policy] = [:]

  private struct Key: Hashable {
    var name: String
    var version: String?
  }

  /// By name and version.
  package var policies: [Policy] {
    byPolicy.values.sorted { ($0.name, $0.version ?? "") < ($1.name, $1.version ?? "") }
  }

  /// Reads a whole log.
  package init(_ reader: LogReader) throws(LogError) {
    segments = reader.segments.count
    while let line = unsafe try reader.next() { unsafe add(line) }
  }

  private mutating func add(_ line: LogLine) {
    lines += 1
    bytes += unsafe line.bytes.count + 1
    if unsafe !line.time.isEmpty {
      let time = unsafe String(decoding: line.time, as: UTF8.self)
      if firstTime == nil { firstTime = time }
      lastTime = time
    }
    if unsafe line.sealed != nil || !line.masks.isEmpty { masked += 1 }
    let name = unsafe JSONBytes.string(line.policy) ?? String(decoding: line.policy, as: UTF8.self)
    let key = unsafe Key(name: name, version: line.version.map { unsafe String(decoding: $0, as: UTF8.self) })
    var policy = byPolicy[key] ?? Policy(name: key.name, version: key.version)
    if let outcome = unsafe line.outcome {
      policy.decisions += 1
      policy.outcomes[outcome, default: 0] += 1
    } else {
      policy.errors += 1
      policy.errorCodes[unsafe line.errorCode ?? "", default: 0] += 1
    }
    byPolicy[key] = policy
  }
}

extension LogLine {
  /// Of a decision; nil where it is an error.
  package var outcome: String? {
    guard case .decision(let value) = unsafe result else { return nil }
    return unsafe Self.text("outcome", of: value)
  }

  /// Of an error; nil where it is a decision.
  package var errorCode: String? {
    guard case .error(let value) = unsafe result else { return nil }
    return unsafe Self.text("code", of: value)
  }

  /// The first member of that name, where it is a text.
  static func text(_ name: String, of object: UnsafeRawBufferPointer) -> String? {
    var text: String?
    unsafe JSONBytes.forEach(object) { key, value in
      guard unsafe key.elementsEqual(name.utf8) else { return true }
      text = unsafe JSONBytes.string(value)
      return false
    }
    return text
  }
}
