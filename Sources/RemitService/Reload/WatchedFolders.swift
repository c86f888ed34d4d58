private import Glibc

/// Watches folders with all that are in them, and whatever may put another folder in their place. Used on one thread at a time.
final class WatchedFolders {
  private struct Watched {
    var path: String
    /// It is one of the folders, or in one.
    var isInside: Bool
    /// Names in it by which one of the folders is reached.
    var wayNames: Set<String> = []
  }

  private let roots: [String]
  private let inotify: Inotify
  private var watched: [Int32: Watched] = [:]
  /// Why some folder is not watched; each is said once.
  private var isProblemKnown = false
  private let warn: (String) -> Void

  private static let insideMask =
    IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF
    | IN_MOVE_SELF | IN_EXCL_UNLINK
  private static let wayMask = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF
  private static let depthMax = 16
  private static let linksMax = 40

  init(_ roots: [String], _ inotify: Inotify, warn: @escaping (String) -> Void) {
    self.roots = roots
    self.inotify = inotify
    self.warn = warn
    watchAll()
  }

  private func watchAll() {
    // A folder that is watched on keeps its number, by which events are known that have not been read yet.
    let former = watched
    watched = [:]
    for root in roots {
      watchWay(to: root)
      watchTree(root, depth: 0)
    }
    for watch in former.keys where watched[watch] == nil { inotify.forget(watch) }
  }

  /// To be waited for.
  var file: Int32 { inotify.file }

  /// Takes in what has happened.
  ///
  /// - Returns: Whether anything has.
  func update(_ gate: inout ChangeGate, at now: Int64) -> Bool {
    let events = inotify.events()
    var isWatchedAnew = false
    for event in events {
      if event.has(IN_Q_OVERFLOW) {
        // What is gone is not known, so everything is looked at.
        watchAll()
        isWatchedAnew = true
        gate.lostCount(at: now)
        continue
      }
      guard let folder = watched[event.watch] else { continue }
      if event.has(IN_IGNORED) {
        watched[event.watch] = nil
        continue
      }
      let isStep = folder.wayNames.contains(event.name)
      let isGone = event.has(IN_DELETE_SELF, IN_MOVE_SELF, IN_UNMOUNT)
      let isMovedFolder = event.has(IN_MOVED_FROM) && event.has(IN_ISDIR) && folder.isInside
      if isStep || isGone || isMovedFolder || Self.isSwitchedLink(event, in: folder) {
        watchAll()
        isWatchedAnew = true
        gate.changed(at: now)
      }
      // Nothing whose name begins with a dot is ever loaded.
      guard folder.isInside, !event.name.isEmpty, !event.name.hasPrefix(".") else { continue }
      take(event, of: folder.path + "/" + event.name, &gate, at: now)
    }
    // Another folder may have taken a folder's place.
    if isWatchedAnew { gate.look { path in unsafe access(path, F_OK) == 0 } }
    return !events.isEmpty
  }

  /// A hidden link that others may lead through has been switched, as Kubernetes does with `..data`.
  private static func isSwitchedLink(_ event: Inotify.Event, in folder: Watched) -> Bool {
    folder.isInside && event.has(IN_MOVED_TO) && event.name.hasPrefix(".")
      && target(ofLink: folder.path + "/" + event.name) != nil
  }

  private func take(_ event: Inotify.Event, of path: String, _ gate: inout ChangeGate, at now: Int64) {
    if event.has(IN_MODIFY) {
      gate.began(path, at: now)
    } else if event.has(IN_CLOSE_WRITE) {
      gate.closed(path, at: now)
    } else if event.has(IN_DELETE, IN_MOVED_FROM) {
      // Nobody misses the backups of editors.
      if event.name.hasPrefix("#") || event.name.hasSuffix("~") {
        gate.closed(path, at: now)
      } else {
        gate.went(path, at: now)
      }
    } else if event.has(IN_CREATE, IN_MOVED_TO) {
      gate.came(path, at: now)
      if event.has(IN_CREATE) && Self.isEmptyFile(path) { gate.began(path, at: now) }
      watchTree(path, depth: 1)
    } else {
      gate.changed(at: now)
    }
  }

