private import HTTPTypes
internal import NIOCore
internal import RemitEngine
internal import RemitLua
private import RemitModel
internal import RemitWire

/// `POST /v1/decide` as a request of JSON-RPC, which is what decides; its reply is taken apart again.
enum DecideExchange {
  private static let before: StaticString = #"{"jsonrpc":"2.0","id":0,"method":"decide","params":"#
  private static let result = Array(#"{"jsonrpc":"2.0","id":0,"result":"#.utf8)

  /// The request that has the body as its params.
  ///
  /// The body is read by itself first: what is no JSON value, or more than one, must not become a part of the request around it, and its
  /// faults are told at their own places.
  ///
  /// - Returns: The line, with padding behind it, or why there is none.
  static func line(_ body: ByteBuffer, depthMax: Int) -> Result<ByteBlock, EngineError> {
    let block = unsafe body.withUnsafeReadableBytes { unsafe ByteBlock($0) }
    var envelope = unsafe RPCEnvelope()
    let kind = unsafe envelope.read(UnsafeRawBufferPointer(block.bytes), depthMax: depthMax)
    if case .notJSON(let message, let offset) = kind {
      return .failure(EngineError(code: .parseError, message: "byte \(offset + 1): \(message)"))
    }
    // Behind what may stand before a value.
    let first = unsafe UnsafeRawBufferPointer(block.bytes).first { $0 > UInt8(ascii: " ") }
    guard first == UInt8(ascii: "{") else {
      return .failure(EngineError(code: .invalidParams, message: "body: expected an object"))
    }
    var line = ByteWriter()
    line.append(before)
    unsafe line.append(UnsafeRawBufferPointer(block.bytes))
    line.append("}")
    return .success(ByteBlock(line.bytes))
  }

  /// The answer that a reply becomes.
  static func answer(_ reply: borrowing ByteWriter) -> HTTPAnswer {
    let isResult = unsafe reply.withBytes { bytes in unsafe bytes.starts(with: result) }
    if isResult {
      // Behind the result stand a brace and a newline.
      let body = unsafe reply.withBytes { bytes in unsafe Array(bytes[result.count..<bytes.count - 2]) }
      return HTTPAnswer(status: 200, body: body)
    }
    return error(ByteBlock(reply.bytes.dropLast()))
  }

  /// `{"code","message"[,"path"][,"line"][,"budget"][,"errors"]}`: what JSON-RPC has under `data`, with the message behind the code.
  private static func error(_ reply: ByteBlock) -> HTTPAnswer {
    var members: [(key: [UInt8], value: [UInt8])] = []
    var message = Array("\"\"".utf8)
    unsafe JSONBytes.forEach(UnsafeRawBufferPointer(reply.bytes)) { key, value in
      guard unsafe key.elementsEqual("error".utf8) else { return true }
      unsafe JSONBytes.forEach(value) { key, value in
        if unsafe key.elementsEqual("message".utf8) { message = unsafe Array(value) }
        guard unsafe key.elementsEqual("data".utf8) else { return true }
        unsafe JSONBytes.forEach(value) { key, value in
          unsafe members.append((Array(key), Array(value)))
          return true
        }
        return false
      }
      return false
    }
    let named = members.first { $0.key.elementsEqual("code".utf8) }
    let code = named.flatMap { ErrorCode(rawValue: String(decoding: $0.value.dropFirst().dropLast(), as: UTF8.self)) }
    var output = ByteWriter()
    output.append("{\"error\":{\"code\":")
    output.appendJSONString((code ?? .invalidParams).rawValue)
    output.append(",\"message\":")
    output.append(message.span)
    for member in members where !member.key.elementsEqual("code".utf8) {
      output.append(",\"")
      output.append(member.key.span)
      output.append("\":")
      output.append(member.value.span)
    }
    output.append("}}")
    var answer = HTTPAnswer(status: (code ?? .invalidParams).httpStatus, body: output.bytes)
    if answer.status == 503 { answer.others.append((.retryAfter, "1")) }
    return answer
  }
}
