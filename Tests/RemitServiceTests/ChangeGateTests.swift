import Testing

@testable import RemitService

@Suite struct ChangeGateTests {
  private let file = ChangeGate.Writing(folder: 1, name: "x.lua")
  private let other = ChangeGate.Writing(folder: 2, name: "x.lua")

  @Test func `without changes it is never time`() {
    let gate = ChangeGate()
    #expect(gate.wait(at: 1_000_000) == nil)
    #expect(!gate.isWriting(at: 0))
  }

  @Test func `it is time once nothing has happened for a moment`() {
    var gate = ChangeGate()
    gate.changed(at: 1000)
    #expect(gate.wait(at: 1000) == 100)
    #expect(gate.wait(at: 1099) == 1)
    #expect(gate.wait(at: 1100) == 0)
    gate.changed(at: 1090)
    #expect(gate.wait(at: 1100) == 90)
    #expect(gate.wait(at: 1190) == 0)
    gate.passed()
    #expect(gate.wait(at: 1190) == nil)
  }

  @Test func `changes that never end are looked at all the same`() {
    var gate = ChangeGate()
    for now in stride(from: Int64(0), through: 950, by: 50) { gate.changed(at: now) }
    #expect(gate.wait(at: 950) == 50)
    #expect(gate.wait(at: 1000) == 0)
    #expect(gate.wait(at: 5000) == 0)
  }

  @Test func `a file that is being written is waited for`() {
    var gate = ChangeGate()
    gate.began(file, at: 0)
    #expect(gate.isWriting(at: 0))
    #expect(gate.wait(at: 500) == 500)
    gate.began(other, at: 600)
    gate.ended(file, at: 650)
    #expect(gate.isWriting(at: 650))
    gate.ended(other, at: 700)
    #expect(!gate.isWriting(at: 700))
    #expect(gate.wait(at: 700) == 100)
  }

  @Test func `a file that is kept open is taken as it is`() {
    var gate = ChangeGate()
    gate.began(file, at: 0)
    #expect(gate.wait(at: 999) == 1)
    #expect(gate.wait(at: 1000) == 0)
    #expect(!gate.isWriting(at: 1000))
    gate.passed()
    #expect(gate.wait(at: 1000) == nil)
    // When it is closed at last, that is a change.
    gate.ended(file, at: 9000)
    #expect(gate.wait(at: 9000) == 100)
  }
}
