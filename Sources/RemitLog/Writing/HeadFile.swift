private import Glibc
private import RemitWire

/// The file `head`: which line is the last, so that it is noticed where whole lines are missing at the end.
///
/// It has two slots of which each holds one line of JSON, and they are written by turns: whenever the process ends, one of them is whole.
/// They are written after the lines and before those are answered, so no line that was answered lies behind both.
@safe final class HeadFile {
  struct Record: Equatable {
    var number: Int
    var hash: [UInt8]
    /// The last line is not in this folder.
    var isElsewhere: Bool
  }

  enum Reading: Equatable {
    case missing
    /// It has no bytes: it was made, and never written.
    case empty
    /// No slot is whole.
    case damaged
    /// The later of those that are whole. Where the other one is not, that may have been the later.
    case record(Record, hasDamagedSlot: Bool)
  }

  static let name = "head"
  static let slotBytes = 256
  static let damagedSlotWords =
    "one of its two slots is damaged: where that was the later one, a line that is missing at the end cannot be told"
  private static let checkDigits = 16
  private static let attempts = 4

  private let path: String
  private var file: Int32
  private var slot = 0
  /// Both slots are to be written, so that one that is damaged, or not there yet, is whole.
  private var isFresh = true
  /// What was written last.
  private(set) var last: Record?

  /// Opens it for writing, and makes it where it is not there.
  init(folder: String) throws(LogError) {
    path = "\(folder)/\(Self.name)"
    file = Self.open(path)
    guard file >= 0 else { throw LogError("cannot write \(path): \(LogError.systemWords())") }
  }

  private static func open(_ path: String) -> Int32 {
    unsafe Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
  }

  deinit {
    close(file)
  }

  /// Whether others still find it.
  var isThere: Bool { OpenFile.isThere(file, path) }

  /// Makes it anew, where it is gone or another file stands in its place. Returns 0, or the system's error.
  func reopen() -> Int32 {
    let other = Self.open(path)
    guard other >= 0 else { return errno }
    close(file)
    file = other
    isFresh = true
    return 0
  }

  /// Returns 0, or the system's error.
  func write(_ record: Record) -> Int32 {
    let code = writeSlot(record)
    guard code == 0 else { return code }
    last = record
    guard isFresh else { return 0 }
    isFresh = false
    return writeSlot(record)
  }

  private func writeSlot(_ record: Record) -> Int32 {
    let bytes = Self.bytes(record)
    slot = 1 - slot
    // SAFETY: the bytes live during the call.
    let count = unsafe bytes.withUnsafeBytes { unsafe pwrite(file, $0.baseAddress, $0.count, slot * Self.slotBytes) }
    return count == bytes.count ? 0 : count < 0 ? errno : ENOSPC
  }

  func sync() -> Int32 { fdatasync(file) == 0 ? 0 : errno }

  /// `{"n":17,"hash":"…","elsewhere":false,"check":"…"}`, spaces and a newline.
  static func bytes(_ record: Record) -> [UInt8] {
    var output = ByteWriter()
    output.append("{\"n\":")
    output.append(record.number)
    output.append(",\"hash\":\"")
    output.append(record.hash.span)
    output.append(record.isElsewhere ? "\",\"elsewhere\":true" : "\",\"elsewhere\":false")
    let check = check(output.bytes)
    output.append(",\"check\":\"")
    output.append(check.span)
    output.append("\"}")
    return output.bytes + [UInt8](repeating: 0x20, count: slotBytes - output.count - 1) + [0x0A]
  }

  private static func check(_ bytes: [UInt8]) -> [UInt8] {
    var digits = LineFrame.noHash
    unsafe bytes.withUnsafeBytes { unsafe LineFrame.hash($0, into: &digits) }
    return Array(digits.prefix(checkDigits))
  }

  /// Reads the later of the slots that are whole.
  static func read(folder: String) throws(LogError) -> Reading {
    let path = "\(folder)/\(name)"
    let file = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT { return .missing }
      throw LogError("cannot read \(path): \(LogError.systemWords())")
    }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 2 * slotBytes)
    var count = 0
    var records: [Record] = []
    // A slot may be read while it is written; that one is whole soon.
    for _ in 0..<attempts where records.count < 2 {
      // SAFETY: there is so much room.
      count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(file, $0.baseAddress, $0.count, 0) }
      guard count >= 0 else { throw LogError("cannot read \(path): \(LogError.systemWords())") }
      records = stride(from: 0, to: count, by: slotBytes).compactMap { start in
        record(Array(bytes[start..<min(start + slotBytes, count)]))
      }
    }
    guard let last = records.max(by: { $0.number < $1.number }) else { return count == 0 ? .empty : .damaged }
    return .record(last, hasDamagedSlot: records.count < 2)
  }

  private static func record(_ slot: [UInt8]) -> Record? {
    guard let view = try? JSONView(slot), let number = view["n"]?.integer, number >= 0,
      let hash = view["hash"]?.string, hash.utf8.count == LineFrame.hashDigits,
      let isElsewhere = view["elsewhere"]?.boolean
    else { return nil }
    let record = Record(number: number, hash: Array(hash.utf8), isElsewhere: isElsewhere)
    // As it is written, and no other way.
    return bytes(record) == slot ? record : nil
  }
}
