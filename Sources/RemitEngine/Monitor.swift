private import Glibc

/// A lock with a condition to wait for.
@safe package final class Monitor: @unchecked Sendable {
  // SAFETY: both live where they were initialised, from `init` to `deinit`, as POSIX asks.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  package init() {
    var attributes = pthread_condattr_t()
    // SAFETY: the attributes are read by the calls only.
    let made =
      unsafe pthread_mutex_init(mutex, nil) == 0 && pthread_condattr_init(&attributes) == 0
      && pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0
      && pthread_cond_init(condition, &attributes) == 0
    unsafe pthread_condattr_destroy(&attributes)
    precondition(made, "the system has no more locks")
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }

  package func lock() { unsafe pthread_mutex_lock(mutex) }
  package func unlock() { unsafe pthread_mutex_unlock(mutex) }
  /// Lets go of the lock until `wakeAll`, and may return earlier: ask again for what was awaited.
  package func wait() { unsafe pthread_cond_wait(condition, mutex) }
  /// The same, for so long at most.
  package func wait(milliseconds: Int) {
    var end = timespec()
    unsafe _ = clock_gettime(CLOCK_MONOTONIC, &end)
    let nanoseconds = end.tv_nsec + (milliseconds % 1000) * 1_000_000
    end.tv_sec += milliseconds / 1000 + nanoseconds / 1_000_000_000
    end.tv_nsec = nanoseconds % 1_000_000_000
    unsafe _ = pthread_cond_timedwait(condition, mutex, &end)
  }
  package func wakeAll() { unsafe pthread_cond_broadcast(condition) }
}

/// A gate that is opened once, by any thread.
final class Gate: @unchecked Sendable {
  // SAFETY: used under `monitor`.
  private var isOpen = false
  private let monitor = Monitor()

  func open() {
    monitor.lock()
    isOpen = true
    monitor.wakeAll()
    monitor.unlock()
  }

  func wait() {
    monitor.lock()
    while !isOpen { monitor.wait() }
    monitor.unlock()
  }
}

/// A thread that runs one closure.
@safe package struct WorkerThread {
  private var thread = pthread_t()
  /// As much as the main thread has by custom, so that what a policy may nest does not depend on the thread.
  private static let stackBytes = 8 << 20

  private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Nil where the system has no thread to give.
  package init?(_ run: @escaping @Sendable () -> Void) {
    var attributes = pthread_attr_t()
    guard unsafe pthread_attr_init(&attributes) == 0 else { return nil }
    defer { unsafe _ = pthread_attr_destroy(&attributes) }
    guard unsafe pthread_attr_setstacksize(&attributes, Self.stackBytes) == 0 else { return nil }
    let body = unsafe Unmanaged.passRetained(Body(run))
    // SAFETY: the thread takes over the reference that was retained for it.
    let status = unsafe pthread_create(
      &thread, &attributes,
      { context in
        if let context = unsafe context { unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
        return nil
      }, body.toOpaque())
    guard status == 0 else {
      unsafe body.release()
      return nil
    }
  }

  package func join() {
    _ = pthread_join(thread, nil)
  }
}
