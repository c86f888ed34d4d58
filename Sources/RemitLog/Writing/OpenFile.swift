private import Glibc

/// What the system says of a file that is open.
enum OpenFile {
  /// Whether its path still leads to it: it may have been deleted or moved, or another may stand in its place.
  ///
  /// Its inode's number is no other's for as long as it is open. What cannot be asked at the moment is not taken for gone.
  static func isThere(_ file: Int32, _ path: String) -> Bool {
    var open = stat()
    var named = stat()
    guard unsafe lstat(path, &named) == 0 else { return errno != ENOENT && errno != ENOTDIR }
    return unsafe fstat(file, &open) == 0 && open.st_ino == named.st_ino && open.st_dev == named.st_dev
  }

  /// Whether nobody can open it any more, or it has fewer bytes than that. This does not look at its path, and so costs little.
  static func isDeleted(_ file: Int32, orShorterThan length: Int = 0) -> Bool {
    var status = stat()
    return unsafe fstat(file, &status) == 0 && (status.st_nlink == 0 || status.st_size < length)
  }

  /// In bytes; 0 where that cannot be told.
  static func length(_ file: Int32) -> Int {
    var status = stat()
    return unsafe fstat(file, &status) == 0 ? Int(status.st_size) : 0
  }
}
