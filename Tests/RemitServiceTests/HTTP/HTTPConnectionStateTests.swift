import Testing

@testable import RemitService

@Suite struct HTTPConnectionStateTests {
  private typealias Head = HTTPConnectionState.Head

  /// What changes while it is asked cannot stand inside of the macro.
  private func expect(_ isTrue: Bool, at place: SourceLocation = #_sourceLocation) {
    #expect(isTrue, sourceLocation: place)
  }

  /// A connection that has received so many whole requests.
  private func received(_ count: Int, closes: Bool = false) -> HTTPConnectionState {
    var state = HTTPConnectionState()
    for index in 0..<count {
      expect(state.receivedHead(isOld: false, closes: closes && index == count - 1))
      expect(state.receivedEnd())
    }
    return state
  }

  @Test func aConnectionStaysOpen() {
    var state = received(1)
    expect(state.answerBegins(isStream: false, closes: false) == Head(closes: false, isOld: false))
    expect(state.answerEnds() == .goOn)
    expect(!state.isBusy)
  }

  @Test func theClientsLastRequestIsTheLast() {
    var state = received(2, closes: true)
    expect(!state.answerBegins(isStream: false, closes: false).closes)
    expect(state.answerEnds() == .goOn)
    expect(state.answerBegins(isStream: false, closes: false).closes)
    expect(!state.receivedHead(isOld: false, closes: false))
    expect(state.answerEnds() == .finish)
  }

  @Test func oldClientsAreAnsweredOnce() {
    var state = HTTPConnectionState()
    expect(state.receivedHead(isOld: true, closes: false))
    expect(state.receivedEnd())
    expect(state.answerBegins(isStream: true, closes: false) == Head(closes: true, isOld: true))
    expect(state.answerEnds() == .finish)
  }

  @Test func anAnswerBeforeTheEndOfItsRequestIsTheLastUnlessItIsAStream() {
    for isStream in [false, true] {
      var state = HTTPConnectionState()
      expect(state.receivedHead(isOld: false, closes: false))
      expect(state.isReceiving && !state.isAnswering)
      expect(state.answerBegins(isStream: isStream, closes: false).closes != isStream)
      expect(state.receivedEnd())
      expect(state.isAnswering)
      expect(state.answerEnds() == (isStream ? .goOn : .finish))
    }
  }

  @Test func whileItEndsTheLastOfManyAnswersIsTheLast() {
    var state = received(3)
    state.isDraining = true
    for isLast in [false, false, true] {
      expect(state.answerBegins(isStream: false, closes: false).closes == isLast)
      expect(state.answerEnds() == (isLast ? .finish : .goOn))
    }
  }

  @Test func faultsAreToldWhereTheyBelong() {
    var idle = HTTPConnectionState()
    expect(idle.receivedFault() == .refuse)
    expect(idle.receivedFault() == .ignore)

    var busy = received(2)
    expect(busy.receivedFault() == .wait)
    expect(!busy.receivedHead(isOld: false, closes: false))
    expect(!busy.answerBegins(isStream: false, closes: false).closes)
    expect(busy.answerEnds() == .goOn)
    expect(!busy.answerBegins(isStream: false, closes: false).closes)
    expect(busy.answerEnds() == .refuse)

    var half = received(1)
    expect(half.receivedHead(isOld: false, closes: false))
    expect(half.receivedFault() == .tell)
    expect(!half.answerBegins(isStream: false, closes: false).closes)
    expect(half.answerEnds() == .goOn)
    expect(half.answerBegins(isStream: false, closes: false).closes)
    expect(half.answerEnds() == .finish)
  }

  @Test func anEndWithoutARequestCountsForNothing() {
    var state = HTTPConnectionState()
    expect(!state.receivedEnd())
    expect(!state.isBusy && !state.isReceiving)
  }
}
