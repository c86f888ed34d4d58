private import Glibc
internal import RemitEngine
private import RemitModel
private import RemitPolicy
internal import RemitWire

/// Keeps the lines of one thread until it commits, as far as the thread alone knows them: number and hashes come with the commit.
final class LineRecorder: DecisionRecorder {
  private let log: DecisionLog
  /// What stands between the frame and the hash, one behind the other; and where each ends.
  private(set) var bodies = ByteWriter()
  private(set) var ends: [Int] = []
  private var sealer: LineSealer?
  /// Room on the disk that this thread may still fill, and how much the uncommitted lines take of what it had.
  private var granted = 0
  private(set) var promised = 0

  init(_ log: DecisionLog) {
    self.log = log
    sealer = log.configuration.key.map { LineSealer($0) }
  }

  deinit {
    log.reservation?.giveBack(granted + promised)
  }

  var hasUncommitted: Bool { !ends.isEmpty }

  func record(_ decision: DecidedRequest) -> EngineError? {
    if let refusal = log.refusal { return refusal }
    let start = bodies.count
    unsafe append(decision)
    guard !bodies.hasFailed, bodies.count - start <= LineFrame.lineBytesMax - LineFrame.lengthMax else {
      bodies.truncate(to: start)
      return EngineError(code: .overloaded, message: "the decision is too long for the decision log")
    }
    if let reservation = log.reservation {
      let length = bodies.count - start + LineFrame.lengthMax
      if granted < length {
        guard let more = reservation.take(length - granted) else {
          bodies.truncate(to: start)
          return log.refuse()
        }
        granted += more
        if more >= DiskReservation.grant { log.noteRoom() }
      }
      granted -= length
      promised += length
    }
    ends.append(bodies.count)
    return nil
  }

  func commit(whenKept: @escaping @Sendable () -> Void) -> Bool {
    guard hasUncommitted else { return true }
    let isKept = log.commit(self, whenKept: whenKept)
    bodies.removeAll()
    ends.removeAll(keepingCapacity: true)
    promised = 0
    return isKept
  }

  // MARK: The members of a line

  private func append(_ decision: DecidedRequest) {
    bodies.append("\"request\":{")
    if unsafe !decision.id.isEmpty {
      bodies.append("\"id\":")
      unsafe append(decision.id)
      bodies.append(",")
    }
    switch unsafe decision.method {
    case .decide: bodies.append("\"method\":\"decide\"")
    case .row(let row, let together):
      bodies.append("\"method\":\"decide_batch\",\"row\":")
      bodies.append(row)
      if let together {
        bodies.append(",\"rows\":")
        bodies.append(together)
      }
    case .refusedBatch: bodies.append("\"method\":\"decide_batch\"")
    }
    if let input = unsafe decision.input {
      bodies.append(",\"input\":")
      if let part = unsafe decision.policy?.declaration.sensitive {
        unsafe append(input, masking: part)
      } else {
        unsafe append(input)
      }
    }
    bodies.append("},\"at\":\"")
    unsafe append(at: decision.at)
    bodies.append("\",\"policy\":")
    if let policy = unsafe decision.policy {
      bodies.append("\"")
      bodies.append(policy.name.family)
      bodies.append(".")
      bodies.append(policy.name.name)
      bodies.append("\",\"version\":\"")
      bodies.append(policy.version.description)
      bodies.append("\"")
    } else {
      unsafe append(decision.policyName)
    }
    if let params = unsafe decision.params {
      bodies.append(",\"params\":")
      unsafe append(params)
    }
    switch unsafe decision.result {
    case .decision(let value):
      bodies.append(",\"decision\":")
      unsafe bodies.append(value)
    case .error(let value):
      bodies.append(",\"error\":")
      unsafe append(error: value)
    }
  }

  /// Appends a part of a request. A line break can stand between two tokens only, and a line of the log has none.
  private func append(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    // SAFETY: the bytes are there during the call.
    guard unsafe memchr(base, 0x0A, bytes.count) != nil else {
      unsafe bodies.append(bytes)
      return
    }
    for place in 0..<bytes.count {
      let byte = unsafe bytes[place]
      bodies.append(byte == 0x0A || byte == 0x0D ? 0x20 : byte)
    }
  }

  private func append(_ input: UnsafeRawBufferPointer, masking part: SensitivePart) {
    let start = bodies.count
    var done = 0
    sealer?.start()
    unsafe SensitiveValues.forEach(in: input, part) { value in
      let place = unsafe value.baseAddress! - input.baseAddress!
      unsafe append(UnsafeRawBufferPointer(rebasing: input[done..<place]))
      if let commitment = unsafe sealer?.commitment(to: value) {
        bodies.append("{\"masked\":\"")
        bodies.append(commitment.span)
        bodies.append("\"}")
      } else {
        bodies.append("{\"masked\":true}")
      }
      done = place + value.count
    }
    unsafe append(UnsafeRawBufferPointer(rebasing: input[done...]))
    let sealed = unsafe bodies.withBytes { bytes in
      unsafe sealer?.sealed(beside: UnsafeRawBufferPointer(rebasing: bytes[start...]))
    }
    guard let sealed else { return }
    bodies.append(",\"sealed\":\"")
    bodies.append(sealed.span)
    bodies.append("\"")
  }

  /// What a refused request has in the place of a time may be anything, such as an object.
  private func append(at text: UnsafeRawBufferPointer) {
    let isPlain = unsafe text.allSatisfy {
      $0 >= 0x20 && $0 < 0x80 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
    }
    if isPlain {
      unsafe bodies.append(text)
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
      unsafe bodies.append(text)
    } else {
      let start = bodies.count
      _ = unsafe bodies.appendJSONString(Array(text).span)
      // Its quotes stand there already.
      let inside = unsafe bodies.withBytes { bytes in unsafe Array(bytes[(start + 1)..<(bytes.count - 1)]) }
      bodies.truncate(to: start)
      bodies.append(inside.span)
    }
  }

  /// `{"code":…,"message":…, …}`, whichever form it has.
  private func append(error: UnsafeRawBufferPointer) {
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
    bodies.append("{\"code\":")
    if let code = unsafe code, unsafe code[0] == UInt8(ascii: "\"") {
      unsafe bodies.append(code)
    } else {
      bodies.appendJSONString(ErrorCode.invalidParams.rawValue)
    }
    bodies.append(",\"message\":")
    if let message = unsafe message { unsafe bodies.append(message) } else { bodies.append("\"\"" as StaticString) }
    unsafe JSONBytes.forEach(unsafe data ?? error) { key, value in
      let isWritten =
        unsafe key.elementsEqual("code".utf8) || key.elementsEqual("message".utf8) || key.elementsEqual("data".utf8)
      if isWritten { return true }
      bodies.append(",\"")
      unsafe bodies.append(key)
      bodies.append("\":")
      unsafe bodies.append(value)
      return true
    }
    bodies.append("}")
  }
}
