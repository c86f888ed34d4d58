/// Where and how decisions are logged.
package struct LogConfiguration: Sendable {
  /// When a decision may be answered.
  package enum Sync: String, Sendable, CaseIterable {
    /// Once its line is handed to the system: it outlives the process, but not the machine.
    case never
    /// Once its line is on the disk.
    case always
  }

  /// What happens where lines cannot be written, or not fast enough.
  package enum WhenFull: Sendable, Equatable {
    /// Answers wait.
    case block
    /// The log goes on in another folder.
    case spill(String)
    /// Decisions are refused, and no others wait.
    case refuse

    var spillFolders: [String] {
      if case .spill(let folder) = self { [folder] } else { [] }
    }
  }

  package var folder: String
  package var sync = Sync.never
  package var whenFull = WhenFull.block
  /// Nil: of masked values nothing is kept.
  package var key: LogKey?
  /// A new segment begins once one has so many bytes,
  package var segmentBytesMax = 256 << 20
  /// or where so many seconds begin anew, counted from 1970 in UTC: by default, each day.
  package var segmentSeconds = 86_400
  /// So many bytes of lines may wait to be written; then decisions are refused, whatever `whenFull` says.
  package var waitingBytesMax = 64 << 20
  /// A disk that takes longer is too slow.
  package var slowMilliseconds: Int64 = 2000
  /// So often, while lines are written, it is looked whether the files that they go to are still there.
  package var lookMilliseconds: Int64 = 100
  /// How long it waits before it tries again.
  package var retryMilliseconds = 100

  package init(folder: String) {
    self.folder = folder
  }
}

/// What a log has done since it was opened, and how it is.
package struct LogStatistics: Sendable, Equatable {
  package enum State: String, Sendable {
    /// Lines are written as they come.
    case writing
    /// Lines wait: the disk takes none.
    case waiting
    /// Lines are written, to the other folder.
    case spilled
    /// Decisions are refused.
    case refusing
  }

  package var state = State.writing
  package var lines = 0
  package var bytes = 0
  /// Of lines that are not kept yet.
  package var waitingBytes = 0
  /// Attempts to write, to sync, to begin a segment or to set room aside that failed, and segments that were deleted or moved while they
  /// were written.
  package var failures = 0
  /// Decisions that were refused.
  package var refused = 0
  /// The number of the last line.
  package var lastNumber = 0
}
