private import Glibc

/// The file of a Unix socket: whether it is free, and its end.
struct UnixSocketFile {
  let path: String
  private let device: dev_t
  private let inode: ino_t

  /// Takes away what a process has left that is no more.
  ///
  /// - Throws: Where somebody listens there, or something else has the name.
  static func makeRoom(at path: String) throws(ServiceError) {
    if let fault = ServiceConfiguration.UnixAddress.fault(of: path) { throw ServiceError(fault) }
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else {
      if errno == ENOENT { return }
      throw ServiceError("cannot listen on \(path): \(systemError())")
    }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw ServiceError("cannot listen on \(path): a file of that name is there, and it is no socket")
    }
    // Who has no room for another connection must not make this wait.
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let socket = Glibc.socket(AF_UNIX, kind, 0)
    guard socket >= 0 else { throw ServiceError("cannot listen on \(path): \(systemError())") }
    defer { close(socket) }
    let isTaken = unsafe call(connect, socket, path) == 0
    if !isTaken && (errno == EACCES || errno == EPERM) {
      throw ServiceError("cannot listen on \(path): a socket is there, and not for this user: \(systemError())")
    }
    guard !isTaken, errno == ECONNREFUSED || errno == ENOENT else {
      throw ServiceError("cannot listen on \(path): another process does")
    }
    guard unsafe unlink(path) == 0 || errno == ENOENT else {
      throw ServiceError("cannot listen on \(path): \(systemError())")
    }
  }

  /// Makes a socket whose file has that mode from the start: nobody who may not can connect in between.
  ///
  /// - Returns: The socket, for the caller to close.
  static func bind(_ path: String, mode: UInt32) throws(ServiceError) -> Int32 {
    let lock = SocketFolderLock(for: path)
    defer { withExtendedLifetime(lock) {} }
    try makeRoom(at: path)
    let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0 else { throw ServiceError("cannot listen on \(path): \(systemError())") }
    // What the file gets when it is made. It listens before the next process looks at it; the backlog is set later.
    let isMade =
      unsafe fchmod(socket, mode_t(mode)) == 0 && call(Glibc.bind, socket, path) == 0 && listen(socket, 1) == 0
    guard isMade else {
      let words = systemError()
      close(socket)
      throw ServiceError("cannot listen on \(path): \(words)")
    }
    return socket
  }

  /// The file of a socket that has been bound, which gets its mode.
  init(path: String, mode: UInt32) throws(ServiceError) {
    var status = stat()
    guard unsafe chmod(path, mode_t(mode)) == 0, unsafe lstat(path, &status) == 0 else {
      throw ServiceError("cannot listen on \(path): \(Self.systemError())")
    }
    self.path = path
    device = status.st_dev
    inode = status.st_ino
  }

  /// Takes the file away, unless another has taken its place.
  func remove() {
    if stands(at: path) { unsafe unlink(path) }
  }

  /// Whether that is the path of this file.
  func stands(at path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0 && status.st_dev == device && status.st_ino == inode
  }

  /// Calls `bind` or `connect`, for a path that is known to fit.
  private static func call(
    _ function: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32, _ socket: Int32, _ path: String
  ) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // SAFETY: the path and its zero byte fit, and the address outlives the call.
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { place in
      unsafe place.copyBytes(from: path.utf8)
    }
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe function(socket, pointer, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  private static func systemError() -> String { unsafe String(cString: strerror(errno)).lowercased() }
}

/// Holds off others that would listen in the same folder: between a look at a file and the moment when a socket listens there, a second
/// process would take the file for one that was left behind.
@safe final class SocketFolderLock {
  private let file: Int32

  /// Others listen at once; who has the lock for longer has it for something else.
  private static let waitMilliseconds = 5000
  private static let tickMilliseconds = 10

  /// Waits for its turn, for 5 seconds at most. Where the folder cannot be locked, nothing is held off.
  init(for path: String) {
    let end = path.lastIndex(of: "/")
    let folder = end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    file = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard file >= 0 else { return }
    for _ in 0..<Self.waitMilliseconds / Self.tickMilliseconds {
      if flock(file, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK && errno != EINTR { return }
      usleep(useconds_t(Self.tickMilliseconds * 1000))
    }
  }

  deinit {
    if file >= 0 { close(file) }
  }
}
