import Glibc
import RemitEngine
import RemitModel
import RemitTestKit
import Synchronization
import Testing

@testable import RemitLog

/// The log's files are deleted or moved while it is written.
@Suite struct GoneTests {
  private let segment = "0000000000000001.ndjson"

  /// A log that looks before each write, and writes ids from 1 on.
  private final class Running: @unchecked Sendable {
    let fixture = LogFixture()
    let log: DecisionLog
    let recorder: any DecisionRecorder
    let kept = Atomic<Int>(0)
    private(set) var taken = 0
    var said: [String] { fixture.said.withLock { $0 } }

    init(_ whenFull: (LogFixture) -> LogConfiguration.WhenFull = { _ in .block }, lookMilliseconds: Int64 = 0) throws {
      var configuration = fixture.configuration
      configuration.whenFull = whenFull(fixture)
      configuration.lookMilliseconds = lookMilliseconds
      configuration.retryMilliseconds = 1
      log = try fixture.open(configuration)
      recorder = log.makeRecorder()
    }

    /// Takes a decision.
    func decide() {
      taken += 1
      recorder.take(id: "\(taken)")
      if recorder.commit(whenKept: { [self] in kept.add(1, ordering: .relaxed) }) { kept.add(1, ordering: .relaxed) }
    }

    var isKept: Bool { kept.load(ordering: .relaxed) == taken }

