internal import RemitEngine
internal import RemitLua
internal import RemitWire
private import Synchronization

/// A line that is answered by a worker.
final class WorkerJob: @unchecked Sendable {
  // SAFETY: one thread at a time has it: the event loop until it is submitted, a worker until `whenDone` is called, and then the event
  // loop again. The flag alone is for both.
  let line: ByteBlock
  let permission: RequestEvaluator.Permission
  var output = ByteWriter()
  /// Whether it was done to its end. Where it was cancelled meanwhile, the output is a part of the answer, or none.
  private(set) var isWhole = false
  private let flag = Atomic<Bool>(false)
  let whenDone: @Sendable () -> Void

  init(
    _ line: UnsafeRawBufferPointer, _ permission: RequestEvaluator.Permission, whenDone: @escaping @Sendable () -> Void
  ) {
    self.line = unsafe ByteBlock(line)
    self.permission = permission
    self.whenDone = whenDone
  }

  /// Nobody waits for the answer any more.
  func cancel() { flag.store(true, ordering: .relaxed) }
  private var isCancelled: Bool { flag.load(ordering: .relaxed) }

  /// Answers the line, or refuses it where the answers that nobody has read take too much memory already.
  func answer(with evaluator: RequestEvaluator, _ memory: ReplyMemory) {
    guard !isCancelled else { return }
    evaluator.forgetTime()
    // SAFETY: the block lives as long as the job, and has its padding.
    let line = unsafe UnsafeRawBufferPointer(line.bytes)
    if let refusal = memory.refusal {
      unsafe evaluator.refuse(line, refusal, into: &output)
      isWhole = true
      return
    }
    var permission = permission
    permission.longWork = true
    var isGivenUp = false
    _ = unsafe evaluator.answer(line, permission, into: &output) {
      isGivenUp = isGivenUp || isCancelled
      return !isGivenUp
    }
    isWhole = !isGivenUp
  }
}
