internal import NIOCore
internal import RemitEngine
private import Synchronization

/// The lines of a stream and its results, between the task of its connection and the thread that decides.
///
/// Little is kept in either direction: the thread waits while the client does not read, and the client is not read from while the thread
/// waits or works.
final class BatchPipe: ByteSource, ByteSink, @unchecked Sendable {
  // SAFETY: everything below is used under `monitor`, except that continuations are resumed outside of it, by who has taken them.
  private let monitor = Monitor()

  private var input = ByteBuffer()
  private var hasInputEnded = false
  private var inputFailure: String?
  private var waitsForRoom: CheckedContinuation<Void, Never>?

  private var output = ByteBuffer()
  private var hasOutputEnded = false
  private var outputFailure: StreamError?
  private var waitsForOutput: CheckedContinuation<Void, Never>?

  private var isBrokenOff = false
  private let flag = Atomic<Bool>(false)

  private static let inputBytesMax = 256 << 10
  private static let outputBytesMax = 256 << 10

  // MARK: The connection's task

  /// Hands lines to the thread, and waits until there is room for more.
  ///
  /// - Returns: False where no more are wanted.
  func offer(_ bytes: ByteBuffer) async -> Bool {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      let isFull = with { pipe in
        pipe.input.discardReadBytes()
        pipe.input.writeImmutableBuffer(bytes)
        pipe.monitor.wakeAll()
        let isFull = pipe.input.readableBytes >= Self.inputBytesMax && !pipe.isBrokenOff && !pipe.hasOutputEnded
        if isFull { pipe.waitsForRoom = continuation }
        return isFull
      }
      if !isFull { continuation.resume() }
    }
    return with { !$0.isBrokenOff && !$0.hasOutputEnded }
  }

  /// No more lines come.
  ///
  /// - Parameter failure: Why, where there should have been more.
  func endInput(failure: String? = nil) {
    with { pipe in
      pipe.hasInputEnded = true
      pipe.inputFailure = failure
      pipe.monitor.wakeAll()
    }
  }

  /// The next results; nil behind the last.
  func next() async -> ByteBuffer? {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      let isThere = with { pipe in
        let isThere = pipe.output.readableBytes > 0 || pipe.hasOutputEnded || pipe.isBrokenOff
        if !isThere { pipe.waitsForOutput = continuation }
        return isThere
      }
      if isThere { continuation.resume() }
    }
    return with { pipe in
      guard pipe.output.readableBytes > 0, !pipe.isBrokenOff else { return nil }
      let results = pipe.output
      pipe.output = ByteBuffer()
      pipe.monitor.wakeAll()
      return results
    }
  }

  /// Nobody wants the results any more.
  func breakOff() {
    let continuations = with { pipe in
      pipe.isBrokenOff = true
      pipe.flag.store(true, ordering: .relaxed)
      pipe.monitor.wakeAll()
      return [pipe.takeRoom(), pipe.takeOutput()]
    }
    for continuation in continuations { continuation?.resume() }
  }

  /// Whether that is so; asked for each line.
  var isBroken: Bool { flag.load(ordering: .relaxed) }

  /// What has stopped the thread before the end; nil where it came to its end.
  var failure: StreamError? { with { $0.outputFailure } }

  // MARK: The thread

  func read(into target: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    monitor.lock()
    while input.readableBytes == 0 && !hasInputEnded && !isBrokenOff { monitor.wait() }
    let count = isBrokenOff ? 0 : min(target.count, input.readableBytes)
    if count > 0 {
      unsafe input.readWithUnsafeReadableBytes { bytes in
        // SAFETY: both have as many bytes.
        unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        return count
      }
      if input.readableBytes == 0 { input.clear(minimumCapacity: 0) }
    }
    let isGone = isBrokenOff
    let failure = count == 0 ? inputFailure : nil
    let continuation = input.readableBytes < Self.inputBytesMax / 2 ? takeRoom() : nil
    monitor.unlock()
    continuation?.resume()
    if isGone { throw Self.gone }
    if let failure { throw StreamError(failure) }
    return count
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    var rest = unsafe bytes
    while unsafe !rest.isEmpty {
      monitor.lock()
      while output.readableBytes >= Self.outputBytesMax && !isBrokenOff { monitor.wait() }
      let count = min(rest.count, Self.outputBytesMax - output.readableBytes)
      let isGone = isBrokenOff
      if !isGone { unsafe _ = output.writeBytes(UnsafeRawBufferPointer(rebasing: rest[..<count])) }
      let continuation = takeOutput()
      monitor.unlock()
      continuation?.resume()
      if isGone { throw Self.gone }
      unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  /// All is done, or `failure` has stopped it.
  func finish(_ failure: StreamError?) {
    let continuations = with { pipe in
      pipe.hasOutputEnded = true
      pipe.outputFailure = failure
      return [pipe.takeRoom(), pipe.takeOutput()]
    }
    for continuation in continuations { continuation?.resume() }
  }

  private static let gone = StreamError("the client has gone", isClosedPipe: true)

  // MARK: Under the lock

  private func with<Result>(_ body: (BatchPipe) -> Result) -> Result {
    monitor.lock()
    defer { monitor.unlock() }
    return body(self)
  }

  private func takeRoom() -> CheckedContinuation<Void, Never>? {
    defer { waitsForRoom = nil }
    return waitsForRoom
  }

  private func takeOutput() -> CheckedContinuation<Void, Never>? {
    defer { waitsForOutput = nil }
    return waitsForOutput
  }
}
