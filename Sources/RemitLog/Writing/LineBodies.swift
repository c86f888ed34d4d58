private import Glibc
internal import RemitEngine
private import RemitLua
private import RemitModel
private import RemitPolicy
internal import RemitWire

/// What stands between the frames of lines and their hashes, one behind the other: what a thread hands over when it commits.
final class LineBodies {
  fileprivate(set) var bytes = ByteWriter()
  fileprivate(set) var ends: [Int] = []
  /// Room on the disk that was promised for them.
  var promised = 0
  /// More than a tick of an event loop brings about, so that its buffer need not grow anew each time.
  private static let keptCapacityBytes = 4 << 20
  /// Called once they are kept.
  var whenKept: (@Sendable () -> Void)?

  func withEach(_ body: (UnsafeRawBufferPointer) -> Void) {
    unsafe bytes.withBytes { bytes in
      var start = 0
      for end in ends {
        unsafe body(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        start = end
      }
    }
  }

  /// Forgets all, and keeps the memory.
  func removeAll() {
    bytes.removeAll(capacityBytesMax: Self.keptCapacityBytes)
    ends.removeAll(keepingCapacity: true)
    promised = 0
    whenKept = nil
  }
}

/// Makes lines of decisions, as far as the thread alone knows them.
///
/// A structure, so that the many steps of a line are one access to it.
struct LineMaker: ~Copyable {
  private var bytes = ByteWriter()
  private var ends: [Int] = []
  private var sealer: LineSealer?
  /// Of policies that were met, by their serial number.
  private var notes: [Int: PolicyNote] = [:]
  private var lastNote: (serial: Int, note: PolicyNote)?

  private static let notesMax = 256

  /// What lines need of a policy.
  private final class PolicyNote {
    /// `"policy":"…","version":"…"`
    let label: [UInt8]
    let sensitive: SensitivePart?

    init(_ policy: LoadedPolicy) {
      label = Array(policy.label.dropFirst())
      sensitive = policy.declaration.sensitive
    }
  }

  init(_ key: LogKey?) {
    sealer = key.map { LineSealer($0) }
  }

  var count: Int { ends.count }

  /// - Returns: How long the line may become; nil where it is too long, or memory has run out, and it was not taken.
  mutating func append(_ decision: DecidedRequest) -> Int? {
    let start = bytes.count
    unsafe appendMembers(decision)
    // A line break can stand between two tokens of a request, and a line of the log has none.
    bytes.joinLines(from: start)
    let length = bytes.count - start + LineFrame.lengthMax
    guard !bytes.hasFailed, length <= LineFrame.lineBytesMax else {
      bytes.truncate(to: start)
      // Only an empty writer forgets that it has failed.
      if ends.isEmpty { bytes.removeAll() }
      return nil
    }
    ends.append(bytes.count)
    return length
  }

  mutating func removeLast() {
    ends.removeLast()
    bytes.truncate(to: ends.last ?? 0)
  }

  /// Moves what was made to bodies that are empty.
  mutating func move(to bodies: LineBodies) {
    swap(&bytes, &bodies.bytes)
    swap(&ends, &bodies.ends)
  }

  // MARK: The members of a line

  private mutating func appendMembers(_ decision: DecidedRequest) {
    let note: PolicyNote? = if let policy = unsafe decision.policy { unsafe note(of: policy) } else { nil }
    bytes.append("\"request\":{" as StaticString)
    if unsafe !decision.id.isEmpty {
      bytes.append("\"id\":" as StaticString)
      unsafe bytes.append(decision.id)
      bytes.append(UInt8(ascii: ","))
    }
    switch unsafe decision.method {
    case .decide: bytes.append("\"method\":\"decide\"" as StaticString)
    case .row(let row, let together):
      bytes.append("\"method\":\"decide_batch\",\"row\":" as StaticString)
      bytes.append(row)
      if let together {
        bytes.append(",\"rows\":" as StaticString)
        bytes.append(together)
      }
    case .refusedBatch: bytes.append("\"method\":\"decide_batch\"" as StaticString)
    }
    if let input = unsafe decision.input {
      bytes.append(",\"input\":" as StaticString)
      if let note, note.sensitive == nil {
        unsafe bytes.append(input)
      } else {
        // Without a policy nothing tells what in it is sensitive.
        unsafe append(input, masking: note?.sensitive ?? .whole)
      }
    }
    bytes.append("},\"at\":\"" as StaticString)
    unsafe append(at: decision.at)
    bytes.append("\"," as StaticString)
    if let note {
      let label = note.label
      bytes.append(label.span)
    } else {
      bytes.append("\"policy\":" as StaticString)
      unsafe bytes.append(decision.policyName)
    }
    if let params = unsafe decision.params {
      bytes.append(",\"params\":" as StaticString)
      unsafe bytes.append(params)
    }
    switch unsafe decision.result {
    case .decision(let value):
      bytes.append(",\"decision\":" as StaticString)
      unsafe bytes.append(value)
    case .error(let value):
      bytes.append(",\"error\":" as StaticString)
      unsafe append(error: value)
    }
  }

