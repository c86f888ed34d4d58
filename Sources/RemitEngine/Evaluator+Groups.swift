internal import RemitLua
private import RemitModel
internal import RemitPolicy
internal import RemitWire

/// Deciding rows together. What comes of a group depends on its rows, params and `at` alone, like a single decision.
extension Evaluator {
  /// Reads an input and appends its key, or a whole result line with an error.
  ///
  /// - Parameter input: As for `decide`.
  /// - Returns: Nil where the input is in no group.
  func readKey(_ input: UnsafeRawBufferPointer, line: UInt64, into output: inout ByteWriter) -> LuaVM.Key? {
    let start = output.count
    while let machine = freshEnough() {
      let wasUsed = isUsed
      isUsed = true
      let key = unsafe output.withBuffer { buffer in
        unsafe machine.machine.readKey(machine.policy, input: input, line: line, into: buffer)
      }
      guard machine.machine.isSpent else { return key }
      current = nil
      guard wasUsed else { return key }
      output.truncate(to: start)
    }
    noMachine(line: line, into: &output)
    return nil
  }

  /// Decides a group: one line for each of its rows, in their order.
  func decide(_ group: Group, into lines: GroupLines) throws(StreamError) {
    while let machine = freshEnough() {
      let wasUsed = isUsed
      isUsed = true
      lines.removeAll()
      let isDecided = try decide(group, on: machine, into: lines)
      // A row's line with an error needs the words that the machine has for it.
      if !isDecided, !(machine.machine.isSpent && wasUsed) {
        lines.removeAll()
        try writeErrors(group, on: machine, into: lines)
      }
      guard machine.machine.isSpent else { return }
      current = nil
      guard wasUsed else { return }
    }
    lines.removeAll()
    for row in group.rows {
      try lines.append { output in
        noMachine(line: row.line, into: &output)
        return nil
      }
    }
  }

  /// False where the rows get errors in place of the lines that were written.
  private func decide(
    _ group: Group, on machine: PolicyMachine, into lines: GroupLines
  ) throws(StreamError) -> Bool {
    if let excess = group.excess {
      machine.machine.refuseGroup(machine.policy, message: excess.description)
      return false
    }
    return try unsafe group.withBytes { (bytes) throws(StreamError) in
      // Also where a file cannot be written: the machine is to be ready for the next group.
      defer { machine.machine.endGroup() }
      // SAFETY: the group keeps its bytes with their padding.
      guard unsafe machine.machine.decideGroup(machine.policy, group.rows, in: bytes) == nil else { return false }
      for (index, row) in group.rows.enumerated() {
        var isWritten = true
        try lines.append { output in
          let error = unsafe output.withBuffer { buffer in
            unsafe machine.machine.writeDecision(of: row, at: index, in: bytes, into: buffer)
          }
          isWritten = error == nil
          return isWritten ? machine.machine.lastOutcome : nil
        }
        guard isWritten else { return false }
      }
      return true
    }
  }

  private func writeErrors(
    _ group: Group, on machine: PolicyMachine, into lines: GroupLines
  ) throws(StreamError) {
    try unsafe group.withBytes { (bytes) throws(StreamError) in
      for row in group.rows {
        try lines.append { output in
          unsafe output.withBuffer { buffer in
            unsafe machine.machine.writeGroupError(of: row, in: bytes, into: buffer)
          }
          return nil
        }
      }
    }
  }
}
