internal import RemitModel
internal import RemitPolicy
internal import RemitWire

/// The numbers and days that a field may have been compared with: what the decision read and gave, and what stands in
/// the texts of its policy. They need not be complete, and one too many costs an evaluation or three.
struct Constants {
  private(set) var numbers: [Decimal] = []
  private(set) var days: [CalendarDay] = []
  private var seen: Set<String> = []

  private static let countMax = 2_000

  init(_ notes: TraceNotes, _ decision: JSONView, _ files: [String: TracedFile]) {
    for read in notes.reads {
      guard case .scalar(let json) = read.value, let view = try? JSONView(json) else { continue }
      add(view)
    }
    add(decision)
    for (_, file) in files.sorted(by: { $0.key < $1.key }) { add(source: file.source) }
  }

  private mutating func add(_ view: JSONView) {
    switch view.kind {
    case .number: add(view.rawText)
    case .string: view.string.map { add($0) }
    case .array: for element in view.elements { add(element) }
    case .object: for member in view.members { add(member.value) }
    case .boolean, .null: break
    }
  }

  private mutating func add(_ text: some StringProtocol) {
    guard text.utf8.count <= 40, seen.count < Self.countMax else { return }
    // A time begins with its day.
    if let day = CalendarDay(text.prefix(10)) {
      if seen.insert(day.description).inserted { days.append(day) }
    } else if let number = Decimal(text), seen.insert(number.description).inserted {
      numbers.append(number)
    }
  }

  /// Whatever looks like a number or a day, in comments, too.
  private mutating func add(source: [UInt8]) {
    func belongs(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"): true
      default: false
      }
    }
    func isWord(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
      default: byte >= 0x80
      }
    }
    var start = 0
    while start < source.count {
      guard belongs(source[start]) else {
        start += 1
        continue
      }
      var end = start
      while end < source.count && belongs(source[end]) { end += 1 }
      if start == 0 || !isWord(source[start - 1]), end - start <= 40 {
        var text = Substring(String(decoding: source[start..<end], as: UTF8.self))
        while text.last == "." || text.last == "-" { text.removeLast() }
        add(text)
      }
      start = end
    }
  }
}
