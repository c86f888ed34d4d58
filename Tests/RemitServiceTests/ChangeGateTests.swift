import Testing

@testable import RemitService

@Suite struct ChangeGateTests {
  private let file = "policies/a/x.lua"
  private let other = "policies/b/x.lua"

  @Test func `without changes it is never time`() {
    let gate = ChangeGate()
    #expect(gate.wait(at: 1_000_000) == nil)
    #expect(gate.sleep(at: 1_000_000) == nil)
    #expect(gate.beingWritten(at: 0) == nil)
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
    #expect(gate.passed() == [])
    #expect(gate.wait(at: 1190) == nil)
  }

  @Test func `changes that never end are looked at all the same`() {
    var gate = ChangeGate()
    for now in stride(from: Int64(0), through: 2950, by: 50) { gate.changed(at: now) }
    #expect(gate.wait(at: 2950) == 50)
    #expect(gate.wait(at: 3000) == 0)
    #expect(gate.wait(at: 5000) == 0)
  }

  @Test func `a file that is being written is waited for`() {
    var gate = ChangeGate()
    gate.began(file, at: 0)
    #expect(gate.beingWritten(at: 0) == file)
    #expect(gate.wait(at: 500) == 9500)
    gate.began(other, at: 600)
    #expect(gate.beingWritten(at: 600) == other)
    gate.closed(file, at: 650)
    #expect(gate.beingWritten(at: 650) == other)
    gate.closed(other, at: 700)
    #expect(gate.beingWritten(at: 700) == nil)
    #expect(gate.wait(at: 700) == 100)
  }

  @Test func `a writer may take as long as it writes, with pauses`() {
    var gate = ChangeGate()
    for now in stride(from: Int64(0), through: 90_000, by: 9000) {
      gate.began(file, at: now)
      #expect(gate.beingWritten(at: now + 8999) == file)
      #expect(gate.wait(at: now + 8999) == 1001)
    }
    gate.closed(file, at: 95_000)
    #expect(gate.wait(at: 95_000) == 100)
    // As always, and not at once because it has taken so long.
    gate.changed(at: 95_090)
    #expect(gate.wait(at: 95_090) == 100)
  }

  @Test func `a file that nobody closes is taken as it is`() {
    var gate = ChangeGate()
    gate.began(file, at: 0)
    gate.began(other, at: 0)
    gate.began(file, at: 400)
    #expect(gate.wait(at: 10_399) == 1)
    #expect(gate.beingWritten(at: 10_399) == file)
    #expect(gate.wait(at: 10_400) == 0)
    #expect(gate.beingWritten(at: 10_400) == nil)
    #expect(gate.passed() == [file, other])
    #expect(gate.wait(at: 10_400) == nil)
    // When it is closed at last, that is a change.
    gate.closed(file, at: 19_000)
    #expect(gate.wait(at: 19_000) == 100)
    #expect(gate.passed() == [])
  }

  @Test func `a file that is waited for long is named once`() {
    var gate = ChangeGate()
    gate.began(file, at: 0)
    #expect(gate.sleep(at: 0) == 2000)
    gate.began(file, at: 1500)
    #expect(gate.longWait(at: 1999) == nil)
    #expect(gate.sleep(at: 1999) == 1)
    #expect(gate.longWait(at: 2000) == file)
    #expect(gate.longWait(at: 2001) == nil)
    #expect(gate.sleep(at: 2001) == 9499)
    gate.closed(file, at: 3000)
    _ = gate.passed()
    gate.began(file, at: 5000)
    #expect(gate.longWait(at: 7000) == file)
  }

  @Test func `what was taken away may come back`() {
    var gate = ChangeGate()
    gate.went(file, at: 0)
    gate.went(other, at: 10)
    #expect(gate.wait(at: 10) == 500)
    gate.came(file, at: 500)
    #expect(gate.wait(at: 500) == 500)
    gate.came(other, at: 700)
    #expect(gate.wait(at: 700) == 100)
    gate.went(file, at: 710)
    gate.look { $0 == file }
    #expect(gate.wait(at: 710) == 100)
    // What stays away is gone.
    gate.went(file, at: 750)
    #expect(gate.wait(at: 1249) == 1)
    #expect(gate.wait(at: 1250) == 0)
  }

  @Test func `nobody misses what was not there before`() {
    var gate = ChangeGate()
    gate.came(file, at: 0)
    gate.began(file, at: 0)
    gate.went(file, at: 20)
    #expect(gate.beingWritten(at: 20) == nil)
    #expect(gate.wait(at: 20) == 100)
  }

  @Test func `a file that another takes the place of is not being written`() {
    var gate = ChangeGate()
    gate.began(file, at: 0)
    gate.came(file, at: 10)
    #expect(gate.beingWritten(at: 10) == nil)
  }

  @Test func `after lost news nobody is waited for long`() {
    var gate = ChangeGate()
    gate.began(file, at: 0)
    gate.lostCount(at: 5000)
    #expect(gate.wait(at: 5000) == 500)
    // It may have been closed, so nobody is blamed.
    var later = gate
    #expect(later.passed() == [])
    gate.began(file, at: 5500)
    #expect(gate.wait(at: 5500) == 10_000)
    #expect(gate.passed() == [file])
  }
}
