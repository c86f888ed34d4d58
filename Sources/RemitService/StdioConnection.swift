private import Glibc
internal import RemitEngine
private import RemitModel
private import RemitWire
private import Synchronization

/// Standard input and output as a connection, on a thread of its own: they may be files, of which no event loop can tell, and making
/// them non-blocking would make them so for everybody who has them too.
final class StdioConnection: @unchecked Sendable {
  // SAFETY: the thread alone uses what is below, until it says that it has ended; `stop` writes to the pipe and `hasEnded` reads an
  // atomic, which any thread may.
  private let evaluator: RequestEvaluator
  private var conversation: Conversation
  private let wakeRead: Int32
  private let wakeWrite: Int32
  private var brokenBy: StreamError?
  private var isBroken = false
  private let ended = Atomic<Bool>(false)

  private static let readBytes = 64 << 10
  /// So much of what has been sent already is read once the service ends: what a pipe can hold.
  private static let settleBytesMax = 1 << 20

  init(_ setting: RequestEvaluator.Setting) throws(ServiceError) {
    var ends: [Int32] = [-1, -1]
    // SAFETY: the array has room for both ends.
    guard unsafe pipe(&ends) == 0 else {
      throw ServiceError("cannot serve standard input: \(unsafe String(cString: strerror(errno)).lowercased())")
    }
    wakeRead = ends[0]
    wakeWrite = ends[1]
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    evaluator = RequestEvaluator(setting)
    conversation = Conversation(setting.limits, .here)
  }

  deinit {
    close(wakeRead)
    close(wakeWrite)
  }

  /// Makes `run` answer what was sent already and return. Any thread.
  func stop() {
    var byte: UInt8 = 0
    unsafe _ = write(wakeWrite, &byte, 1)
  }

  /// Whether `run` has returned. Any thread.
  var hasEnded: Bool { ended.load(ordering: .acquiring) }

  /// Why `run` has returned before all was read and answered; nil as long as it has not. A reader that has gone is no failure. Any thread.
  var failure: StreamError? { hasEnded ? brokenBy : nil }

  /// Returns once all is answered: at the end of the input, after `stop`, or where nobody reads.
  func run() {
    defer { ended.store(true, ordering: .releasing) }
    while !isBroken {
      switch conversation.answer(with: evaluator, .init(longWork: true, transport: .stdio), until: { false }) {
      case .gathered:
        send()
      case .idle:
        send()
        if !isBroken { receive() }
      case .finished:
        send()
        return
      case .broken:
        end(StreamError("no memory for the answers"))
      case .line, .turnIsOver:
        preconditionFailure("everything is answered here, and nobody else has a turn")
      }
    }
  }

  private func end(_ failure: StreamError) {
    isBroken = true
    if !failure.isClosedPipe { brokenBy = failure }
  }

  private func receive() {
    var files = [
      pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
      pollfd(fd: wakeRead, events: Int16(POLLIN), revents: 0),
    ]
    // SAFETY: the array has as many elements as the call is told.
    guard unsafe poll(&files, 2, -1) > 0 else {
      if errno != EINTR { end(.system("cannot wait for standard input")) }
      return
    }
    if files[1].revents != 0 {
      settle()
    } else if files[0].revents != 0, read(Self.readBytes) == 0 {
      conversation.tell { $0.inputEnded() }
    }
    evaluator.forgetTime()
  }

  /// Reads what is there and no more.
  private func settle() {
    var ready: Int32 = 0
    // SAFETY: the call writes one integer.
    if unsafe ioctl(STDIN_FILENO, UInt(FIONREAD), &ready) == 0 {
      var rest = min(Int(ready), Self.settleBytesMax)
      while rest > 0 {
        let count = read(rest)
        guard count > 0 else { break }
        rest -= count
      }
    }
    conversation.tell { $0.stopReading() }
  }

  /// - Returns: How many bytes; 0 at the end, and -1 where there are none now. What cannot be read ends it.
  private func read(_ most: Int) -> Int {
    var failure: StreamError?
    let count = unsafe conversation.receive(most) { room in
      let count = unsafe Glibc.read(STDIN_FILENO, room.baseAddress, min(most, room.count))
      if count < 0 && errno != EINTR && errno != EAGAIN { failure = .system("cannot read standard input") }
      return count
    }
    if let failure { end(failure) }
    return count
  }

  private func send() {
    evaluator.commitAndWait()
    unsafe conversation.output.withBytes { bytes in
      var rest = unsafe bytes
      while unsafe !rest.isEmpty {
        let count = unsafe write(STDOUT_FILENO, rest.baseAddress, rest.count)
        if count < 0 && errno == EAGAIN {
          // Somebody else has made it non-blocking.
          var file = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
          unsafe _ = poll(&file, 1, -1)
          continue
        }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else {
          end(.system("cannot write standard output"))
          return
        }
        unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      }
    }
    conversation.output.removeAll()
  }
}
