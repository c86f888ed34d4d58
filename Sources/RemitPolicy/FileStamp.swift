internal import Glibc

/// By what one sees that a file is another, or was written to, without reading it.
struct FileStamp: Hashable, Sendable {
  private let device: UInt
  private let inode: UInt
  private let size: Int
  private let modified: Int64
  /// When anything was written to it, or it got another name: no program can set it.
  private let changed: Int64

  init(_ status: stat) {
    device = UInt(status.st_dev)
    inode = UInt(status.st_ino)
    size = Int(status.st_size)
    modified = Self.nanoseconds(status.st_mtim)
    changed = Self.nanoseconds(status.st_ctim)
  }

  /// Clocks of file systems stand still for some milliseconds, and for a second on old ones.
  private static let tickNanoseconds: Int64 = 2_000_000_000

  /// Whether an equal stamp means equal bytes later on: the file was not written to so shortly before that it may be again within the
  /// same tick of the file system's clock.
  ///
  /// - Parameter now: Nanoseconds since 1970, before the file was looked at.
  func isSettled(at now: Int64) -> Bool {
    max(modified, changed) <= now - Self.tickNanoseconds
  }

  static var now: Int64 {
    var time = timespec()
    unsafe _ = clock_gettime(CLOCK_REALTIME, &time)
    return nanoseconds(time)
  }

  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}
