package import CRemitJSON
internal import CRemitLua
package import RemitModel

/// What a policy that decides rows together needs: keys first, then one group after the other.
extension LuaVM {
  /// What a row is grouped and sorted by.
  package struct Key {
    /// How many bytes of it rows of one group share.
    package let groupBytes: Int
    /// Where in the input its id stands, as written; empty where it has none.
    package let id: Range<Int>
  }

  /// A row of a group: places in the bytes that hold the whole group.
  package struct Row: Equatable {
    package var input: Range<Int>
    /// The input's own id as written; empty where it has none.
    package var id: Range<Int>
    package var line: UInt64

    package init(input: Range<Int>, id: Range<Int>, line: UInt64) {
      self.input = input
      self.id = id
      self.line = line
    }
  }

  /// Reads one input and appends its key, whose bytes compare as the values do.
  ///
  /// - Parameters:
  ///   - input: As for `decide`.
  ///   - buffer: Receives the key, or else a whole result line with an error.
  /// - Returns: Nil where the input is in no group.
  @unsafe package func readKey(
    _ policy: Policy, input: UnsafeRawBufferPointer, line: UInt64, into buffer: UnsafeMutablePointer<remit_buffer>
  ) -> Key? {
    var key = unsafe remit_key()
    // SAFETY: the caller vouches for `input` and the bytes behind it; the id lies in it.
    let base = unsafe input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    let slice = unsafe remit_slice(bytes: base, length: input.count)
    guard unsafe remit_vm_read_key(machine, policy.number, slice, line, buffer, &key) == REMIT_OK else { return nil }
    let id = unsafe key.id.length > 0 ? key.id.bytes - base! : 0
    return unsafe Key(groupBytes: key.group_bytes, id: id..<id + key.id.length)
  }

  /// Decides a group. Its decisions stay in the machine: `writeDecision` next, then `endGroup`.
  ///
  /// - Parameters:
  ///   - rows: In the order in which the policy is to see them; at least one.
  ///   - bytes: What the rows have their places in, with `ByteBlock.padding` readable bytes behind it. Read only during
  ///     the call.
  /// - Returns: Nil for decisions; else why each row gets an error.
  @unsafe package func decideGroup(_ policy: Policy, _ rows: [Row], in bytes: UnsafeRawBufferPointer) -> ErrorCode? {
    let raw = unsafe rows.map { unsafe remit_row($0, in: bytes) }
    return unsafe raw.withUnsafeBufferPointer { raw in
      unsafe errorCode(remit_vm_group_decide(machine, policy.number, raw.baseAddress, raw.count))
    }
  }

  /// Appends the result line of one row of the group that was decided.
  ///
  /// - Returns: Nil for a decision; else why no row of the group has one.
  @unsafe package func writeDecision(
    of row: Row, at index: Int, in bytes: UnsafeRawBufferPointer, into buffer: UnsafeMutablePointer<remit_buffer>
  ) -> ErrorCode? {
    var raw = unsafe remit_row(row, in: bytes)
    return unsafe errorCode(remit_vm_group_write(machine, &raw, index, buffer))
  }

  /// Appends the line with the error that each row of the group gets.
  @unsafe package func writeGroupError(
    of row: Row, in bytes: UnsafeRawBufferPointer, into buffer: UnsafeMutablePointer<remit_buffer>
  ) {
    var raw = unsafe remit_row(row, in: bytes)
    unsafe remit_vm_group_error(machine, &raw, buffer)
  }

  /// Lets go of the group that was decided.
  package func endGroup() {
    unsafe remit_vm_group_end(machine)
  }

  /// Makes `writeGroupError` say that a group is too large to be decided.
  package func refuseGroup(_ policy: Policy, message: String) {
    let bytes = Array(message.utf8)
    unsafe bytes.withUnsafeBufferPointer { bytes in
      unsafe remit_vm_group_refuse(machine, policy.number, remit_slice(bytes: bytes.baseAddress, length: bytes.count))
    }
  }
}

extension remit_row {
  // SAFETY: the row's places lie in `bytes`, whose owner keeps them during the call that this is made for.
  @unsafe fileprivate init(_ row: LuaVM.Row, in bytes: UnsafeRawBufferPointer) {
    precondition(
      row.input.upperBound <= bytes.count && row.id.upperBound <= bytes.count, "a row lies in its group's bytes")
    let base = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe self.init(
      input: remit_slice(bytes: base.map { unsafe $0 + row.input.lowerBound }, length: row.input.count),
      id: remit_slice(bytes: base.map { unsafe $0 + row.id.lowerBound }, length: row.id.count), line: row.line)
  }
}
