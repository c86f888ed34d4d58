private import Glibc
private import RemitLua
internal import RemitModel
internal import RemitWire

/// Takes all rows in the order of the input, and hands them out group by group.
///
/// First it is a sink for what `GroupKeyReader` writes, then workers take groups from it. Memory depends on neither the number of rows
/// nor that of groups.
@safe final class GroupInput: ByteSink, @unchecked Sendable {
  // SAFETY: everything below is used by one thread at a time: as a sink by whoever writes, and then under `monitor`.
  private let monitor = Monitor()
  private let rows = RecordSorter()
  private let results: GroupResults
  /// In front of each record stand bytes that pass through: its length in four of them.
  private let hasExtras: Bool
  private let limits: Limits
  private var sequence: UInt64 = 0
  /// How many bytes of input there are.
  private(set) var inputBytes = 0

  /// The next row; nil before the first and at the end.
  private var next: PendingRow?
  /// The key of the group whose rows are handed out, and why it cannot be decided.
  private var key: [UInt8] = []
  private var excess: Group.Excess?

  /// So much is handed out for one lock, and one group more.
  private static let bytesAtOnce = 64 << 10
  /// So much of a group that cannot be decided is handed out at once.
  private static let excessBytes = 1 << 20

  init(results: GroupResults, hasExtras: Bool, limits: Limits) {
    self.results = results
    self.hasExtras = hasExtras
    self.limits = limits
  }

  // MARK: Taking rows

  /// - Parameter bytes: Whole records.
  func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    var position = 0
    while position < bytes.count {
      var extra = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
      if hasExtras {
        let count = unsafe Int(bytes.take(UInt32.self, at: &position))
        unsafe extra = unsafe bytes.take(count, at: &position)
      }
      if unsafe bytes[position] == GroupKeyReader.mark {
        position += 1
        try unsafe takeRow(bytes, at: &position, extra: extra)
      } else {
        let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[position...])
        let line = unsafe bytes.take(Self.lineBytes(rest), at: &position)
        try unsafe results.add(line, sequence: sequence, extra: extra)
      }
      sequence += 1
    }
  }

  @unsafe private func takeRow(
    _ bytes: UnsafeRawBufferPointer, at position: inout Int, extra: UnsafeRawBufferPointer
  ) throws(StreamError) {
    let keyBytes = unsafe Int(bytes.take(UInt32.self, at: &position))
    let groupBytes = unsafe bytes.take(UInt32.self, at: &position)
    // The line's number, where the id is, and how long the input: as the row's payload has them.
    let place = unsafe bytes.take(PendingRow.placeBytes, at: &position)
    let key = unsafe bytes.take(keyBytes, at: &position)
    var lengthPosition = unsafe PendingRow.placeBytes - 4
    let inputBytes = unsafe Int(place.take(UInt32.self, at: &lengthPosition))
    let input = unsafe bytes.take(inputBytes, at: &position)
    self.inputBytes += inputBytes
    let sequence = sequence.bigEndian
    let payloadBytes = unsafe 4 + PendingRow.placeBytes + inputBytes + extra.count
    try rows.add(keyBytes: keyBytes + 8, payloadBytes: payloadBytes) { record in
      unsafe record.append(key)
      record.append(fixed: sequence)
      record.append(fixed: groupBytes)
      unsafe record.append(place)
      unsafe record.append(input)
      unsafe record.append(extra)
    }
  }

  /// How long the first line is, with its newline.
  @unsafe private static func lineBytes(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard let base = bytes.baseAddress, let newline = unsafe memchr(base, 10, bytes.count) else {
      preconditionFailure("a result ends in a newline")
    }
    return unsafe UnsafeRawPointer(newline) - base + 1
  }

  /// Ends the taking: groups may be taken.
  func finish() throws(StreamError) {
    try rows.finish()
    unsafe next = try unsafe rows.next().map { unsafe PendingRow($0) }
  }

  // MARK: Handing out groups

  /// Fills the first of `groups` with the next, one after the other, as long as they are small; returns how many, 0 at the end.
  ///
  /// A group past a limit comes in parts, each of which says so: its rows are not to be decided.
  func take(into groups: [Group]) throws(StreamError) -> Int {
    monitor.lock()
    defer { monitor.unlock() }
    var heldBytes = 0
    for (index, group) in groups.enumerated() {
      guard heldBytes < Self.bytesAtOnce, try fill(group) else { return index }
      heldBytes += group.heldBytes
    }
    return groups.count
  }

  /// Fills the group with the rows of the next; false at the end.
  private func fill(_ group: Group) throws(StreamError) -> Bool {
    group.removeAll()
    guard let first = unsafe next else { return false }
    if unsafe !first.belongs(to: key) {
      key = unsafe Array(first.group)
      excess = nil
    }
    while let row = unsafe next, unsafe row.belongs(to: key) {
      if excess == nil { excess = unsafe excess(of: group, with: row) }
      if excess == nil {
        unsafe group.append(
          input: row.input, id: row.id, line: row.line, sequence: row.sequence, extra: row.extra)
      } else if group.heldBytes > Self.excessBytes && group.excess != nil {
        break
      } else {
        // Its name is all that is needed of it.
        group.excess = excess
        let id = unsafe UnsafeRawBufferPointer(rebasing: row.input[row.id])
        unsafe group.append(
          input: id, id: 0..<id.count, line: row.line, sequence: row.sequence, extra: row.extra)
      }
      unsafe next = try unsafe rows.next().map { unsafe PendingRow($0) }
    }
    try group.close()
    return true
  }

  @unsafe private func excess(of group: Group, with row: PendingRow) -> Group.Excess? {
    if group.rows.count == limits.groupRowsMax { return .rows(max: limits.groupRowsMax) }
    if unsafe group.inputBytes + row.input.count > limits.groupBytesMax { return .bytes(max: limits.groupBytesMax) }
    return nil
  }
}

/// A row as the sorter has it; valid until that is asked for another.
@unsafe private struct PendingRow {
  let group: UnsafeRawBufferPointer
  let sequence: UInt64
  let line: UInt64
  let id: Range<Int>
  let input: UnsafeRawBufferPointer
  let extra: UnsafeRawBufferPointer

  /// The line's number, where the id starts and how long it is, how long the input is.
  static let placeBytes = 20

  init(_ record: SortedRecord) {
    let payload = unsafe record.payload
    var position = 0
    let groupBytes = unsafe Int(payload.take(UInt32.self, at: &position))
    unsafe group = unsafe UnsafeRawBufferPointer(rebasing: record.key[..<groupBytes])
    unsafe sequence = unsafe UInt64(
      bigEndian: record.key.loadUnaligned(fromByteOffset: record.key.count - 8, as: UInt64.self))
    unsafe line = unsafe payload.take(UInt64.self, at: &position)
    let idStart = unsafe Int(payload.take(UInt32.self, at: &position))
    unsafe id = unsafe idStart..<idStart + Int(payload.take(UInt32.self, at: &position))
    let inputBytes = unsafe Int(payload.take(UInt32.self, at: &position))
    unsafe input = unsafe payload.take(inputBytes, at: &position)
    unsafe extra = unsafe payload.take(payload.count - position, at: &position)
  }

  func belongs(to key: [UInt8]) -> Bool {
    unsafe group.elementsEqual(key)
  }
}
