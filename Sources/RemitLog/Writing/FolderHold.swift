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

  /// Whether another service could take the folder.
  var hasDeletedLock: Bool { lock?.isDeleted ?? false }

  /// Looks whether the folder still has its lock and its head, and makes anew what is gone: others go by them.
  ///
  /// A folder without any file of this log may have been made or mounted by somebody else. It is gone on in where there is no other log in
  /// it. It is not made here: where it is gone, what it was mounted from may be gone too.
  ///
  /// - Parameter hasSegment: Whether the segment that is being written is there as this service has left it.
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
      guard isOurs(hasSegment: hasSegment) else {
        let why = "another decision log stands there, or another service went on"
        return .failure(.init(path: path, code: EEXIST, why: why))
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

  /// Whether the folder has this log as it was left, or none, after its lock was gone.
  private func isOurs(hasSegment: Bool) -> Bool {
    let isFree = hasSegment || (try? LogSegment.all(in: [path]))?.isEmpty == true
    guard let head else { return isFree }
    switch try? HeadFile.read(folder: path) {
    case .record(let record, _): return record == head.last
    case .missing, .empty: return isFree
    case .damaged, nil: return false
    }
  }
}
