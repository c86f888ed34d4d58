internal import RemitWire

/// The result lines of all rows, which come in the order of the groups and leave in that of the input.
final class GroupResults: @unchecked Sendable {
  // SAFETY: everything below is used under `monitor`, and after `finish` by one thread.
  private let monitor = Monitor()
  private let lines = RecordSorter()

  /// - Parameters:
  ///   - line: With its newline.
  ///   - sequence: The row's place in the input.
  ///   - extra: What belongs to the row and passes through.
  @unsafe func add(
    _ line: UnsafeRawBufferPointer, sequence: UInt64, extra: UnsafeRawBufferPointer
  ) throws(StreamError) {
    try lines.add(keyBytes: 8, payloadBytes: 4 + extra.count + line.count) { record in
      record.append(fixed: sequence.bigEndian)
      record.append(fixed: UInt32(extra.count))
      unsafe record.append(extra)
      unsafe record.append(line)
    }
  }

  /// Adds the lines of groups, one for each of their rows. Any thread.
  func add(_ lines: some Collection<GroupLines>, of groups: some Collection<Group>) throws(StreamError) {
    monitor.lock()
    defer { monitor.unlock() }
    for (lines, group) in zip(lines, groups) { try add(lines, of: group) }
  }

  private func add(_ lines: GroupLines, of group: Group) throws(StreamError) {
    var index = 0
    try unsafe lines.handOut { (line) throws(StreamError) in
      try unsafe group.withExtra(of: index) { (sequence, extra) throws(StreamError) in
        try unsafe add(line, sequence: sequence, extra: extra)
      }
      index += 1
    }
    precondition(index == group.rows.count, "a group has a line for each of its rows")
  }

  /// Hands out all lines in the order of the input, once, after the last was added.
  func handOut(
    _ body: (_ line: UnsafeRawBufferPointer, _ extra: UnsafeRawBufferPointer) throws(StreamError) -> Void
  ) throws(StreamError) {
    try lines.finish()
    while let record = try unsafe lines.next() {
      let payload = unsafe record.payload
      var position = 0
      let extraBytes = unsafe Int(payload.take(UInt32.self, at: &position))
      let extra = unsafe payload.take(extraBytes, at: &position)
      try unsafe body(payload.take(payload.count - position, at: &position), extra)
    }
  }
}
