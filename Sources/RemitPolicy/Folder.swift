private import Glibc
package import RemitLua

/// One folder on disk, of which nothing outside is ever read: no `..`, no absolute path, no symbolic link that leaves.
package struct Folder: Sendable {
  /// As the user named it.
  package let path: String
  /// With every symbolic link resolved; nil where the folder cannot be read.
  private let realPath: String?
  /// Why it cannot be read, in the system's words; nil where it can.
  package let problem: String?

  package init(_ path: String) {
    self.path = path
    let resolved = Self.resolve(path)
    guard let resolved, let stream = unsafe opendir(resolved) else {
      problem = Self.systemError().description
      realPath = nil
      return
    }
    unsafe _ = closedir(stream)
    problem = nil
    realPath = resolved
  }

  /// Why a file was not read.
  package struct ReadError: Error, CustomStringConvertible {
    /// In words, without the file's name.
    package let description: String
    /// Somebody was writing to it: what it will be is not known yet.
    var isBeingWritten = false

    init(description: String) {
      self.description = description
    }
  }

  /// A file as it was read, and when it was like that.
  struct Reading {
    let block: ByteBlock
    let stamp: FileStamp
  }

  /// Reads a whole file; nil where there is none.
  ///
  /// - Parameters:
  ///   - name: Its path from the folder, parted by `/`.
  ///   - below: A folder in this one which the file may not leave either.
  package func read(_ name: String, below: String? = nil, bytesMax: Int) throws(ReadError) -> ByteBlock? {
    try reading(of: name, below: below, bytesMax: bytesMax)?.block
  }

  /// How often a file is read again that was written to meanwhile.
  private static let readingsMax = 3

  /// The same, and what the system says of the file, which was the same before and after.
  func reading(of name: String, below: String? = nil, bytesMax: Int) throws(ReadError) -> Reading? {
    for _ in 1..<Self.readingsMax {
      do throws(ReadError) {
        return try readOnce(name, below: below, bytesMax: bytesMax)
      } catch  where error.isBeingWritten {
        continue
      }
    }
    return try readOnce(name, below: below, bytesMax: bytesMax)
  }

  private func readOnce(_ name: String, below: String?, bytesMax: Int) throws(ReadError) -> Reading? {
    guard Self.staysInside(name) else { throw ReadError(description: "a file's path may not leave its folder") }
    guard let root = realPath, let path = Self.resolve(root + "/" + name) else { return nil }
    let inside = below.map { "\(root)/\($0)/" } ?? (root == "/" ? root : root + "/")
    guard path.hasPrefix(inside) else {
      throw ReadError(description: "the file is a symbolic link that leaves its folder")
    }
    // Not to wait for the other end of a pipe, and not to follow a link that took the place of what was resolved.
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw Self.systemError()
    }
    defer { close(file) }
    var status = stat()
    // SAFETY: `status` outlives the call.
    guard unsafe fstat(file, &status) == 0 else { throw Self.systemError() }
    guard status.st_mode & S_IFMT == S_IFREG else { throw ReadError(description: "not a regular file") }
    guard status.st_size <= bytesMax else { throw ReadError(description: "larger than \(bytesMax) bytes") }
    let size = Int(status.st_size)
    let before = FileStamp(status)
    let block = try unsafe ByteBlock(capacity: size) { (target) throws(ReadError) in
      var filled = 0
      while filled < size {
        // SAFETY: `size - filled` bytes are left behind `filled`.
        let count = unsafe Glibc.read(file, target.baseAddress.map { unsafe $0 + filled }, size - filled)
        if count < 0 && errno == EINTR { continue }
        guard count >= 0 else { throw Self.systemError() }
        if count == 0 { break }
        filled += count
      }
      return filled
    }
    // SAFETY: as above.
    guard unsafe fstat(file, &status) == 0 else { throw Self.systemError() }
    let stamp = FileStamp(status)
    guard stamp == before, block.count == size else {
      var error = ReadError(description: "is being written: try again")
      error.isBeingWritten = true
      throw error
    }
    return Reading(block: block, stamp: stamp)
  }

  /// What the system says of a file, symbolic links followed; nil where nothing is there, or it cannot be told.
  func stamp(of name: String) -> FileStamp? {
    withStamps { $0(name) }
  }

  /// The same of many files, each by its path from the folder.
  func withStamps<Result>(_ body: ((String) -> FileStamp?) -> Result) -> Result {
    let file = realPath.map { unsafe open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) } ?? -1
    defer { if file >= 0 { close(file) } }
    return body { name in
      var status = stat()
      // SAFETY: `status` outlives the call.
      return unsafe file >= 0 && fstatat(file, name, &status, 0) == 0 ? FileStamp(status) : nil
    }
  }

  /// The names in a folder below this one (`""`: in itself), sorted by bytes; empty where there is no such folder.
  package func entries(of name: String) -> [String] {
    guard name.isEmpty || Self.staysInside(name), let root = realPath else { return [] }
    guard let path = Self.resolve(name.isEmpty ? root : root + "/" + name), path == root || path.hasPrefix(root + "/"),
      let stream = unsafe opendir(path)
    else { return [] }
    // SAFETY: `stream` is open until the end of this function.
    defer { unsafe _ = closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      // SAFETY: the entry's name ends in a zero byte, and is copied before the next call.
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
        unsafe field.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: field.pointee)) { bytes in
          unsafe String(cString: bytes)
        }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  enum Stray { case outside, nowhere }

  /// Where a symbolic link in the folder leads, if that is to a folder outside of it or to nothing.
  func stray(_ name: String) -> Stray? {
    guard let root = realPath else { return nil }
    var status = stat()
    // SAFETY: `status` outlives the calls.
    guard unsafe lstat(root + "/" + name, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return nil }
    guard let path = Self.resolve(root + "/" + name) else { return .nowhere }
    guard path != root, !path.hasPrefix(root == "/" ? root : root + "/") else { return nil }
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR ? .outside : nil
  }

  /// True for a relative path of plain names.
  static func staysInside(_ name: String) -> Bool {
    guard !name.utf8.contains(0), !name.isEmpty else { return false }
    return name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
      !part.isEmpty && part != "." && part != ".."
    }
  }

  /// The absolute path without symbolic links; nil where nothing is there.
  package static func resolve(_ path: String) -> String? {
    guard let resolved = unsafe realpath(path, nil) else { return nil }
    // SAFETY: `realpath` allocated a text that ends in a zero byte.
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }

  private static func systemError() -> ReadError {
    // SAFETY: `strerror` returns a text that ends in a zero byte.
    ReadError(description: unsafe String(cString: strerror(errno)).lowercased())
  }
}