  /// A file that somebody has just made and has yet to write to: no link to another, and no folder. Of what is written there is news.
  private static func isEmptyFile(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_nlink == 1
      && status.st_size == 0
  }

  // MARK: Watching

  /// Watches a folder and those in it; nothing where the path is no folder's. A symbolic link is followed.
  private func watchTree(_ path: String, depth: Int) {
    guard depth < Self.depthMax, let watch = add(path, Self.insideMask) else { return }
    // A folder may be reached in several ways, and by a link even from within.
    guard watched[watch]?.isInside != true else { return }
    watched[watch, default: Watched(path: path, isInside: true)].isInside = true
    guard let stream = unsafe opendir(path) else { return }
    defer { unsafe _ = closedir(stream) }
    while let entry = unsafe readdir(stream) {
      let type = unsafe Int(entry.pointee.d_type)
      guard type == DT_DIR || type == DT_LNK || type == DT_UNKNOWN else { continue }
      // SAFETY: an entry is valid until the next one is read, and its name ends in a zero byte.
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe name.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: name.pointee)) { name in
          unsafe String(cString: name)
        }
      }
      if !name.hasPrefix(".") { watchTree(path + "/" + name, depth: depth + 1) }
    }
  }

  /// Watches for each step on the way to a folder, symbolic links' ways too, that another takes its place.
  private func watchWay(to path: String) {
    var waiting = [path.hasPrefix("/") ? path : Self.workingFolder + "/" + path]
    var links = 0
    while let way = waiting.popLast() {
      var folder = ""
      let steps = way.split(separator: "/").filter { $0 != "." }.map(String.init)
      for (index, step) in steps.enumerated() {
        if step == ".." {
          // Behind a link this leads elsewhere than the text says.
          folder = Self.resolved(folder + "/..")
          continue
        }
        watchStep(step, in: folder.isEmpty ? "/" : folder)
        let path = folder + "/" + step
        if links < Self.linksMax, let target = Self.target(ofLink: path) {
          links += 1
          let rest = steps[(index + 1)...].joined(separator: "/")
          waiting.append((target.hasPrefix("/") ? target : folder + "/" + target) + "/" + rest)
          break
        }
        folder = path
      }
    }
  }

  private func watchStep(_ name: String, in folder: String) {
    // Where even the next folder is not there, the one that is tells of it.
    guard let watch = try? inotify.watch(folder, Self.wayMask) else { return }
    watched[watch, default: Watched(path: folder, isInside: false)].wayNames.insert(name)
  }

  private func add(_ path: String, _ mask: Int32) -> Int32? {
    do throws(SystemError) {
      return try inotify.watch(path, mask)
    } catch {
      switch error.number {
      case ENOTDIR, ENOENT, ELOOP: break
      default:
        if !isProblemKnown { warn(Self.words(path, error)) }
        isProblemKnown = true
      }
      return nil
    }
  }

  static func words(_ path: String, _ error: SystemError) -> String {
    let remedy =
      switch error.number {
      case ENOSPC: "raise fs.inotify.max_user_watches with sysctl"
      case EMFILE: "raise fs.inotify.max_user_instances with sysctl, or the process's limit of files"
      default: "see that it can be read"
      }
    return
      "cannot watch \(path) for changes: \(error) (\(remedy)); until then tell of changes by SIGHUP or admin.reload"
  }

  private static var workingFolder: String { resolved(".") }

  private static func resolved(_ path: String) -> String {
    guard let resolved = unsafe realpath(path, nil) else { return path }
    // SAFETY: `realpath` allocated a text that ends in a zero byte.
    defer { unsafe free(resolved) }
    let text = unsafe String(cString: resolved)
    return text == "/" ? "" : text
  }

  private static func target(ofLink path: String) -> String? {
    let size = Int(PATH_MAX)
    var bytes = [CChar](repeating: 0, count: size)
    // SAFETY: room for `size` bytes.
    let count = unsafe readlink(path, &bytes, size)
    return count > 0 ? String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
  }
}
