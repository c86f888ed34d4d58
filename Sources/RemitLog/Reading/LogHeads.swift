/// What the files `head` of a log have seen, and whether the lines that are read agree with it. The verifier and every reader use the same.
///
/// Read them before the segments: a service that goes on meanwhile writes lines before it writes a head.
struct LogHeads {
  private struct Head {
    let folder: String
    let record: HeadFile.Record
    var isMet: Bool
  }

  private var heads: [Head] = []
  /// What is wrong with the files themselves.
  private(set) var notes: [String] = []

  var isEmpty: Bool { heads.isEmpty }

  /// - Throws: Where one is there and cannot be read.
  init(_ folders: [String]) throws(LogError) {
    for folder in folders {
      switch try HeadFile.read(folder: folder) {
      case .missing: continue
      case .empty, .damaged: notes.append("\(folder)/\(HeadFile.name) is damaged")
      case .record(let record, let hasDamagedSlot):
        if hasDamagedSlot { notes.append("\(folder)/\(HeadFile.name): \(HeadFile.damagedSlotWords)") }
        heads.append(Head(folder: folder, record: record, isMet: record.number == 0))
      }
    }
    if heads.isEmpty {
      notes.append("there is no file \(HeadFile.name): whether lines are missing at the end cannot be told")
    }
  }

  /// Takes a line that was read.
  ///
  /// - Returns: What is wrong with it; nil where it is what was seen.
  mutating func meet(_ number: Int, hash: UnsafeRawBufferPointer) -> String? {
    var problem: String?
    for index in heads.indices where heads[index].record.number == number {
      heads[index].isMet = true
      guard problem == nil, unsafe !hash.elementsEqual(heads[index].record.hash) else { continue }
      problem = "line \(number) is not the one that \(heads[index].folder)/\(HeadFile.name) has seen"
    }
    return problem
  }

  /// Which lines are missing behind the last one that was read, each in words.
  func missing(behind last: Int) -> [String] {
    heads.filter { !$0.isMet && $0.record.number > last }.map { head in
      if head.record.isElsewhere {
        let place = LogStart.spillFolder(of: head.folder) ?? "another folder"
        return "the decision log goes on in \(place): name that folder too"
      }
      let first = last + 1
      let isOne = first == head.record.number
      let words = isOne ? "line \(first) was" : "lines \(first) to \(head.record.number) were"
      return "\(words) acknowledged and \(isOne ? "is" : "are") missing at the end"
    }
  }
}
