import RemitService
import RemitTestKit
import Testing

/// The state machine of a connection against a plain oracle: every state that short inputs lead to, and long random ways.
@Suite struct MachineExplorationTests {
  private typealias Input = MachineAndOracle.Input

  private static let inputs: [Input] =
    ["a", "\n", "\r", "w\n", "aaaa"].map { .receive(Array($0.utf8)) }
    + [.clog, .unclog, .yield, .resume, .hold, .release, .comeBack, .end, .stop]

  /// All states with up to so many bytes kept, for any sequence of events of any length.
  @Test(arguments: [(1, 1, 4), (1, 2, 4), (2, 1, 5), (2, 2, 5), (3, 2, 5)])
  func everyStateDoesWhatIsDue(lineBytesMax: Int, waitingLinesMax: Int, keptBytesMax: Int) throws {
    let first = MachineAndOracle(lineBytesMax: lineBytesMax, waitingLinesMax: waitingLinesMax)
    var seen: Set = [first]
    var states = [first]
    var from: [(place: Int, input: Input)] = [(0, .resume)]
    var next = 0
    while next < states.count {
      for input in Self.inputs {
        // What the system hands over though it was not asked for is part of it, up to the bound.
        if case .receive(let bytes) = input, states[next].kept.count + bytes.count > keptBytesMax { continue }
        var state = states[next]
        do {
          try state.step(input)
        } catch {
          var way = [input]
          var place = next
          while place > 0 {
            way.insert(from[place].input, at: 0)
            place = from[place].place
          }
          Issue.record("after \(way): \(error)")
          return
        }
        guard seen.insert(state).inserted else { continue }
        states.append(state)
        from.append((next, input))
      }
      next += 1
    }
    #expect(states.count > 500, "the events lead to few states")
  }

  @Test func longRandomWaysDoWhatIsDue() {
    var random = SeededGenerator(seed: TestSeed.value)
    for round in 0..<400 * TestSeed.effort {
      let lineBytesMax = Int.random(in: 1...20, using: &random)
      var state = MachineAndOracle(
        lineBytesMax: lineBytesMax, waitingLinesMax: Int.random(in: 1...6, using: &random))
      var way: [Input] = []
      for _ in 0..<60 {
        let input = Self.randomInput(lineBytesMax, &random)
        way.append(input)
        do {
          try state.step(input)
        } catch {
          Issue.record("round \(round), REMIT_SEED=\(TestSeed.value): after \(way): \(error)")
          return
        }
      }
    }
  }

  private static func randomInput(_ lineBytesMax: Int, _ random: inout SeededGenerator) -> Input {
    switch Int.random(in: 0..<24, using: &random) {
    case 0: return .clog
    case 1: return Bool.random(using: &random) ? .yield : .hold
    case 2...4: return .unclog
    case 5, 6: return .resume
    case 7: return .release
    case 8...10: return .comeBack
    case 11: return Int.random(in: 0..<30, using: &random) == 0 ? .end : .resume
    case 12: return Int.random(in: 0..<30, using: &random) == 0 ? .stop : .unclog
    default: break
    }
    // Lines one below, at and one above the limit, whole or in pieces.
    let length = Bool.random(using: &random) ? lineBytesMax + Int.random(in: -1...1, using: &random) : 2
    var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: length)
    switch Int.random(in: 0..<8, using: &random) {
    case 0: bytes = Array("\n\r \n".utf8)
    case 1: bytes = Array("w\n".utf8)
    case 2: bytes += bytes
    case 3: bytes += Array("\r\n".utf8)
    case 4: bytes = [10]
    case 5: bytes = [13]
    default: bytes += [10]
    }
    return .receive(Array(bytes.prefix(Int.random(in: 1...(bytes.count + 3), using: &random))))
  }
}
