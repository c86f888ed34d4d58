private import RemitLua
internal import RemitWire

/// Stands in a decider's place while the rows of a group policy are read: what it appends for a row is no result but a record with
/// the row's key, for `GroupInput`. A row that does not fit gets its result line, with the error, at once.
final class GroupKeyReader: LineDecider {
  private let evaluator: Evaluator
  private var key = ByteWriter()

  /// The first byte of a record; a result line starts with a brace.
  static let mark: UInt8 = 1

  init(_ evaluator: Evaluator) {
    self.evaluator = evaluator
  }

  var label: [UInt8] { evaluator.label }

  /// - Returns: No outcome, but 0 for a row that has a group: such rows are counted.
  func decide(_ input: UnsafeRawBufferPointer, line: UInt64, into output: inout ByteWriter) -> Int? {
    key.removeAll()
    let found = unsafe evaluator.readKey(input, line: line, into: &key)
    if let found {
      output.append(Self.mark)
      output.append(fixed: UInt32(key.count))
      output.append(fixed: UInt32(found.groupBytes))
      output.append(fixed: line)
      output.append(fixed: UInt32(found.id.lowerBound))
      output.append(fixed: UInt32(found.id.count))
      output.append(fixed: UInt32(input.count))
    }
    unsafe key.withBytes { bytes in unsafe output.append(bytes) }
    if found == nil { return nil }
    unsafe output.append(input)
    return 0
  }
}
