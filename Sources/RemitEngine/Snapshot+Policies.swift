private import RemitModel
package import RemitPolicy

extension Snapshot {
  /// The policies of a snapshot by their names: the sorted list and nothing beside it, as there are many snapshots.
  package struct Policies: Sendable {
    let sorted: [LoadedPolicy]

    package var count: Int { sorted.count }

    package subscript(name: String) -> LoadedPolicy? {
      var name = name
      return name.withUTF8 { name in
        unsafe index(of: UnsafeRawBufferPointer(name)).map { sorted[$0] }
      }
    }

    /// The place of the policy of that name; nil where there is none.
    func index(of name: UnsafeRawBufferPointer) -> Int? {
      var low = 0
      var high = sorted.count
      while low < high {
        let middle = (low + high) / 2
        let order = unsafe Self.compare(sorted[middle].nameBytes, name)
        if order == 0 { return middle }
        if order < 0 { high = middle } else { low = middle + 1 }
      }
      return nil
    }

    /// Less than 0 where `other` comes before the name, 0 where it is the same.
    private static func compare(_ name: [UInt8], _ other: UnsafeRawBufferPointer) -> Int {
      let common = min(other.count, name.count)
      for index in 0..<common where unsafe other[index] != name[index] {
        return unsafe Int(other[index]) - Int(name[index])
      }
      return other.count - name.count
    }
  }
}
