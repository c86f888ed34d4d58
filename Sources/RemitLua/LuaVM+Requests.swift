package import CRemitJSON
internal import CRemitLua
package import RemitModel

/// What a service changes between two decisions, from bytes that lie in a request. Allocates nothing on this side.
extension LuaVM {
  /// Why params were refused.
  package struct Refusal {
    package let code: ErrorCode
    let status: UInt32
  }

  /// Sets the params as the other `setParams` does.
  ///
  /// - Parameter json: A JSON object, with `ByteBlock.padding` readable bytes behind it. Read only during the call.
  /// - Returns: Nil where they are set; else why not, and then all have their defaults.
  @unsafe package func setParams(_ json: UnsafeRawBufferPointer, of policy: Policy) -> Refusal? {
    // SAFETY: the caller vouches for the bytes and the padding behind them.
    let status = unsafe remit_vm_set_params(machine, policy.number, remit_slice(json))
    guard let code = errorCode(status) else { return nil }
    return Refusal(code: code, status: status.rawValue)
  }

  /// Appends a refusal in one of the forms, before the machine does anything else.
  @unsafe package func write(
    _ refusal: Refusal, of policy: Policy, form: Form, id: UnsafeRawBufferPointer,
    into buffer: UnsafeMutablePointer<remit_buffer>
  ) {
    let form = form == .reply ? REMIT_FORM_REPLY : REMIT_FORM_ELEMENT
    unsafe remit_vm_write_failure(
      machine, policy.number, remit_status(rawValue: refusal.status), form, remit_slice(id), buffer)
  }

  /// Sets the time as the other `setAt` does.
  @unsafe package func setAt(_ text: UnsafeRawBufferPointer) -> Bool {
    // SAFETY: the text is read during the call only.
    unsafe remit_vm_set_at(machine, remit_slice(text))
  }
}

extension remit_slice {
  // SAFETY: whoever makes one keeps the bytes for as long as it is used.
  @unsafe fileprivate init(_ bytes: UnsafeRawBufferPointer) {
    unsafe self.init(bytes: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), length: bytes.count)
  }
}