    func empty() { for name in LogFixture.names(fixture.path) { fixture.delete(name) } }
    func rename(to path: String) { unsafe #expect(Glibc.rename(fixture.path, path) == 0) }
    func makeFolder() { unsafe #expect(mkdir(fixture.path, 0o700) == 0) }
  }

  @Test(arguments: [true, false]) func `a segment that is gone is followed by another`(_ isMoved: Bool) throws {
    let running = try Running()
    let fixture = running.fixture
    for _ in 0..<3 { running.decide() }
    let path = "\(fixture.path)/\(segment)"
    if isMoved { unsafe #expect(rename(path, path + ".old") == 0) } else { fixture.delete(segment) }
    for _ in 0..<2 { running.decide() }
    #expect(wait { running.isKept })
    #expect(running.log.statistics.failures == 1 && running.log.statistics.state == .writing)
    running.log.close()
    let words =
      "warning: \(path) was deleted, moved or cut while the decision log was written to it: lines 1 to 3 were in it"
    #expect(running.said == [words])
    #expect(fixture.files() == ["0000000000000004.ndjson"])
    #expect(try fixture.verify().problems == ["0000000000000004.ndjson:1: lines 1 to 3 are missing"])
    #expect(try fixture.verify(firstNumber: 4).isWhole)
    if isMoved {
      unsafe #expect(rename(path + ".old", path) == 0)
      #expect(try fixture.verify().lines == 5)
    }
  }

  @Test func `a segment that was cut or replaced is followed by another`() throws {
    for isCut in [true, false] {
      let running = try Running()
      let fixture = running.fixture
      for _ in 0..<3 { running.decide() }
      let line = try fixture.lines()[0].utf8.count + 1
      let whole = fixture.read(segment)
      if !isCut { fixture.delete(segment) }
      fixture.replace(segment, isCut ? Array(whole[..<line]) : whole)
      running.decide()
      #expect(wait { running.isKept })
      running.log.close()
      #expect(try fixture.verify().problems == (isCut ? ["0000000000000004.ndjson:1: lines 2 to 3 are missing"] : []))
      #expect(running.said.count == 1)
    }
  }

  @Test func `an empty segment that is gone is made anew`() throws {
    let running = try Running()
    running.fixture.delete(segment)
    running.decide()
    #expect(wait { running.isKept })
    running.log.close()
    #expect(try running.fixture.verify().lines == 1)
  }

  @Test func `lock and head are made anew`() throws {
    for names in [["lock"], ["head"], ["lock", "head"], ["lock", "head", segment]] {
      let running = try Running()
      let fixture = running.fixture
      running.decide()
      for name in names { fixture.delete(name) }
      running.decide()
      #expect(wait { running.isKept })
      #expect(throws: LogError.self) { try fixture.open() }
      let words = "what a running service has there was gone, and is made anew (lock, head)"
      #expect(running.said.last == "warning: \(fixture.path): \(words)")
      #expect(fixture.read("head").count == 512)
      let report = try fixture.verify(firstNumber: names.count == 3 ? 2 : 1)
      #expect(report.isWhole && report.notes.isEmpty && report.lines == (names.count == 3 ? 1 : 2))
      running.log.close()
      // It goes on from what the new head says.
      try fixture.write(1, first: 3)
      #expect(try fixture.lines().last?.contains(#""n":3,"#) == true)
    }
  }

  @Test func `answers wait for a folder that is gone`() throws {
    let running = try Running()
    let fixture = running.fixture
    running.decide()
    let other = fixture.path + ".old"
    running.rename(to: other)
    running.decide()
    #expect(wait { running.log.statistics.failures > 5 })
    #expect(!running.isKept && running.log.statistics.state == .waiting)
    #expect(
      running.said == [
        "warning: \(fixture.path)/\(segment) was deleted, moved or cut while the decision log was written to it: line 1 was in it",
        "warning: cannot write \(fixture.path): no such file or directory: answers wait until it can be",
      ])
    // Made anew, and without anything in it.
    running.makeFolder()
    #expect(wait { running.isKept })
    running.log.close()
    #expect(running.said.last == "the decision log is written again: \(fixture.path)/0000000000000002.ndjson")
    #expect(try fixture.verify(firstNumber: 2).isWhole)
    unsafe #expect(rename("\(other)/\(segment)", "\(fixture.path)/\(segment)") == 0)
    #expect(try fixture.verify().lines == 2)
  }

  @Test func `a folder that comes back is gone on in`() throws {
    let running = try Running()
    let fixture = running.fixture
    running.decide()
    running.rename(to: fixture.path + ".old")
    running.decide()
    #expect(wait { running.log.statistics.failures > 3 })
    unsafe #expect(rename(fixture.path + ".old", fixture.path) == 0)
    #expect(wait { running.isKept })
    running.log.close()
    #expect(fixture.files() == [segment])
    let report = try fixture.verify()
    #expect(report.isWhole && report.lines == 2 && report.notes.isEmpty)
    #expect(running.said.contains("\(fixture.path)/\(segment) is there again: the decision log goes on in it"))
  }

  @Test func `another log's folder is not written to`() throws {
    for isRunning in [false, true] {
      let running = try Running()
      let fixture = running.fixture
      running.decide()
      running.rename(to: fixture.path + ".old")
      let other = try fixture.open()
      other.makeRecorder().take()
      if !isRunning { other.close() }
      let files = fixture.snapshot().filter { $0.0 != "lock" }.sorted { $0.0 < $1.0 }
      fixture.said.withLock { $0 = [] }
      running.decide()
      #expect(wait { running.log.statistics.failures > 3 })
      let why =
        isRunning
        ? "another service writes its decision log there"
        : "another decision log stands there, or another service went on"
      #expect(running.said.last == "warning: cannot write \(fixture.path): \(why): answers wait until it can be")
      #expect(!running.isKept)
      for (one, two) in zip(files, fixture.snapshot().filter { $0.0 != "lock" }.sorted { $0.0 < $1.0 }) {
        #expect(one.0 == two.0 && one.1 == two.1)
      }
      if isRunning { other.close() }
      running.empty()
      #expect(wait { running.isKept })
      running.log.close()
      #expect(try fixture.verify(firstNumber: 2).isWhole)
    }
  }

  @Test func `a folder that is gone is left for the other one`() throws {
    let running = try Running { .spill("\($0.folder.path)/other") }
    let fixture = running.fixture
    let other = "\(fixture.folder.path)/other"
    running.decide()
    running.rename(to: fixture.path + ".old")
    for _ in 0..<2 { running.decide() }
    #expect(wait { running.isKept })
    #expect(running.log.statistics.state == .spilled)
    let cannot = "warning: cannot write \(fixture.path): no such file or directory"
    #expect(running.said.contains("\(cannot): the decision log goes on in \(other)/0000000000000002.ndjson"))
    #expect(running.said.contains("\(cannot): the decision log goes on without head"))
    running.makeFolder()
    running.decide()
    #expect(fixture.read("head").count == 512 && LogStart.spillFolder(of: fixture.path) == other)
    // It is back with the next segment.
    fixture.clock.withLock { $0 += 86_400_000 }
    running.decide()
    #expect(running.log.statistics.state == .writing)
    running.log.close()
    #expect(fixture.files() == ["0000000000000005.ndjson"])
    #expect(try LogVerifier.verify([fixture.path, other], firstNumber: 2).lines == 4)
  }

  @Test func `decisions are refused while the folder is gone`() throws {
    let running = try Running { _ in .refuse }
    let fixture = running.fixture
    running.decide()
    running.rename(to: fixture.path + ".old")
    running.decide()
    #expect(wait { running.log.statistics.state == .refusing && running.recorder.take()?.code == .overloaded })
    running.makeFolder()
    #expect(wait { running.isKept && running.log.statistics.state == .writing })
    running.log.close()
    #expect(try fixture.verify(firstNumber: 2).isWhole)
  }

  @Test func `what was written between two looks is told`() throws {
    let running = try Running(lookMilliseconds: 200)
    let other = running.fixture.path + ".old"
    running.decide()
    running.rename(to: other)
    running.makeFolder()
    for _ in 0..<3 { running.decide() }
    #expect(running.isKept && running.said.isEmpty)
    usleep(250_000)
    running.decide()
    #expect(wait { running.isKept })
    running.log.close()
    #expect(running.said.first?.hasSuffix("lines 1 to 4 were in it") == true)
    let report = try running.fixture.verify(other)
    #expect(report.isWhole && report.lines == 5)
    // And at the end.
    let ending = try Running(lookMilliseconds: 60_000)
    ending.decide()
    ending.rename(to: ending.fixture.path + ".old")
    ending.log.close()
    #expect(ending.said.first?.hasSuffix("line 1 was in it") == true)
  }

  @Test func `what is deleted or cut is seen before the next line`() throws {
    for names in [[segment], ["lock"], ["lock", "head", segment], []] {
      let running = try Running(lookMilliseconds: 60_000)
      let fixture = running.fixture
      running.decide()
      for name in names { fixture.delete(name) }
      if names.isEmpty { fixture.replace(segment, []) }
      running.decide()
      #expect(wait { running.isKept } && !running.said.isEmpty)
      running.log.close()
      #expect(try fixture.verify(firstNumber: names == ["lock"] ? 1 : 2).isWhole)
    }
  }

  @Test func `a service that another one has followed stops`() throws {
    for isHeadGone in [false, true] {
      let running = try Running(lookMilliseconds: 60_000)
      let fixture = running.fixture
      running.decide()
      fixture.delete("lock")
      if isHeadGone { fixture.delete("head") }
      let other = try fixture.open()
      let recorder = other.makeRecorder()
      recorder.take(id: "77")
      #expect(recorder.keep())
      running.decide()
      #expect(wait { running.log.statistics.failures > 3 })
      other.close()
      let failures = running.log.statistics.failures
      #expect(wait { running.log.statistics.failures > failures + 3 })
      running.log.close()
      #expect(!running.isKept)
      let lines = try fixture.lines()
      #expect(lines.count == 2 && lines[1].contains(#""id":77,"#))
      #expect(try fixture.verify().isWhole)
    }
  }

  @Test func `a service that another one has only looked into goes on`() throws {
    let running = try Running(lookMilliseconds: 60_000)
    let fixture = running.fixture
    running.decide()
    fixture.delete("lock")
    try fixture.open().close()
    running.decide()
    #expect(wait { running.isKept })
    running.log.close()
    let report = try fixture.verify()
    #expect(report.isWhole && report.lines == 2)
  }
}
