import Glibc
import RemitModel
import RemitPolicy
import RemitTestKit
import Synchronization
import Testing

@testable import RemitEngine
@testable import RemitLog

/// A log in a folder of its own, with a clock that stands still unless it is told.
final class LogFixture: @unchecked Sendable {
  let folder = TemporaryFolder()
  let clock = Mutex<Int64>(1_750_000_000_123)
  let said = Mutex<[String]>([])

  var path: String { "\(folder.path)/log" }
  var configuration: LogConfiguration { LogConfiguration(folder: path) }

  func open(_ configuration: LogConfiguration? = nil, files: any LogFiles = SystemFiles()) throws -> DecisionLog {
    try DecisionLog(
      configuration ?? self.configuration, files: files, milliseconds: { [self] in clock.withLock { $0 } },
      say: { [self] message in said.withLock { $0.append((message.isWarning ? "warning: " : "") + message.text) } })
  }

  /// Logs decisions, one a commit, and closes the log.
  func write(_ count: Int, _ configuration: LogConfiguration? = nil, first: Int = 1) throws {
    let log = try open(configuration)
    let recorder = log.makeRecorder()
    for number in first..<first + count {
      recorder.take(id: "\(number)")
      precondition(recorder.keep(), "nothing is in the way of the log")
    }
    log.close()
  }

  func verify(_ others: String..., firstNumber: Int = 1) throws -> LogVerifier.Report {
    try LogVerifier.verify([path] + others, firstNumber: firstNumber)
  }

  /// The lines as texts.
  func lines(_ others: String...) throws -> [String] {
    let reader = try LogReader([path] + others)
    var lines: [String] = []
    while let line = unsafe try reader.next() { lines.append(unsafe String(decoding: line.bytes, as: UTF8.self)) }
    return lines
  }

  /// Names of the files whose name ends so, sorted.
  func files(_ suffix: String = ".ndjson", in other: String? = nil) -> [String] {
    Self.names(other ?? path).filter { $0.hasSuffix(suffix) }.sorted()
  }

  static func names(_ path: String) -> [String] {
    guard let stream = unsafe opendir(path) else { return [] }
    defer { unsafe _ = closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      names.append(
        unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
          unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) { bytes in unsafe String(cString: bytes) }
        })
    }
    return names.filter { $0 != "." && $0 != ".." }
  }

  func read(_ name: String) -> [UInt8] { Self.read("\(path)/\(name)") }
  func replace(_ name: String, _ bytes: [UInt8]) { Self.write(bytes, "\(path)/\(name)") }
  func delete(_ name: String) { unsafe _ = unlink("\(path)/\(name)") }

  static func read(_ path: String) -> [UInt8] {
    let file = unsafe Glibc.open(path, O_RDONLY)
    precondition(file >= 0, "\(path) can be read")
    defer { close(file) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = unsafe block.withUnsafeMutableBytes { unsafe Glibc.read(file, $0.baseAddress, $0.count) }
      guard count > 0 else { return bytes }
      bytes += block[..<count]
    }
  }

  static func write(_ bytes: [UInt8], _ path: String) {
    let file = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    precondition(file >= 0, "\(path) can be written")
    let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
    precondition(count == bytes.count, "\(path) can be written")
    close(file)
  }

  /// All files of the log, to be put back.
  func snapshot() -> [(String, [UInt8])] { Self.names(path).map { ($0, read($0)) } }

  func restore(_ files: [(String, [UInt8])]) {
    for name in Self.names(path) { delete(name) }
    for (name, bytes) in files { replace(name, bytes) }
  }
}

extension DecisionRecorder {
  /// Whether what was recorded is kept at once.
  func keep() -> Bool { commit(whenKept: {}) }

  /// Expects that what was recorded is not kept at once.
  func keepLater(_ whenKept: @escaping @Sendable () -> Void) {
    let isKept = commit(whenKept: whenKept)
    #expect(!isKept)
  }

