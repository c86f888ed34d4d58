private import Glibc
internal import RemitWire

/// One line of the log, read. All parts lie in its bytes, as JSON with padding behind it, and are good for as long as those.
@unsafe package struct LogLine {
  /// Where a line stands.
  package struct Place: Sendable, CustomStringConvertible {
    package let segment: LogSegment
    /// From 1.
    package let line: Int

    /// `0000000000000001.ndjson:17`
    package var description: String { "\(segment.name):\(line)" }
  }

  package enum Method: Equatable, Sendable {
    case decide
    /// A row of a `decide_batch`, from 0; where its policy decides rows together, of how many.
    case row(Int, together: Int?)
    /// A `decide_batch` that was refused as a whole: there is no input.
    case refusedBatch
  }

  @unsafe package enum Result {
    /// `{"outcome":…}`
    case decision(UnsafeRawBufferPointer)
    /// `{"code":…,"message":…}`, as `remit batch` writes it.
    case error(UnsafeRawBufferPointer)
  }

  package let place: Place
  /// The whole line without its newline.
  package private(set) var bytes: UnsafeRawBufferPointer
  /// From 1 over the whole log.
  package let number: Int
  /// The digits, without quotes.
  package private(set) var hash: UnsafeRawBufferPointer
  /// When it was logged, without quotes; empty where the line does not say.
  package private(set) var time = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
  package private(set) var method = Method.decide
  /// As the request has it; nil where it has none.
  package private(set) var id: UnsafeRawBufferPointer?
  /// As the request has it, but for masked values; nil where a batch was refused.
  package private(set) var input: UnsafeRawBufferPointer?
  /// What was masked, without quotes; nil where nothing was, or nothing but `true` is left of it.
  package private(set) var sealed: UnsafeRawBufferPointer?
  /// The text without its quotes.
  package private(set) var at = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
  /// What was asked for, in quotes.
  package private(set) var policy = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
  /// Without quotes; nil where there was no such policy.
  package private(set) var version: UnsafeRawBufferPointer?
  /// What the request sets; nil where it sets nothing.
  package private(set) var params: UnsafeRawBufferPointer?
  package private(set) var result: Result

  /// - Parameter bytes: Valid JSON with that frame.
  /// - Returns: Nil where a part is missing or something else than it should be.
  init?(_ bytes: UnsafeRawBufferPointer, _ frame: LineFrame.Parts, _ place: Place) {
    unsafe self.place = place
    unsafe self.bytes = bytes
    unsafe number = frame.number
    unsafe hash = frame.hash
    var result: Result?
    var request: UnsafeRawBufferPointer?
    var parts = unsafe Texts()
    unsafe JSONBytes.forEach(bytes) { key, value in
      if unsafe Self.key(key, is: "time") {
        unsafe parts.time = JSONBytes.insideQuotes(value)
      } else if unsafe Self.key(key, is: "request") {
        unsafe request = unsafe value
      } else if unsafe Self.key(key, is: "at") {
        unsafe parts.at = JSONBytes.insideQuotes(value)
      } else if unsafe Self.key(key, is: "policy") {
        unsafe parts.policy = unsafe value
      } else if unsafe Self.key(key, is: "version") {
        unsafe parts.version = JSONBytes.insideQuotes(value)
      } else if unsafe Self.key(key, is: "params") {
        unsafe parts.params = unsafe value
      } else if unsafe Self.key(key, is: "decision") {
        unsafe result = .decision(value)
      } else if unsafe Self.key(key, is: "error") {
        unsafe result = .error(value)
      }
      return true
    }
    guard let result = unsafe result, let at = unsafe parts.at, let policy = unsafe parts.policy,
      let request = unsafe request
    else { return nil }
    unsafe self.result = unsafe result
    unsafe self.at = unsafe at
    unsafe self.policy = unsafe policy
    if let time = unsafe parts.time { unsafe self.time = unsafe time }
    unsafe version = parts.version
    unsafe params = parts.params
    guard unsafe read(request: request) else { return nil }
  }

  @unsafe private struct Texts {
    var time, at, policy, version, params: UnsafeRawBufferPointer?
  }

  private mutating func read(request: UnsafeRawBufferPointer) -> Bool {
    var isBatch: Bool?
    var row: Int?
    var rows: Int?
    var id: UnsafeRawBufferPointer?
    var input: UnsafeRawBufferPointer?
    var sealed: UnsafeRawBufferPointer?
    unsafe JSONBytes.forEach(request) { key, value in
      if unsafe Self.key(key, is: "id") {
        unsafe id = unsafe value
      } else if unsafe Self.key(key, is: "method") {
        isBatch = unsafe JSONBytes.insideQuotes(value).map { unsafe Self.key($0, is: "decide_batch") }
      } else if unsafe Self.key(key, is: "row") {
        row = unsafe Int(String(decoding: value, as: UTF8.self))
      } else if unsafe Self.key(key, is: "rows") {
        rows = unsafe Int(String(decoding: value, as: UTF8.self))
      } else if unsafe Self.key(key, is: "input") {
        unsafe input = unsafe value
      } else if unsafe Self.key(key, is: "sealed") {
        unsafe sealed = JSONBytes.insideQuotes(value)
      }
      return true
    }
    guard let isBatch else { return false }
    unsafe self.id = unsafe id
    unsafe self.input = unsafe input
    unsafe self.sealed = unsafe sealed
    if !isBatch {
      unsafe method = .decide
    } else if let row {
      unsafe method = .row(row, together: rows)
    } else {
      unsafe method = .refusedBatch
    }
    return unsafe (input != nil) == (method != .refusedBatch)
  }

  /// The same line in a copy of its bytes; those that it was read from need not be there any more.
  package func moved(to copy: UnsafeRawBufferPointer) -> LogLine {
    // SAFETY: all parts of a line lie in its bytes, and so at the same places of a copy.
    func moved(_ part: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
      guard let old = unsafe bytes.baseAddress, let start = part.baseAddress else { return unsafe part }
      let place = unsafe start - old
      return unsafe UnsafeRawBufferPointer(rebasing: copy[place..<place + part.count])
    }
    var line = unsafe self
    unsafe line.bytes = unsafe copy
    unsafe line.hash = moved(hash)
    unsafe line.time = moved(time)
    unsafe line.id = id.map { unsafe moved($0) }
    unsafe line.input = input.map { unsafe moved($0) }
    unsafe line.sealed = sealed.map { unsafe moved($0) }
    unsafe line.at = moved(at)
    unsafe line.policy = moved(policy)
    unsafe line.version = version.map { unsafe moved($0) }
    unsafe line.params = params.map { unsafe moved($0) }
    switch unsafe result {
    case .decision(let object): unsafe line.result = .decision(moved(object))
    case .error(let object): unsafe line.result = .error(moved(object))
    }
    return unsafe line
  }

  /// Keys are compared as they are written: the log's have no escapes.
  private static func key(_ key: UnsafeRawBufferPointer, is word: StaticString) -> Bool {
    guard let base = key.baseAddress, key.count == word.utf8CodeUnitCount else { return false }
    // SAFETY: both have so many bytes.
    return unsafe memcmp(base, word.utf8Start, key.count) == 0
  }
}
