/// When changed files are to be looked at: once nothing has happened for a moment, nobody is writing, and what was taken away has had
/// time to come back. It knows no clock: times come in, in milliseconds.
struct ChangeGate {
  /// Whoever writes several files, or one in several steps, pauses less.
  static let quiet: Int64 = 100
  /// The same of whoever takes files away to put others in their places.
  static let quietAfterRemoval: Int64 = 500
  /// Changes that never end are looked at all the same, so long after the first; but not while a file may be half.
  static let longest: Int64 = 3000
  /// How long after its last change a file is waited for that nobody closes.
  static let patience: Int64 = 10_000
  /// Who waits for a file longer than this wants to know for which.
  static let silence: Int64 = 2000

  private struct Writing {
    var since: Int64
    var last: Int64
    /// It may have been closed.
    var isDoubtful = false
  }

  private var first: Int64?
  private var last: Int64 = 0
  /// The files that somebody has written to and not closed, by path.
  private var writing: [String: Writing] = [:]
  /// What has come since files were last looked at: should it go again, nobody misses it.
  private var new: Set<String> = []
  /// What was there when files were last looked at, and is not now.
  private var missing: Set<String> = []
  private var hasSaid = false

  mutating func changed(at now: Int64) {
    if first == nil { first = now }
    last = now
  }

  /// Somebody has written to the file, or may be about to.
  mutating func began(_ file: String, at now: Int64) {
    let since = writing[file]?.since ?? now
    writing[file] = Writing(since: since, last: now)
    changed(at: now)
  }

  mutating func closed(_ file: String, at now: Int64) {
    // The wait for a slow writer is over, and others may have been held up by it: they get as long as if it began now.
    if let ended = writing.removeValue(forKey: file), now - ended.since >= Self.silence { first = now }
    changed(at: now)
  }

  /// Something stands there now, perhaps in the place of something else.
  mutating func came(_ file: String, at now: Int64) {
    if missing.remove(file) == nil { new.insert(file) }
    closed(file, at: now)
  }

  mutating func went(_ file: String, at now: Int64) {
    if new.remove(file) == nil { missing.insert(file) }
    closed(file, at: now)
  }

  /// What has come back without a word of it is not missing.
  mutating func look(for isThere: (String) -> Bool) {
    missing = missing.filter { !isThere($0) }
  }

  /// Files may have been closed without a word of it. Who still writes will be heard of.
  mutating func lostCount(at now: Int64) {
    let end = now - Self.patience + Self.quietAfterRemoval
    writing = writing.mapValues { Writing(since: $0.since, last: min($0.last, end), isDoubtful: true) }
    changed(at: now)
  }

  /// A file that may be half, as far as is known: the one that was changed last.
  func beingWritten(at now: Int64) -> String? {
    guard let newest = writing.max(by: { ($0.value.last, $0.key) < ($1.value.last, $1.key) }) else { return nil }
    return now - newest.value.last < Self.patience ? newest.key : nil
  }

  /// How long until it is time, in milliseconds, unless something happens before; 0 is now, nil is never.
  func wait(at now: Int64) -> Int64? {
    guard let first else { return nil }
    let pause = missing.isEmpty ? Self.quiet : Self.quietAfterRemoval
    let due = min(last + pause, first + Self.longest)
    let end = writing.values.map(\.last).max().map { $0 + Self.patience } ?? due
    return max(0, max(due, end) - now)
  }

  /// The same, or until there is something to say of the waiting.
  func sleep(at now: Int64) -> Int64? {
    guard let wait = wait(at: now) else { return nil }
    guard !hasSaid, let oldest = writing.values.map(\.since).min() else { return wait }
    return min(wait, max(0, oldest + Self.silence - now))
  }

  /// The file that is waited for, once where that takes long.
  mutating func longWait(at now: Int64) -> String? {
    guard !hasSaid, let oldest = writing.min(by: { ($0.value.since, $0.key) < ($1.value.since, $1.key) }),
      now - oldest.value.since >= Self.silence, wait(at: now) != 0
    else { return nil }
    hasSaid = true
    return oldest.key
  }

  /// The files are being looked at.
  ///
  /// - Returns: Those that nobody has closed, sorted: they are taken as they are.
  mutating func passed() -> [String] {
    defer { self = ChangeGate() }
    return writing.filter { !$0.value.isDoubtful }.keys.sorted()
  }
}
