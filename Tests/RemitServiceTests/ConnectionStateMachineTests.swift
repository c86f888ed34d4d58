import Foundation
import RemitService
import RemitTestKit
import Testing

@Suite struct ConnectionStateMachineTests {
  private static let stream = "one\r\n\n \t\r\ntwo\na line that is far too long for it\nthree\n\r\nfour"
  private static let events: [ConnectionDriver.Event] = [
    .line("one"), .line("two"), .refusal, .line("three"), .line("four"), .finish,
  ]

  @Test func aStreamIsTheSameAtEverySplitPoint() {
    let bytes = Array(Self.stream.utf8)
    for first in 0...bytes.count {
      for second in first...bytes.count {
        var driver = ConnectionDriver()
        driver.receive(bytes[..<first])
        driver.receive(bytes[first..<second])
        driver.receive(bytes[second...])
        driver.end()
        #expect(driver.events == Self.events, "split at \(first) and \(second)")
        #expect(driver.kept.isEmpty)
      }
    }
  }

  @Test func aStreamIsTheSameByteByByte() {
    var driver = ConnectionDriver()
    for byte in Self.stream.utf8 { driver.receive([byte]) }
    driver.end()
    #expect(driver.events == Self.events)
  }

  @Test(arguments: ["\n", "\r\n"])
  func aLineMayBeAsLongAsTheLimit(end: String) {
    for (length, fits) in [(15, true), (16, true), (17, false)] {
      var driver = ConnectionDriver()
      let text = String(repeating: "x", count: length)
      driver.receive(text + end + "next\n")
      #expect(driver.events == [fits ? .line(text) : .refusal, .line("next")], "\(length) bytes")
    }
  }

  @Test func aLineThatIsTooLongIsRefusedBeforeItEnds() {
    var driver = ConnectionDriver()
    driver.receive(String(repeating: "x", count: 17))
    #expect(driver.events.isEmpty)
    driver.receive("x")
    #expect(driver.events == [.refusal])
    #expect(driver.kept.isEmpty)
    driver.receive(String(repeating: "x", count: 1000))
    #expect(driver.kept.isEmpty)
    driver.receive("tail\nnext\n")
    #expect(driver.events == [.refusal, .line("next")])
  }

  @Test func readingStopsWhereEnoughLinesWait() {
    var driver = ConnectionDriver(waitingLinesMax: 3)
    driver.isLong = { $0 == "long" }
    driver.receive("long\na\nb\n")
    #expect(driver.machine.wantsInput)
    driver.receive("c")
    #expect(driver.machine.wantsInput)
    driver.receive("\n")
    #expect(!driver.machine.wantsInput)
    #expect(driver.lines == ["long"])
    // What the system hands over all the same is not lost.
    driver.receive("d\ne\n")
    driver.comeBack()
    #expect(driver.machine.wantsInput)
    #expect(driver.lines == ["long", "a", "b", "c", "d", "e"])
  }

  @Test func readingStopsWhereWaitingLinesHaveManyBytes() {
    var driver = ConnectionDriver(lineBytesMax: 16, waitingLinesMax: 1000)
    driver.isLong = { $0 == "long" }
    driver.receive("long\n" + String(repeating: "x", count: 31))
    #expect(driver.machine.wantsInput)
    driver.receive("y")
    #expect(!driver.machine.wantsInput)
  }

  @Test func whoDoesNotReadAnswersIsNotReadFrom() {
    var driver = ConnectionDriver(waitingLinesMax: 2)
    driver.receive("a\n")
    driver.clog()
    driver.receive("b\nc\n")
    #expect(!driver.machine.wantsInput)
    #expect(driver.lines == ["a"])
    driver.unclog()
    #expect(driver.lines == ["a", "b", "c"])
    #expect(driver.machine.wantsInput)
  }

  @Test func linesBehindALongOneWaitForIt() {
    var driver = ConnectionDriver()
    driver.isLong = { $0.hasPrefix("long") }
    driver.receive("long 1\nshort\nlong 2\n")
    #expect(driver.lines == ["long 1"])
    #expect(!driver.machine.isIdle)
    driver.comeBack()
    #expect(driver.lines == ["long 1", "short", "long 2"])
    driver.end()
    #expect(driver.events.last == .line("long 2"))
    driver.comeBack()
    #expect(driver.events.last == .finish)
  }

  @Test func theEndOfTheInputEndsItsLastLine() {
    var driver = ConnectionDriver()
    driver.receive("a\nb")
    driver.end()
    #expect(driver.events == [.line("a"), .line("b"), .finish])
    #expect(!driver.machine.wantsInput)
  }

  @Test func theEndOfTheServiceEndsNoLine() {
    var driver = ConnectionDriver()
    driver.isLong = { $0 == "long" }
    driver.receive("long\na\nb")
    driver.stopReading()
    #expect(driver.events == [.line("long")])
    driver.comeBack()
    #expect(driver.events == [.line("long"), .line("a"), .finish])
    #expect(!driver.machine.wantsInput)
  }

  @Test func theEndIsToldOnce() {
    var driver = ConnectionDriver()
    driver.end()
    driver.end()
    driver.stopReading()
    driver.unclog()
    #expect(driver.events == [.finish])
  }

  @Test func aRefusedLineWithoutAnEndIsNoLine() {
    var driver = ConnectionDriver()
    driver.receive(String(repeating: "x", count: 40))
    driver.end()
    #expect(driver.events == [.refusal, .finish])
  }

  /// Random streams, cut and blocked at random: every line is answered, in order, whatever happens in between.
  @Test func nothingIsLostOrTurnedAround() {
    let seed = TestSeed.value
    var random = SeededGenerator(seed: seed)
    for round in 0..<500 {
      var wanted: [ConnectionDriver.Event] = []
      var bytes: [UInt8] = []
      for number in 0..<Int.random(in: 0...30, using: &random) {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: bytes += Array(" \n".utf8)
        case 1:
          bytes += Array(repeating: UInt8(ascii: "y"), count: Int.random(in: 18...60, using: &random)) + [10]
          wanted.append(.refusal)
        case 2:
          bytes += Array("long \(number)\r\n".utf8)
          wanted.append(.line("long \(number)"))
        default:
          bytes += Array("\(number)\n".utf8)
          wanted.append(.line("\(number)"))
        }
      }
      var driver = ConnectionDriver(waitingLinesMax: Int.random(in: 1...5, using: &random))
      driver.isLong = { $0.hasPrefix("long") }
      var blocks: [(inout ConnectionDriver) -> Void] = []
      var rest = bytes[...]
      while !rest.isEmpty || !blocks.isEmpty {
        switch Int.random(in: 0..<8, using: &random) {
        case 0:
          driver.clog()
          blocks.append { $0.unclog() }
        case 1:
          driver.yield()
          blocks.append { $0.resume() }
        case 2...4:
          if blocks.isEmpty { driver.comeBack() } else { blocks.removeFirst()(&driver) }
        default:
          if driver.machine.wantsInput || Int.random(in: 0..<20, using: &random) == 0 {
            let count = min(rest.count, Int.random(in: 1...12, using: &random))
            driver.receive(rest.prefix(count))
            rest = rest.dropFirst(count)
          }
        }
        if rest.isEmpty && Bool.random(using: &random) { driver.machine.inputEnded() }
      }
      driver.end()
      for _ in wanted { driver.comeBack() }
      #expect(driver.events == wanted + [.finish], "round \(round), REMIT_SEED=\(seed)")
      guard driver.events == wanted + [.finish] else { return }
    }
  }
}
