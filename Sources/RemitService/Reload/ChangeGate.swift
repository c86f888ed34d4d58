/// When changed files are to be looked at: once nothing has happened for a moment, and nobody is writing; but not later than a while after
/// the first change. It knows no clock: times come in, in milliseconds.
struct ChangeGate {
  /// Whoever writes several files, or one in several steps, pauses less.
  static let quiet: Int64 = 100
  static let longest: Int64 = 1000

  /// A file that somebody has written to and not closed.
  struct Writing: Hashable {
    var folder: Int32
    var name: String
  }

  private var first: Int64?
  private var last: Int64 = 0
  private var writing: Set<Writing> = []
  private var writingSince: Int64 = 0

  mutating func changed(at now: Int64) {
    if first == nil { first = now }
    last = now
  }

  mutating func began(_ file: Writing, at now: Int64) {
    if writing.isEmpty { writingSince = now }
    writing.insert(file)
    changed(at: now)
  }

  /// It was closed, or it is no more.
  mutating func ended(_ file: Writing, at now: Int64) {
    writing.remove(file)
    changed(at: now)
  }

  /// Whether a file may be half, as far as is known. One that is kept open for longer is taken as it is.
  func isWriting(at now: Int64) -> Bool {
    !writing.isEmpty && now - writingSince < Self.longest
  }

  /// How long until it is time, in milliseconds, unless something happens before; 0 is now, nil is never.
  func wait(at now: Int64) -> Int64? {
    guard let first else { return nil }
    let latest = first + Self.longest
    let due = writing.isEmpty ? min(last + Self.quiet, latest) : latest
    return max(0, due - now)
  }

  /// The files are being looked at.
  mutating func passed() {
    first = nil
    writing.removeAll()
  }
}
