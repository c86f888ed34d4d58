private import Glibc

/// A folder that one service writes a log in; a second one is refused.
@safe final class FolderLock {
  static let name = "lock"
  private let file: Int32
  private let path: String

  /// Why a folder that is there cannot be taken.
  struct Failure: Error {
    var code: Int32

    /// Nil where the system's words say it.
    var why: String? { code == EWOULDBLOCK ? "another service writes its decision log there" : nil }
  }

  /// Makes the folder where it is not there.
  init(_ folder: String) throws(LogError) {
    if unsafe mkdir(folder, 0o750) != 0, errno != EEXIST {
      throw LogError("cannot make the folder \"\(folder)\" for the decision log: \(LogError.systemWords())")
    }
    var status = stat()
    guard unsafe stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw LogError("cannot log in \"\(folder)\": it is no folder")
    }
    do throws(Failure) {
      (file, path) = try Self.open(folder)
    } catch {
      throw LogError(
        error.code == EWOULDBLOCK
          ? "another service writes its decision log in \"\(folder)\": each needs a folder of its own"
          : "cannot write the decision log in \"\(folder)\": \(LogError.systemWords(error.code))")
    }
  }

  private init(_ file: Int32, _ path: String) {
    self.file = file
    self.path = path
  }

  /// Takes a folder that is there.
  static func take(_ folder: String) -> Result<FolderLock, Failure> {
    do throws(Failure) {
      let (file, path) = try open(folder)
      return .success(FolderLock(file, path))
    } catch {
      return .failure(error)
    }
  }

  private static func open(_ folder: String) throws(Failure) -> (Int32, String) {
    let path = "\(folder)/\(name)"
    let file = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
    guard file >= 0 else { throw Failure(code: errno) }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(file)
      throw Failure(code: code)
    }
    return (file, path)
  }

  var isDeleted: Bool { OpenFile.isDeleted(file) }

  /// Whether others still find it.
  var isThere: Bool { OpenFile.isThere(file, path) }

  deinit {
    close(file)
  }

  /// Whether a service writes in that folder now.
  static func isTaken(_ folder: String) -> Bool {
    let file = unsafe Glibc.open("\(folder)/\(name)", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return false }
    defer { close(file) }
    return flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }
}
