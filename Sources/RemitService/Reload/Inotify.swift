private import Glibc
private import RemitEngine

/// The system's news of folders. Used on one thread.
final class Inotify {
  struct Event {
    /// Which folder; -1 where the system has lost count of what happened.
    var watch: Int32
    /// `IN_…`
    var mask: UInt32
    /// In the folder; empty where it is the folder itself.
    var name: String

    func has(_ bits: Int32...) -> Bool { bits.contains { mask & UInt32(bitPattern: $0) != 0 } }
  }

  /// To be waited for.
  let file: Int32

  init() throws(SystemError) {
    file = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
    guard file >= 0 else { throw SystemError(errno) }
  }

  deinit {
    close(file)
  }

  /// Asks for what happens in a folder, besides what was asked for before.
  ///
  /// - Returns: The number of the watch: the same for the same folder, whatever it is called.
  func watch(_ path: String, _ mask: Int32) throws(SystemError) -> Int32 {
    let watch = unsafe inotify_add_watch(file, path, UInt32(bitPattern: mask | IN_ONLYDIR | IN_MASK_ADD))
    guard watch >= 0 else { throw SystemError(errno) }
    return watch
  }

  func forget(_ watch: Int32) {
    _ = inotify_rm_watch(file, watch)
  }

  /// Everything that has happened so far.
  func events() -> [Event] {
    var events: [Event] = []
    // Room for hundreds of events, and for one with the longest name in any case.
    let size = 64 << 10
    unsafe withUnsafeTemporaryAllocation(byteCount: size, alignment: MemoryLayout<inotify_event>.alignment) { buffer in
      while true {
        // SAFETY: the buffer has `size` bytes.
        let count = unsafe Glibc.read(file, buffer.baseAddress, size)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return }
        unsafe Self.read(UnsafeRawBufferPointer(rebasing: buffer[..<count]), into: &events)
      }
    }
    return events
  }

  /// The system writes events one behind the other, each with its name and zero bytes behind it.
  private static func read(_ bytes: UnsafeRawBufferPointer, into events: inout [Event]) {
    let headerSize = MemoryLayout<inotify_event>.size
    var offset = 0
    while offset + headerSize <= bytes.count {
      let watch = unsafe bytes.load(fromByteOffset: offset, as: Int32.self)
      let mask = unsafe bytes.load(fromByteOffset: offset + 4, as: UInt32.self)
      let length = unsafe Int(bytes.load(fromByteOffset: offset + 12, as: UInt32.self))
      let name = unsafe bytes[(offset + headerSize)..<min(offset + headerSize + length, bytes.count)].prefix { $0 != 0 }
      events.append(Event(watch: watch, mask: mask, name: unsafe String(decoding: name, as: UTF8.self)))
      offset += headerSize + length
    }
  }
}

/// What the system refuses to do.
struct SystemError: Error, CustomStringConvertible {
  let number: Int32

  init(_ number: Int32) {
    self.number = number
  }

  var description: String { unsafe String(cString: strerror(number)).lowercased() }
}
