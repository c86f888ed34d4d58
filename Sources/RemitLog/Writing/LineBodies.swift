private import Glibc
internal import RemitEngine
private import RemitModel
private import RemitPolicy
internal import RemitWire

/// What stands between the frames of lines and their hashes, one behind the other: what a thread hands over when it commits.
final class LineBodies {
  fileprivate(set) var bytes = ByteWriter()
  fileprivate(set) var ends: [Int] = []
  /// Room on the disk that was promised for them.
  var promised = 0
  /// Called once they are kept.
  var whenKept: (@Sendable () -> Void)?

  func forEach(_ body: (UnsafeRawBufferPointer) -> Void) {
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
    bytes.removeAll()
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
  /// `"policy":"…","version":"…"` of policies that were met, by what is there once for each.
  private var labels: [ObjectIdentifier: Label] = [:]

  private struct Label {
    /// Held, so that nothing else can be in its place.
    let identity: AnyObject
    let text: [UInt8]
  }

  private static let labelsMax = 256

  init(_ key: LogKey?) {
    sealer = key.map { LineSealer($0) }
  }

  var count: Int { ends.count }

  /// - Returns: How long the line may become; nil where it is too long, or memory has run out, and it was not taken.
  mutating func append(_ decision: DecidedRequest) -> Int? {
    let start = bytes.count
    unsafe appendMembers(decision)
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
    bytes.append("\"request\":{")
    if unsafe !decision.id.isEmpty {
      bytes.append("\"id\":")
      unsafe append(decision.id)
      bytes.append(",")
    }
    switch unsafe decision.method {
    case .decide: bytes.append("\"method\":\"decide\"")
    case .row(let row, let together):
      bytes.append("\"method\":\"decide_batch\",\"row\":")
      bytes.append(row)
      if let together {
        bytes.append(",\"rows\":")
        bytes.append(together)
      }
    case .refusedBatch: bytes.append("\"method\":\"decide_batch\"")
    }
    if let input = unsafe decision.input {
      bytes.append(",\"input\":")
      if let part = unsafe decision.policy?.declaration.sensitive {
        unsafe append(input, masking: part)
      } else {
        unsafe append(input)
      }
    }
    bytes.append("},\"at\":\"")
    unsafe append(at: decision.at)
    bytes.append("\",")
    if let policy = unsafe decision.policy {
      appendLabel(of: policy)
    } else {
      bytes.append("\"policy\":")
      unsafe append(decision.policyName)
    }
    if let params = unsafe decision.params {
      bytes.append(",\"params\":")
      unsafe append(params)
    }
    switch unsafe decision.result {
    case .decision(let value):
      bytes.append(",\"decision\":")
      unsafe bytes.append(value)
    case .error(let value):
      bytes.append(",\"error\":")
      unsafe append(error: value)
    }
  }

  private mutating func appendLabel(of policy: LoadedPolicy) {
    let identity = ObjectIdentifier(policy.declarationJSON)
    if let label = labels[identity] {
      bytes.append(label.text.span)
      return
    }
    // Of snapshots that are no more, too: begin anew now and then.
    if labels.count >= Self.labelsMax { labels.removeAll() }
    let text = Array(policy.label.dropFirst())
    labels[identity] = Label(identity: policy.declarationJSON, text: text)
    bytes.append(text.span)
  }

  /// Appends a part of a request. A line break can stand between two tokens only, and a line of the log has none.
  private mutating func append(_ part: UnsafeRawBufferPointer) {
    guard let base = part.baseAddress else { return }
    // SAFETY: the bytes are there during the call.
    guard unsafe memchr(base, 0x0A, part.count) != nil else {
      unsafe bytes.append(part)
      return
    }
    for place in 0..<part.count {
      let byte = unsafe part[place]
      bytes.append(byte == 0x0A || byte == 0x0D ? 0x20 : byte)
    }
  }

  private mutating func append(_ input: UnsafeRawBufferPointer, masking part: SensitivePart) {
    let start = bytes.count
    var done = 0
    sealer?.start()
    unsafe SensitiveValues.forEach(in: input, part) { value in
      let place = unsafe value.baseAddress! - input.baseAddress!
      unsafe append(UnsafeRawBufferPointer(rebasing: input[done..<place]))
      if let commitment = unsafe sealer?.commitment(to: value) {
        bytes.append("{\"masked\":\"")
        bytes.append(commitment.span)
        bytes.append("\"}")
      } else {
        bytes.append("{\"masked\":true}")
      }
      done = place + value.count
    }
    unsafe append(UnsafeRawBufferPointer(rebasing: input[done...]))
    let sealed = unsafe bytes.withBytes { bytes in
      unsafe sealer?.sealed(beside: UnsafeRawBufferPointer(rebasing: bytes[start...]))
    }
    guard let sealed else { return }
    bytes.append(",\"sealed\":\"")
    bytes.append(sealed.span)
    bytes.append("\"")
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
    quoted.append("\"")
    unsafe quoted.append(text)
    quoted.append("\"")
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
    bytes.append("{\"code\":")
    if let code = unsafe code, unsafe code[0] == UInt8(ascii: "\"") {
      unsafe bytes.append(code)
    } else {
      bytes.appendJSONString(ErrorCode.invalidParams.rawValue)
    }
    bytes.append(",\"message\":")
    if let message = unsafe message { unsafe bytes.append(message) } else { bytes.append("\"\"" as StaticString) }
    unsafe JSONBytes.forEach(unsafe data ?? error) { key, value in
      let isWritten =
        unsafe key.elementsEqual("code".utf8) || key.elementsEqual("message".utf8) || key.elementsEqual("data".utf8)
      if isWritten { return true }
      bytes.append(",\"")
      unsafe bytes.append(key)
      bytes.append("\":")
      unsafe bytes.append(value)
      return true
    }
    bytes.append("}")
  }
}
