private import Glibc
private import Synchronization

/// Wakes the thread that waits at its end, from any thread and from signal handlers. It is never closed, as a signal may come at any
/// time: there is one for the process.
enum WakePipe {
  private static let ends: (read: Int32, write: Int32)? = {
    var ends: [Int32] = [-1, -1]
    // SAFETY: room for two numbers.
    guard unsafe pipe(&ends) == 0 else { return nil }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    return (ends[0], ends[1])
  }()

  /// To be waited for; -1 where the system has none to give.
  static var file: Int32 { ends?.read ?? -1 }

  static func wake() {
    guard let ends else { return }
    var byte: UInt8 = 1
    // A full pipe wakes as well.
    _ = unsafe write(ends.write, &byte, 1)
  }

  static func empty() {
    guard let ends else { return }
    let size = 256
    unsafe withUnsafeTemporaryAllocation(byteCount: size, alignment: 1) { buffer in
      while unsafe read(ends.read, buffer.baseAddress, size) > 0 {}
    }
  }
}

/// `SIGHUP` as a wish to reload, counted from when it is first asked for: one that comes while the service is starting is not lost, and
/// ends no process.
package enum HangupSignal {
  private static let count = Atomic<Int>(0)

  /// Takes the signal from now on.
  package static func take() {
    // Made here, so that the handler makes nothing.
    _ = WakePipe.file
    _ = count.load(ordering: .relaxed)
    signal(SIGHUP) { _ in
      let error = errno
      HangupSignal.count.add(1, ordering: .relaxed)
      WakePipe.wake()
      errno = error
    }
    // Whoever has started the process may have blocked it; threads that are made later have it as this one has.
    var hangup = sigset_t()
    // SAFETY: the set outlives the calls.
    unsafe sigemptyset(&hangup)
    unsafe sigaddset(&hangup, SIGHUP)
    unsafe pthread_sigmask(SIG_UNBLOCK, &hangup, nil)
  }

  /// How often it has come.
  static var received: Int { count.load(ordering: .relaxed) }
}