  private mutating func note(of policy: Unmanaged<LoadedPolicy>) -> PolicyNote {
    // SAFETY: who hands the decision over holds the policy during the call.
    let serial = unsafe policy._withUnsafeGuaranteedRef { $0.serial }
    if let lastNote, lastNote.serial == serial { return lastNote.note }
    // Of snapshots that are no more, too: begin anew now and then.
    if notes[serial] == nil && notes.count >= Self.notesMax { notes.removeAll() }
    let note = unsafe notes[serial] ?? PolicyNote(policy.takeUnretainedValue())
    notes[serial] = note
    lastNote = (serial, note)
    return note
  }

  private mutating func append(_ input: UnsafeRawBufferPointer, masking part: SensitivePart) {
    let start = bytes.count
    var done = 0
    sealer?.start()
    unsafe SensitiveValues.forEach(in: input, part) { value in
      let place = unsafe value.baseAddress! - input.baseAddress!
      unsafe bytes.append(UnsafeRawBufferPointer(rebasing: input[done..<place]))
      if let commitment = unsafe sealer?.commitment(to: value) {
        bytes.append("{\"masked\":\"" as StaticString)
        bytes.append(commitment.span)
        bytes.append("\"}" as StaticString)
      } else {
        bytes.append("{\"masked\":true}" as StaticString)
      }
      done = place + value.count
    }
    unsafe bytes.append(UnsafeRawBufferPointer(rebasing: input[done...]))
    bytes.joinLines(from: start)
    let sealed = unsafe bytes.withBytes { bytes in
      unsafe sealer?.sealed(beside: UnsafeRawBufferPointer(rebasing: bytes[start...]))
    }
    guard let sealed else { return }
    bytes.append(",\"sealed\":\"" as StaticString)
    bytes.append(sealed.span)
    bytes.append(UInt8(ascii: "\""))
  }

  /// What a refused request has in the place of a time may be anything, such as an object.
  private mutating func append(at text: UnsafeRawBufferPointer) {
    let isPlain = unsafe text.allSatisfy {
      $0 >= 0x20 && $0 < 0x80 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
    }
    if isPlain {
      unsafe bytes.append(text)
      return
    }
    var quoted = ByteWriter()
    quoted.append(UInt8(ascii: "\""))
    unsafe quoted.append(text)
    quoted.append(UInt8(ascii: "\""))
    let isString = unsafe (quoted.bytes + [UInt8](repeating: 0, count: 64)).withUnsafeBytes { bytes in
      unsafe JSONBytes.isValid(UnsafeRawBufferPointer(rebasing: bytes[..<quoted.count]))
    }
    if isString {
      unsafe bytes.append(text)
    } else {
      let start = bytes.count
      _ = unsafe bytes.appendJSONString(Array(text).span)
      // Its quotes stand there already.
      let inside = unsafe bytes.withBytes { bytes in unsafe Array(bytes[(start + 1)..<(bytes.count - 1)]) }
      bytes.truncate(to: start)
      bytes.append(inside.span)
    }
  }

  /// `{"code":…,"message":…, …}`, whichever form it has.
  private mutating func append(error: UnsafeRawBufferPointer) {
    var code: UnsafeRawBufferPointer?
    var message: UnsafeRawBufferPointer?
    var data: UnsafeRawBufferPointer?
    unsafe JSONBytes.forEach(error) { key, value in
      if unsafe key.elementsEqual("code".utf8) { unsafe code = unsafe value }
      if unsafe key.elementsEqual("message".utf8) { unsafe message = unsafe value }
      if unsafe key.elementsEqual("data".utf8) { unsafe data = unsafe value }
      return true
    }
    if let data = unsafe data {
      unsafe JSONBytes.forEach(data) { key, value in
        if unsafe key.elementsEqual("code".utf8) { unsafe code = unsafe value }
        return true
      }
    }
    bytes.append("{\"code\":" as StaticString)
    if let code = unsafe code, unsafe code[0] == UInt8(ascii: "\"") {
      unsafe bytes.append(code)
    } else {
      bytes.appendJSONString(ErrorCode.invalidParams.rawValue)
    }
    bytes.append(",\"message\":" as StaticString)
    if let message = unsafe message { unsafe bytes.append(message) } else { bytes.append("\"\"" as StaticString) }
    unsafe JSONBytes.forEach(unsafe data ?? error) { key, value in
      let isWritten =
        unsafe key.elementsEqual("code".utf8) || key.elementsEqual("message".utf8) || key.elementsEqual("data".utf8)
      if isWritten { return true }
      bytes.append(",\"" as StaticString)
      unsafe bytes.append(key)
      bytes.append("\":" as StaticString)
      unsafe bytes.append(value)
      return true
    }
    bytes.append(UInt8(ascii: "}"))
  }
}
