internal import CRemitLua
internal import RemitModel

extension LuaVM {
  /// Calls a property of the tests that were loaded: see `remit_vm_call_property`.
  ///
  /// - Parameters:
  ///   - input: One JSON value.
  ///   - answers: A JSON array.
  /// - Returns: JSON: that it holds, that it does not, or what it asks for.
  package func callProperty(_ number: UInt32, input: ByteBlock, answers: ByteBlock) throws(LuaError) -> ByteBlock {
    var out = unsafe remit_slice()
    let status = unsafe remit_vm_call_property(machine, number, input.slice, answers.slice, &out)
    if let code = errorCode(status) { throw LuaError(code: code, message: message) }
    // SAFETY: what the machine hands out is valid until its next call.
    return unsafe ByteBlock(UnsafeBufferPointer(start: out.bytes, count: out.length))
  }
}
