private import Glibc
internal import Logging
internal import NIOCore
private import Synchronization

/// Stops accepting for a moment where the system has no file or no memory for another connection.
///
/// A server channel of NIO that cannot accept stays registered for reading, and so it would try again at once and for ever. Clients that
/// are not accepted wait in the listener's queue.
final class AcceptPause: ChannelInboundHandler {
  typealias InboundIn = any Channel

  /// What all listeners of a service share: what was said of a shortage, and when there was one.
  final class Shortage: Sendable {
    private let log: Logger
    private let lastNanosecond = Atomic<UInt64>(0)
    /// Without one for so long, the next is news.
    private static let calm: UInt64 = 60_000_000_000

    init(_ log: Logger) {
      self.log = log
    }

    fileprivate func note(_ error: IOError) {
      let now = NIODeadline.now().uptimeNanoseconds
      let last = lastNanosecond.exchange(now, ordering: .relaxed)
      guard last == 0 || now > last + Self.calm else { return }
      let isFiles = error.errnoCode == EMFILE || error.errnoCode == ENFILE
      log.warning(
        """
        no more \(isFiles ? "files for connections (see ulimit -n)" : "memory for connections"): \
        new clients wait until others leave
        """)
    }
  }

  private let shortage: Shortage
  private static let pause = TimeAmount.milliseconds(50)

  init(_ shortage: Shortage) {
    self.shortage = shortage
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? IOError, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode) else {
      context.fireErrorCaught(error)
      return
    }
    shortage.note(error)
    setReading(false, context)
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    context.eventLoop.scheduleTask(in: Self.pause) {
      let (handler, context) = bound.value
      handler.setReading(true, context)
    }
  }

  private func setReading(_ reads: Bool, _ context: ChannelHandlerContext) {
    // It fails only where the listener has been closed meanwhile.
    try? context.channel.syncOptions?.setOption(.autoRead, value: reads)
  }
}
