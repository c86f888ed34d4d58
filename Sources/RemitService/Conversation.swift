internal import RemitEngine
internal import RemitModel
internal import RemitWire

/// The lines of one connection and their answers: what was received and not answered, what was answered and not sent.
///
/// All that is touched for each request is here together, so that answering many takes hold of it once.
struct Conversation: ~Copyable {
  private(set) var machine: ConnectionStateMachine
  private var received = ReceivedBytes()
  /// Answers that are to be sent.
  var output = ByteWriter()
  private let lineBytesMax: Int
  private let longWork: LongWork

  enum LongWork: Equatable {
    /// Lines of more bytes, and all that may take long, are for somebody else.
    case elsewhere(lineBytesMax: Int)
    case here
  }

  /// Why answering pauses.
  enum Pause: Equatable {
    /// Nothing is to be done before the next event.
    case idle
    /// So many answers are there that they should be sent.
    case gathered
    /// It is the turn of others.
    case turnIsOver
    /// The line of so many bytes is for somebody else: take it, and say that it is away.
    case line(Int, consuming: Int)
    /// All is answered: end the connection once the answers are sent.
    case finished
    /// Memory ran out.
    case broken
  }

  /// So many bytes of answers are gathered.
  static let gatheredBytesMax = 128 << 10

  init(_ limits: Limits, _ longWork: LongWork) {
    lineBytesMax = limits.lineBytesMax
    self.longWork = longWork
    machine = ConnectionStateMachine(
      .init(lineBytesMax: limits.lineBytesMax, waitingLinesMax: limits.waitingRequestsMax))
  }

  // MARK: Events

  mutating func receive(_ bytes: UnsafeRawBufferPointer) {
    unsafe received.append(bytes)
    unsafe machine.received(bytes)
  }

  /// Has bytes written to where they are received, at least `count`, by whoever returns how many there were; nothing where that is
  /// not more than 0.
  mutating func receive(_ count: Int, from read: (UnsafeMutableRawBufferPointer) -> Int) -> Int {
    let room = unsafe received.room(count)
    let count = unsafe read(room)
    guard count > 0 else { return count }
    unsafe machine.received(UnsafeRawBufferPointer(rebasing: room[..<count]))
    received.filled(count)
    return count
  }

  /// Tells of an event that leaves what was received as it is.
  mutating func tell(_ event: (inout ConnectionStateMachine) -> Void) {
    event(&machine)
  }

  /// Tells of an event from which on what was received is kept.
  mutating func block(_ event: (inout ConnectionStateMachine, UnsafeRawBufferPointer) -> Void) {
    unsafe event(&machine, received.bytes)
  }

  /// Hands out a line that is for somebody else, and forgets it.
  mutating func take(_ length: Int, consuming: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
    unsafe body(UnsafeRawBufferPointer(rebasing: received.bytes[..<length]))
    received.consume(consuming)
    unsafe machine.wentAway(kept: received.bytes)
  }

  // MARK: Answering

  /// Answers what was received.
  ///
  /// - Parameter isOver: Asked after each line: whether others have their turn.
  mutating func answer(
    with evaluator: RequestEvaluator, _ permission: RequestEvaluator.Permission, until isOver: () -> Bool
  ) -> Pause {
    while true {
      switch unsafe machine.next(received.bytes) {
      case .answer(let length, let consuming):
        if case .elsewhere(let most) = longWork, length > most { return .line(length, consuming: consuming) }
        let line = unsafe UnsafeRawBufferPointer(rebasing: received.bytes[..<length])
        guard unsafe evaluator.answer(line, permission, into: &output) else {
          return .line(length, consuming: consuming)
        }
        received.consume(consuming)
      case .refuse(let consuming):
        received.consume(consuming)
        evaluator.note(.lineTooLong)
        appendError(.lineTooLong, "line is longer than \(lineBytesMax) bytes")
      case .drop(let count):
        received.consume(count)
      case .wait:
        return output.hasFailed ? .broken : .idle
      case .finish:
        return output.hasFailed ? .broken : .finished
      }
      if output.hasFailed { return .broken }
      if output.count > Self.gatheredBytesMax { return .gathered }
      if isOver() { return .turnIsOver }
    }
  }

  /// Answers to no request.
  mutating func appendError(_ code: ErrorCode, _ message: String) {
    unsafe output.appendRPCError(code, message, id: UnsafeRawBufferPointer(start: nil, count: 0))
    output.append(UInt8(ascii: "\n"))
  }
}
