private import Glibc

/// The files of folders, as far as one can see that they were changed.
///
/// Asked for again and again rather than told by the system: the same on every file system, also those that are mounted from elsewhere,
/// and for some hundred files a millisecond of work.
struct FolderState: Equatable {
  private struct Stamp: Equatable {
    var seconds: Int
    var nanoseconds: Int
    var size: Int
    var inode: UInt64
  }
  private var stamps: [String: Stamp] = [:]

  private static let depthMax = 16

  init(_ folders: [String]) {
    for folder in folders { add(folder, depth: 0) }
  }

  private mutating func add(_ path: String, depth: Int) {
    guard depth < Self.depthMax, let stream = unsafe opendir(path) else { return }
    defer { unsafe _ = closedir(stream) }
    // SAFETY: an entry is valid until the next one is read, and its name ends in a zero byte.
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: entry.pointee.d_name) { name in
        unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      // What editors write on the side begins with a dot.
      guard !name.hasPrefix(".") else { continue }
      var status = stat()
      let file = "\(path)/\(name)"
      guard unsafe stat(file, &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFDIR {
        add(file, depth: depth + 1)
      } else {
        stamps[file] = Stamp(
          seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec, size: Int(status.st_size),
          inode: UInt64(status.st_ino))
      }
    }
  }

  /// The files that differ between the two, sorted.
  func changes(since former: FolderState) -> [String] {
    let names = Set(stamps.keys).union(former.stamps.keys)
    return names.filter { stamps[$0] != former.stamps[$0] }.sorted()
  }

  private static let pauseMicroseconds: UInt32 = 200_000

  /// Waits until something has changed, and then until nothing more does: a file that is being written is not read half.
  ///
  /// - Returns: The state then, and what differs.
  func waitForChange(in folders: [String]) -> (state: FolderState, changes: [String]) {
    var last = self
    while true {
      usleep(Self.pauseMicroseconds)
      let now = FolderState(folders)
      if now != self && now == last { return (now, now.changes(since: self)) }
      last = now
    }
  }
}
