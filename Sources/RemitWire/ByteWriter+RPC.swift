package import RemitModel

/// Replies in JSON-RPC 2.0 that no machine writes.
extension ByteWriter {
  /// Numbers of the standard that no error code of ours has.
  package enum RPCNumber: Int, Sendable {
    case parseError = -32700
    case invalidRequest = -32600
    case noMethod = -32601
  }

  /// What stands before a result; `}` ends it.
  ///
  /// - Parameter id: As it is to stand there; empty for null.
  package mutating func startRPCResult(id: UnsafeRawBufferPointer) {
    unsafe startReply(id: id)
    append(",\"result\":")
  }

  /// Appends an error whose number is its code's.
  ///
  /// - Parameters:
  ///   - path: What is to blame, a file or a member; nil where that is not known.
  ///   - line: Of that file, from 1.
  package mutating func appendRPCError(
    _ code: ErrorCode, _ message: String, path: String? = nil, line: Int? = nil, id: UnsafeRawBufferPointer
  ) {
    unsafe appendError(number: code.jsonRPCNumber, message, code: code, path: path, line: line, id: id)
  }

  /// Appends an error with a number of the standard.
  package mutating func appendRPCError(
    standard number: RPCNumber, _ message: String, id: UnsafeRawBufferPointer
  ) {
    unsafe appendError(number: number.rawValue, message, code: number == .parseError ? .parseError : nil, id: id)
  }

  /// Appends `{"error":{…}}`, as an element among results.
  package mutating func appendRPCElement(_ code: ErrorCode, _ message: String) {
    append("{\"error\":{\"code\":")
    appendJSONString(code.rawValue)
    append(",\"message\":")
    appendJSONString(Self.clipped(message))
    append("}}")
  }

  /// Appends an error that has its message among its members, as a result line has it: those beside it become `data`.
  ///
  /// - Parameter members: A valid object with a numbered code, as JSON with padding behind it.
  package mutating func appendRPCError(members: UnsafeRawBufferPointer, id: UnsafeRawBufferPointer) {
    unsafe startReply(id: id)
    append(",\"error\":{\"code\":")
    append(ErrorCode.internalError.jsonRPCNumber)
    unsafe JSONBytes.forEach(members) { key, value in
      guard unsafe key.elementsEqual("message".utf8) else { return true }
      append(",\"message\":")
      unsafe append(value)
      return false
    }
    append(",\"data\":{")
    var isFirst = true
    unsafe JSONBytes.forEach(members) { key, value in
      if unsafe key.elementsEqual("message".utf8) { return true }
      append(isFirst ? "\"" : ",\"")
      isFirst = false
      unsafe append(key)
      append("\":")
      unsafe append(value)
      return true
    }
    append("}}}")
  }

  private mutating func startReply(id: UnsafeRawBufferPointer) {
    append("{\"jsonrpc\":\"2.0\",\"id\":")
    if unsafe id.isEmpty { append("null") } else { unsafe append(id) }
  }

  private mutating func appendError(
    number: Int, _ message: String, code: ErrorCode?, path: String? = nil, line: Int? = nil, id: UnsafeRawBufferPointer
  ) {
    unsafe startReply(id: id)
    append(",\"error\":{\"code\":")
    append(number)
    append(",\"message\":")
    appendJSONString(Self.clipped(message))
    if let code {
      append(",\"data\":{\"code\":")
      appendJSONString(code.rawValue)
      if let path {
        append(",\"path\":")
        appendJSONString(path)
      }
      if let line {
        append(",\"line\":")
        append(line)
      }
      append("}")
    }
    append("}}")
  }

  /// The most of a message, in bytes.
  private static let messageBytesMax = 1024

  private static func clipped(_ message: String) -> String {
    guard message.utf8.count > messageBytesMax else { return message }
    var kept = message.unicodeScalars
    // A scalar has four bytes at most, so few rounds are needed.
    kept = String.UnicodeScalarView(kept.prefix(messageBytesMax))
    while kept.reduce(0, { $0 + UTF8.width($1) }) > messageBytesMax { kept.removeLast() }
    return String(kept)
  }
}
