internal import RemitEngine
private import RemitModel
private import Synchronization

/// How much memory large answers take that clients have not read: so that a few who ask for much and read nothing do not take what
/// all others need.
final class ReplyMemory: Sendable {
  private let bytesMax: Int
  private let bytes = Atomic<Int>(0)
  /// What is smaller does not count: it is bounded for each connection.
  static let largeBytesMin = 128 << 10

  init(bytesMax: Int) {
    self.bytesMax = bytesMax
  }

  func take(_ count: Int) { bytes.add(count, ordering: .relaxed) }
  func giveBack(_ count: Int) { bytes.subtract(count, ordering: .relaxed) }

  /// Why another answer that may be large is not begun; nil where it may be.
  var refusal: EngineError? {
    guard bytes.load(ordering: .relaxed) > bytesMax else { return nil }
    return EngineError(
      code: .overloaded,
      message: "clients have not read \(bytesMax >> 20) MiB of answers: the request was not begun, try again later")
  }
}
