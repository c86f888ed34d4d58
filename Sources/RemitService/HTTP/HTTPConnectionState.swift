/// What a connection of HTTP/1 does about its requests and answers: pure, without a socket or a byte.
///
/// Answers come in the order of the requests, which the connection's task sees to; this follows both, and says which answer is the last.
package struct HTTPConnectionState {
  private struct Request {
    /// HTTP/1.0: its client knows no chunks, and expects the end of the connection behind the answer.
    var isOld: Bool
    var closes: Bool
    var isWhole = false
  }

  /// What an answer's head must say.
  package struct Head: Equatable {
    package var closes: Bool
    package var isOld: Bool

    package init(closes: Bool, isOld: Bool) {
      self.closes = closes
      self.isOld = isOld
    }
  }

  package enum Next: Equatable {
    case goOn
    /// No more is answered: end the connection once everything is sent.
    case finish
    /// Say that what came was no request, and finish.
    case refuse
  }

  /// What to do about bytes that are no HTTP.
  package enum Fault: Equatable {
    /// They are inside of a request, whose task must know.
    case tell
    case refuse
    /// Before that answers are to come.
    case wait
    case ignore
  }

  /// Requests that are not answered yet, the oldest first.
  private var requests: [Request] = []
  private var isLast = false
  private var isFaulty = false
  /// The service ends: the connection does once all that was received is answered.
  package var isDraining = false

  package init() {}

  /// Whether a request has been begun and not answered.
  package var isBusy: Bool { !requests.isEmpty }
  /// Whether the newest request goes on.
  package var isReceiving: Bool { requests.last.map { !$0.isWhole } ?? false }
  /// Whether the oldest request is whole, so that the connection waits for the answer.
  package var isAnswering: Bool { requests.first?.isWhole ?? false }

  /// - Returns: False where the request counts for nothing, nor does what belongs to it.
  package mutating func receivedHead(isOld: Bool, closes: Bool) -> Bool {
    guard !isLast, !isFaulty else { return false }
    requests.append(Request(isOld: isOld, closes: closes || isOld))
    return true
  }

  /// - Returns: False where the request counts for nothing.
  package mutating func receivedEnd() -> Bool {
    guard isReceiving else { return false }
    requests[requests.count - 1].isWhole = true
    return true
  }

  package mutating func receivedFault() -> Fault {
    if isLast || isFaulty { return .ignore }
    if isReceiving {
      requests[requests.count - 1].closes = true
      return .tell
    }
    isFaulty = true
    if isBusy { return .wait }
    isLast = true
    return .refuse
  }

  /// The answer to the oldest request begins.
  ///
  /// - Parameters:
  ///   - isStream: It comes while the request does. Any other one that comes before the request's end is no good news, and nobody
  ///     wants to receive the rest.
  ///   - closes: The answer itself says that it is the last.
  package mutating func answerBegins(isStream: Bool, closes: Bool) -> Head {
    guard let request = requests.first else { return Head(closes: true, isOld: false) }
    let isLate = isDraining && requests.count == 1
    let isCutShort = !request.isWhole && !isStream
    isLast = closes || request.closes || isLate || isCutShort
    return Head(closes: isLast, isOld: request.isOld && isStream)
  }

  package mutating func answerEnds() -> Next {
    if !requests.isEmpty { requests.removeFirst() }
    if isLast { return .finish }
    guard requests.isEmpty else { return .goOn }
    if isFaulty {
      isLast = true
      return .refuse
    }
    return .goOn
  }
}
