private import Glibc

/// A folder of the log, and what must stand in it beside segments for as long as a service writes there: its lock, and in the log's own
/// folder the head. One thread at a time has it.
final class FolderHold {
  enum Look {
    case same
    /// Something was gone, and is there again.
    case madeAnew
    case failure(SegmentWriter.Failure)
  }

  let path: String
  /// Nil before the log's start was found, and where the folder is not the log's own.
  var head: HeadFile?
  /// Where the log of this folder may go on, which a file in it tells.
  var spill: String?
  private var lock: FolderLock?

  /// Makes the folder where it is not there, and takes it.
  init(_ path: String) throws(LogError) {
    self.path = path
    lock = try FolderLock(path)
  }

  /// Lets go of the folder.
  func release() { lock = nil }

  /// Looks whether the folder still has its lock and its head, and makes anew what is gone: others go by them.
  ///
  /// A folder without any file of this log may have been made or mounted by somebody else. It is gone on in where there is no other log in
  /// it. It is not made here: where it is gone, what it was mounted from may be gone too.
  ///
  /// - Parameter hasSegment: Whether the segment that is being written is there, as a sign of whose folder it is.
  func look(hasSegment: Bool) -> Look {
    let hasLock = lock?.isThere == true
    let hasHead = head?.isThere ?? true
    if hasLock && hasHead { return .same }
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return .failure(.init(path: path, code: errno)) }
    if !hasLock {
      let taken: FolderLock
      switch FolderLock.take(path) {
      case .success(let lock): taken = lock
      case .failure(let failure): return .failure(.init(path: path, code: failure.code, why: failure.why))
      }
      let isOurs = hasSegment || (head != nil && hasHead)
      guard isOurs || !hasLog else {
        return .failure(.init(path: path, code: EEXIST, why: "another decision log stands there now"))
      }
      lock = taken
    }
    if !hasHead, let code = head?.reopen(), code != 0 {
      return .failure(.init(path: "\(path)/\(HeadFile.name)", code: code))
    }
    if let spill, (try? LogStart.note(spill: spill, in: path)) == nil {
      return .failure(.init(path: "\(path)/\(LogStart.spillName)", code: errno))
    }
    return .madeAnew
  }

  /// Whether there is a log, or what cannot be looked into.
  private var hasLog: Bool {
    guard let segments = try? LogSegment.all(in: [path]), segments.isEmpty else { return true }
    var status = stat()
    return unsafe lstat("\(path)/\(HeadFile.name)", &status) == 0
  }
}
