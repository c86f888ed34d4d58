private import RemitModel
private import RemitWire

/// Decides chunks on one thread, in one of the formats.
protocol ChunkWorker {
  /// Decides every row of the chunk and appends the results to its output.
  ///
  /// - Parameter writeEarly: Called where the output is long before the chunk is done: writes and empties it, or says
  ///   that the work has failed.
  mutating func decide(_ chunk: Chunk, tally: inout BatchTally, writeEarly: (Chunk) -> Bool)
}

/// So much output is kept in memory before it is written early.
let outputBytesKept = 2 << 20

/// One JSON object a line in, one a line out.
struct NDJSONWorker<Decider: LineDecider>: ChunkWorker {
  let decider: Decider
  let lineBytesMax: Int

  mutating func decide(_ chunk: Chunk, tally: inout BatchTally, writeEarly: (Chunk) -> Bool) {
    // Its own while it works: each access through the chunk would be checked, for 230 instructions a line.
    var output = ByteWriter()
    swap(&output, &chunk.output)
    defer { swap(&output, &chunk.output) }
    var line = chunk.firstLine
    var position = chunk.start
    while position < chunk.end {
      let end = chunk.lineEnd(from: position)
      // SAFETY: the chunk is not filled again before the decision returns, and has its padding behind its last byte.
      let text = unsafe chunk.bytes(position..<end)
      if unsafe !Self.isBlank(text) {
        chunk.rows += 1
        let length = unsafe text.last == 13 ? text.count - 1 : text.count
        if length > lineBytesMax {
          decider.appendError(
            .lineTooLong, "line is longer than \(lineBytesMax) bytes", line: line, hasID: false, into: &output)
          tally.countError()
          decider.metLongLine()
        } else if let outcome = unsafe decider.decide(text, line: line, into: &output) {
          tally.count(outcome: outcome)
        } else {
          tally.countError()
        }
        if output.count > outputBytesKept {
          swap(&output, &chunk.output)
          let goesOn = writeEarly(chunk)
          swap(&output, &chunk.output)
          guard goesOn else { return }
        }
      }
      position = end + 1
      line += 1
    }
  }

  /// True for a line of white space only.
  private static func isBlank(_ text: UnsafeRawBufferPointer) -> Bool {
    for index in text.indices {
      let byte = unsafe text[index]
      guard byte == 32 || byte == 9 || byte == 13 else { return false }
    }
    return true
  }
}
