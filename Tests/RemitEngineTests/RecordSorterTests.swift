import RemitWire
import Testing

@testable import RemitEngine

@Suite("Sorting records")
struct RecordSorterTests {
  private struct Record: Comparable {
    var key: [UInt8]
    var payload: [UInt8]

    static func < (left: Record, right: Record) -> Bool { left.key.lexicographicallyPrecedes(right.key) }
  }

  private func sorted(_ records: [Record], memoryBytesMax: Int) throws -> [Record] {
    let sorter = RecordSorter(memoryBytesMax: memoryBytesMax)
    for record in records {
      try sorter.add(keyBytes: record.key.count, payloadBytes: record.payload.count) { output in
        output.append(record.key.span)
        output.append(record.payload.span)
      }
    }
    try sorter.finish()
    var found: [Record] = []
    while let record = try unsafe sorter.next() {
      unsafe found.append(Record(key: Array(record.key), payload: Array(record.payload)))
    }
    #expect(try unsafe sorter.next() == nil)
    return found
  }

  /// Records with keys of any length, of which many are beginnings of others; the place at the end tells them apart.
  private func records(_ count: Int, seed: UInt64, payloadBytesMax: Int) -> [Record] {
    var state = seed
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    return (0..<count).map { place in
      let beginning = (0..<next(12)).map { _ in UInt8([0, 1, 255][next(3)]) }
      let tail = unsafe withUnsafeBytes(of: UInt64(place).bigEndian) { unsafe Array($0) }
      return Record(
        key: beginning + tail, payload: Array(repeating: UInt8(truncatingIfNeeded: place), count: next(payloadBytesMax))
      )
    }
  }

  @Test(
    "Records come in the order of their keys, in memory and from any number of runs", arguments: [1 << 20, 4096, 600])
  func order(memoryBytesMax: Int) throws {
    // With 600 bytes there are about 1,500 runs: more than one level of them.
    let records = records(8000, seed: 7, payloadBytesMax: 100)
    #expect(try sorted(records, memoryBytesMax: memoryBytesMax) == records.sorted())
  }

  @Test("A record may be larger than what a run reads at once, and than what is kept in memory")
  func large() throws {
    var records = records(40, seed: 3, payloadBytesMax: 300_000)
    records.append(Record(key: [], payload: []))
    records.append(Record(key: Array(repeating: 9, count: 200_000), payload: []))
    records.append(Record(key: Array(repeating: 9, count: 200_001), payload: [1]))
    for memoryBytesMax in [100, 500_000, 1 << 30] {
      #expect(try sorted(records, memoryBytesMax: memoryBytesMax) == records.sorted())
    }
  }

  @Test("Nothing and a single record")
  func few() throws {
    #expect(try sorted([], memoryBytesMax: 100).isEmpty)
    let one = [Record(key: [1], payload: [2, 3])]
    #expect(try sorted(one, memoryBytesMax: 100) == one)
    #expect(try sorted(one, memoryBytesMax: 1) == one)
  }
}
