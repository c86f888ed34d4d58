private import RemitPolicy
package import RemitWire

extension Evaluator {
  /// Decides inputs of a group policy that are all in memory: those of each group together, as `remit batch` decides lines.
  ///
  /// An input that does not fit its declaration is in no group, and a group that fails leaves the others alone. What comes of an
  /// input depends on which others are there, and for an `order` with ties on their order; not on what was decided before.
  ///
  /// - Parameters:
  ///   - inputs: Each one JSON object, with `ByteBlock.padding` readable bytes behind it. Read only during the call. An input
  ///     without an id is called by its place, from 1.
  ///   - output: Receives a result line with its newline for each input, in their order.
  /// - Returns: The place of each input's line in `output`, with its newline.
  /// - Throws: Where results are so many that they wait in a temporary file, and that cannot be written.
  package func decideTogether(
    _ inputs: [UnsafeRawBufferPointer], into output: inout ByteWriter
  ) throws(StreamError) -> [Range<Int>] {
    let outcomes = policy.declaration.outcomes.count
    let results = GroupResults()
    let rows = GroupInput(results: results, hasExtras: false, limits: policy.store.limits)
    let reader = GroupKeyReader(self)
    var record = ByteWriter()
    for index in unsafe inputs.indices {
      record.removeAll()
      _ = unsafe reader.decide(inputs[index], line: UInt64(index + 1), into: &record)
      try unsafe record.withBytes { (bytes) throws(StreamError) in try unsafe rows.write(bytes) }
    }
    try rows.finish()
    let group = Group()
    let lines = GroupLines(outcomes: outcomes)
    while try rows.take(into: [group]) > 0 {
      try decide(group, into: lines)
      try results.add([lines], of: [group])
    }
    var places: [Range<Int>] = []
    try unsafe results.handOut { (line, _) throws(StreamError) in
      let start = output.count
      unsafe output.append(line)
      places.append(start..<output.count)
    }
    guard !output.hasFailed else { throw StreamError("no memory for the results") }
    return places
  }
}
