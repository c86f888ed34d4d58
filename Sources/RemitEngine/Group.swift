internal import RemitLua
internal import RemitModel
internal import RemitWire

/// The rows of one group, in the order in which the policy is to see them; it is filled again for the next group.
final class Group {
  /// The rows' inputs, one behind the other, and the padding that their reader asks for.
  private var bytes = ByteWriter()
  /// What else belongs to each row and only passes through.
  private var extras = ByteWriter()
  private(set) var rows: [LuaVM.Row] = []
  private var members: [Member] = []
  /// Why the group cannot be decided.
  var excess: Excess?

  private struct Member {
    /// The row's place in the input.
    var sequence: UInt64
    var extra: Range<Int>
  }

  /// A limit that a group is past.
  enum Excess {
    case rows(max: Int)
    case bytes(max: Int)

    var description: String {
      switch self {
      case .rows(let max): "the group has more than \(max) rows, the most that are decided together"
      case .bytes(let max): "the rows of the group have more than \(max) bytes, the most that are decided together"
      }
    }
  }

  private static let bytesKept = 128 << 10

  var inputBytes: Int { bytes.count }

  /// What the group holds in memory.
  var heldBytes: Int { bytes.count + extras.count + rows.count * MemoryLayout<LuaVM.Row>.stride }

  func removeAll() {
    // There are many groups in memory at once, though few are large.
    bytes.removeAll(capacityBytesMax: Self.bytesKept)
    extras.removeAll(capacityBytesMax: Self.bytesKept)
    rows.removeAll(keepingCapacity: true)
    members.removeAll(keepingCapacity: true)
    excess = nil
  }

  /// - Parameter id: Where in the input its id stands.
  @unsafe func append(
    input: UnsafeRawBufferPointer, id: Range<Int>, line: UInt64, sequence: UInt64, extra: UnsafeRawBufferPointer
  ) {
    let start = bytes.count
    unsafe bytes.append(input)
    rows.append(
      LuaVM.Row(
        input: start..<bytes.count, id: start + id.lowerBound..<start + id.upperBound, line: line))
    let extraStart = extras.count
    unsafe extras.append(extra)
    members.append(Member(sequence: sequence, extra: extraStart..<extras.count))
  }

  /// Ends the filling.
  func close() throws(StreamError) {
    for _ in 0..<ByteBlock.padding { bytes.append(0) }
    guard !bytes.hasFailed, !extras.hasFailed else { throw StreamError("no memory for the rows of a group") }
  }

  /// Lends what the rows' places lie in.
  func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe bytes.withBytes { (bytes) throws(Failure) in try unsafe body(bytes) }
  }

  /// Lends what belongs to a row beside its input.
  @unsafe func withExtra<Failure: Error>(
    of index: Int, _ body: (_ sequence: UInt64, _ extra: UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    let member = members[index]
    try unsafe extras.withBytes { (bytes) throws(Failure) in
      // SAFETY: slicing checks the bounds.
      try unsafe body(member.sequence, UnsafeRawBufferPointer(rebasing: bytes[member.extra]))
    }
  }
}
