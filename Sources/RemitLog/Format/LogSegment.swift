private import Glibc

/// A file of the log: `0000000000000001.ndjson`, named after its first line's number.
package struct LogSegment: Sendable, Equatable {
  package let folder: String
  package let firstNumber: Int

  private static let digits = 16
  private static let suffix = ".ndjson"

  package init(folder: String, firstNumber: Int) {
    self.folder = folder
    self.firstNumber = firstNumber
  }

  /// Nil where a file of that name is none of the log's.
  init?(folder: String, name: String) {
    guard name.utf8.count == Self.digits + Self.suffix.utf8.count, name.hasSuffix(Self.suffix) else { return nil }
    let digits = name.dropLast(Self.suffix.count)
    guard digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(digits), number > 0 else { return nil }
    self.init(folder: folder, firstNumber: number)
  }

  /// As messages name it.
  package var name: String {
    let number = String(firstNumber)
    return String(repeating: "0", count: max(0, Self.digits - number.count)) + number + Self.suffix
  }

  package var path: String { "\(folder)/\(name)" }

  /// The segments of some folders, in the order of their lines. None is left out between two that are there, also while a service begins
  /// new ones.
  ///
  /// - Throws: Where a folder cannot be read, or two segments begin with the same line.
  package static func all(in folders: [String]) throws(LogError) -> [LogSegment] {
    // A folder that is read while files are made may show a later one and not an earlier one. Whatever was there at the end of the first
    // time is there at the second.
    guard let last = try unsorted(in: folders).map(\.firstNumber).max() else { return [] }
    let segments = try unsorted(in: folders).filter { $0.firstNumber <= last }.sorted {
      $0.firstNumber < $1.firstNumber
    }
    for (one, next) in zip(segments, segments.dropFirst()) where one.firstNumber == next.firstNumber {
      throw LogError("\(one.path) and \(next.path) begin with the same line: one of them does not belong to this log")
    }
    return segments
  }

  private static func unsorted(in folders: [String]) throws(LogError) -> [LogSegment] {
    var segments: [LogSegment] = []
    for folder in folders {
      for name in try names(in: folder) {
        if let segment = LogSegment(folder: folder, name: name) { segments.append(segment) }
      }
    }
    return segments
  }

  private static func names(in folder: String) throws(LogError) -> [String] {
    guard let stream = unsafe opendir(folder) else {
      throw LogError("cannot read the folder \"\(folder)\": \(LogError.systemWords())")
    }
    defer { unsafe _ = closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      // SAFETY: the system ends the name with a zero byte.
      names.append(
        unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
          unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) { bytes in unsafe String(cString: bytes) }
        })
    }
    return names
  }
}
