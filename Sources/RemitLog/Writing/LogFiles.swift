private import CRemitLog
private import Glibc

/// What the log asks of the file system. Tests put faults in between.
package protocol LogFiles: Sendable {
  /// Makes a file that is not there yet, or opens one.
  ///
  /// - Returns: The file, or an error as a negative number.
  func open(_ path: String, isNew: Bool) -> Int32
  /// Writes at that place.
  ///
  /// - Returns: How many bytes, or an error as a negative number.
  func write(_ bytes: UnsafeRawBufferPointer, to file: Int32, at offset: Int) -> Int
  /// Brings what was written to the disk. Returns 0, or an error, as all below do.
  func sync(_ file: Int32) -> Int32
  func truncate(_ file: Int32, to length: Int) -> Int32
  /// Sets room aside behind the end of the file, which stays where it is.
  func reserve(_ file: Int32, from offset: Int, count: Int) -> Int32
}

/// The system's files.
package struct SystemFiles: LogFiles {
  /// Decisions are for those who may read them: not for every user.
  private static let mode: mode_t = 0o640

  package init() {}

  package func open(_ path: String, isNew: Bool) -> Int32 {
    let flags = O_WRONLY | O_CLOEXEC | O_NOFOLLOW | (isNew ? O_CREAT | O_EXCL : 0)
    let file = unsafe Glibc.open(path, flags, Self.mode)
    return file < 0 ? -errno : file
  }

  package func write(_ bytes: UnsafeRawBufferPointer, to file: Int32, at offset: Int) -> Int {
    while true {
      // SAFETY: the caller's bytes are read during the call only.
      let count = unsafe pwrite(file, bytes.baseAddress, bytes.count, offset)
      if count < 0 && errno == EINTR { continue }
      return count < 0 ? -Int(errno) : count
    }
  }

  package func sync(_ file: Int32) -> Int32 { fdatasync(file) == 0 ? 0 : errno }

  package func truncate(_ file: Int32, to length: Int) -> Int32 { ftruncate(file, length) == 0 ? 0 : errno }

  package func reserve(_ file: Int32, from offset: Int, count: Int) -> Int32 {
    // The system lets room be set aside past the most that a file may have.
    var limit = rlimit()
    if unsafe getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0,
      limit.rlim_cur < rlim_t(offset + count)
    {
      return EFBIG
    }
    return remit_log_reserve(file, Int64(offset), Int64(count))
  }
}