  /// Records a decision that is made up.
  @discardableResult
  func take(
    id: String = "", _ method: DecidedRequest.Method = .decide, policyName: String = "\"a.x\"",
    policy: LoadedPolicy? = nil,
    input: String? = #"{"amount":1}"#, params: String? = nil, at: String = "2025-06-15",
    decision: String? = #"{"outcome":"approve","reasons":["ok"]}"#, error: String = ""
  ) -> EngineError? {
    func padded<Result>(_ text: String?, _ body: (UnsafeRawBufferPointer?) -> Result) -> Result {
      guard let text else { return body(nil) }
      let bytes = Array(text.utf8)
      return unsafe (bytes + [UInt8](repeating: 0, count: 64)).withUnsafeBytes {
        unsafe body(UnsafeRawBufferPointer(rebasing: $0[..<bytes.count]))
      }
    }
    return unsafe padded(id) { id in
      unsafe padded(policyName) { name in
        unsafe padded(input) { input in
          unsafe padded(params) { params in
            unsafe padded(at) { at in
              unsafe padded(decision ?? error) { result in
                unsafe record(
                  DecidedRequest(
                    method: method, id: id!, policyName: name!,
                    policy: policy.map { unsafe Unmanaged.passUnretained($0) }, input: input, params: params, at: at!,
                    result: decision == nil ? .error(result!) : .decision(result!)))
              }
            }
          }
        }
      }
    }
  }
}

/// Loads a policy with that input.
func loadedPolicy(input: String) throws -> LoadedPolicy {
  let folder = TemporaryFolder([
    "a/x.lua": """
    return policy {
      summary = "A test.", source = "None", outcomes = { "approve" }, input = record { \(input) },
      reasons = { ok = { en = "Fine.", zh = "好。" } },
      decide = function(tx) return { outcome = "approve", reasons = { "ok" } } end,
    }
    """
  ])
  let loader = PolicyLoader(ModuleStore(folder: PolicyFolder(policies: folder.path, plugins: "nothing")))
  return try loader.load(PolicyName(family: "a", name: "x")!).0
}

/// Files on a disk of so many bytes, which tests fill, empty and break.
final class FaultyFiles: LogFiles {
  struct State {
    /// Bytes that still fit; nil: any.
    var room: Int?
    var syncFailures = 0
    var syncs = 0
    var writes = 0
    var canReserve = true
    /// Bytes set aside, by file.
    var reserved: [Int32: Int] = [:]
    /// Only this folder's disk is that small.
    var folder: String?
    var small: Set<Int32> = []
    var holdsSync = false
    /// Why no file can be made.
    var openFailure: Int32?
  }

  let state = Mutex(State())
  private let system = SystemFiles()

  init(room: Int? = nil) {
    state.withLock { $0.room = room }
  }

  func open(_ path: String, isNew: Bool) -> Int32 {
    if isNew, let code = state.withLock({ $0.openFailure }) { return -code }
    let file = system.open(path, isNew: isNew)
    state.withLock { state in
      state.reserved[file] = 0
      if state.folder.map({ path.hasPrefix($0 + "/") }) ?? true {
        state.small.insert(file)
      } else {
        state.small.remove(file)
      }
    }
    return file
  }

  func write(_ bytes: UnsafeRawBufferPointer, to file: Int32, at offset: Int) -> Int {
    let count = state.withLock { state -> Int in
      state.writes += 1
      guard let room = state.room, state.small.contains(file) else { return bytes.count }
      let count = min(bytes.count, room + state.reserved[file, default: 0])
      let fromReserved = min(count, state.reserved[file, default: 0])
      state.reserved[file, default: 0] -= fromReserved
      state.room = room - (count - fromReserved)
      return count
    }
    guard count > 0 else { return -Int(ENOSPC) }
    return unsafe system.write(UnsafeRawBufferPointer(rebasing: bytes[..<count]), to: file, at: offset)
  }

  func sync(_ file: Int32) -> Int32 {
    while state.withLock({ $0.holdsSync }) { usleep(200) }
    return state.withLock { state in
      state.syncs += 1
      guard state.syncFailures == 0 else {
        state.syncFailures -= 1
        return EIO
      }
      return 0
    }
  }

  func truncate(_ file: Int32, to length: Int) -> Int32 {
    let before = lseek(file, 0, SEEK_END)
    state.withLock { state in
      if let room = state.room, state.small.contains(file), before > length { state.room = room + Int(before) - length }
    }
    return system.truncate(file, to: length)
  }

  func reserve(_ file: Int32, from offset: Int, count: Int) -> Int32 {
    state.withLock { state in
      guard state.canReserve else { return EOPNOTSUPP }
      guard let room = state.room, state.small.contains(file) else { return 0 }
      guard room >= count else { return ENOSPC }
      state.room = room - count
      state.reserved[file, default: 0] += count
      return 0
    }
  }

  func makeRoom(_ bytes: Int?) { state.withLock { $0.room = bytes } }
}

/// Waits for what other threads do, without an end only where there is a bug.
func wait(_ isDone: () -> Bool) -> Bool {
  for _ in 0..<100_000 {
    if isDone() { return true }
    usleep(100)
  }
  return false
}
