private import Glibc

/// A folder that one service writes a log in; a second one is refused.
@safe final class FolderLock {
  static let name = "lock"
  private let file: Int32

  /// Makes the folder where it is not there.
  init(_ folder: String) throws(LogError) {
    if unsafe mkdir(folder, 0o750) != 0, errno != EEXIST {
      throw LogError("cannot make the folder \"\(folder)\" for the decision log: \(LogError.systemWords())")
    }
    var status = stat()
    guard unsafe stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw LogError("cannot log in \"\(folder)\": it is no folder")
    }
    let path = "\(folder)/\(Self.name)"
    file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
    guard file >= 0 else { throw LogError("cannot write the decision log in \"\(folder)\": \(LogError.systemWords())") }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      throw LogError(
        code == EWOULDBLOCK
          ? "another service writes its decision log in \"\(folder)\": each needs a folder of its own"
          : "cannot lock \(path): \(LogError.systemWords(code))")
    }
  }

  deinit {
    close(file)
  }

  /// Whether a service writes in that folder now.
  static func isTaken(_ folder: String) -> Bool {
    let file = unsafe open("\(folder)/\(name)", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return false }
    defer { close(file) }
    return flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }
}
