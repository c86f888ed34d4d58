private import Glibc
private import Synchronization

/// Room on the disk that is set aside before decisions are taken, so that those that do not fit can be refused instead.
final class DiskReservation: Sendable {
  private struct State {
    var file: Int32 = -1
    /// Of the file.
    var length = 0
    /// Up to here room is set aside.
    var end = 0
    /// Of lines that were taken or may be, and are not written.
    var promised = 0
    /// Where the file system sets no room aside, the first write that fails has to tell.
    var isPossible = true
  }

  private let files: any LogFiles
  private let state = Mutex(State())

  private static let step = 1 << 20
  /// What a thread takes at a time, so that it asks seldom.
  static let grant = 64 << 10

  init(_ files: any LogFiles) {
    self.files = files
  }

  /// - Returns: How much was taken, at least so much; nil where there is no room.
  func take(_ count: Int) -> Int? {
    state.withLock { state in
      guard state.isPossible else { return max(count, Self.grant) }
      for wanted in [max(count, Self.grant), count] where extend(&state, by: wanted) {
        state.promised += wanted
        return wanted
      }
      return nil
    }
  }

  /// Whether there is as much room as a thread takes at a time.
  var hasRoom: Bool { state.withLock { !$0.isPossible || extend(&$0, by: Self.grant) } }

  func giveBack(_ count: Int) {
    state.withLock { $0.promised -= count }
  }

  private func extend(_ state: inout State, by count: Int) -> Bool {
    let needed = state.length + state.promised + count - state.end
    guard needed > 0 else { return true }
    for step in [max(needed, Self.step), needed] {
      switch files.reserve(state.file, from: state.end, count: step) {
      case 0:
        state.end += step
        return true
      case EOPNOTSUPP, ENOSYS:
        state.isPossible = false
        return true
      default: continue
      }
    }
    return false
  }

  /// Goes over to another file, where all that was promised fits in there.
  func move(to file: Int32, length: Int) -> Bool {
    state.withLock { state in
      var other = state
      other.file = file
      other.length = length
      other.end = length
      guard !other.isPossible || extend(&other, by: 0) else { return false }
      state = other
      return true
    }
  }

  /// Goes over to another file, whatever fits in there.
  func forceMove(to file: Int32, length: Int) {
    state.withLock { state in
      state.file = file
      state.length = length
      state.end = length
    }
  }

  /// Says how long the file is now, and how much of what was promised is done with.
  func update(length: Int, done: Int) {
    state.withLock { state in
      state.length = length
      state.end = max(state.end, length)
      state.promised -= done
    }
  }
}
