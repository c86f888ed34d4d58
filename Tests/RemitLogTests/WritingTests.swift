import Glibc
import RemitEngine
import RemitModel
import RemitTestKit
import Synchronization
import Testing

@testable import RemitLog

@Suite struct WritingTests {
  @Test func `a new segment begins before one is too large`() throws {
    let fixture = LogFixture()
    let log = try {
      var configuration = fixture.configuration
      configuration.segmentBytesMax = 1020
      return try fixture.open(configuration)
    }()
    let recorder = log.makeRecorder()
    for number in 1...5 {
      for part in 0..<7 { recorder.take(id: "\(number * 10 + part)") }
      #expect(recorder.keep())
    }
    recorder.take(policy: try loadedPolicy(input: ""), input: "\"" + String(repeating: "x", count: 5000) + "\"")
    recorder.take()
    // So much is written beside the thread that commits.
    let kept = Atomic<Int>(0)
    recorder.keepLater { kept.add(1, ordering: .relaxed) }
    #expect(wait { kept.load(ordering: .relaxed) == 1 })
    log.close()
    let sizes = fixture.files().map { fixture.read($0).count }
    #expect(sizes.count == 14 && sizes.filter { $0 > 1020 }.count == 1, "\(sizes)")
    let report = try fixture.verify()
    #expect(report.isWhole && report.lines == 37 && report.segments == 14)
  }

  @Test func `a new segment begins each day`() throws {
    let fixture = LogFixture()
    let log = try fixture.open()
    let recorder = log.makeRecorder()
    func decide(at time: String) {
      fixture.clock.withLock { $0 = LogTime.milliseconds(time.utf8)! }
      recorder.take()
      #expect(recorder.keep())
    }
    decide(at: "2025-06-15T23:59:59.999Z")
    decide(at: "2025-06-15T00:00:00.000Z")
    decide(at: "2025-06-16T00:00:00.000Z")
    decide(at: "2025-06-15T23:00:00.000Z")
    decide(at: "2025-06-18T12:00:00.000Z")
    log.close()
    #expect(fixture.files() == ["0000000000000001.ndjson", "0000000000000003.ndjson", "0000000000000005.ndjson"])
    // A restart on the same day goes on in the segment; on another, in a new one.
    let same = fixture.configuration
    try fixture.write(1, same)
    fixture.clock.withLock { $0 += 86_400_000 }
    try fixture.write(1, same)
    #expect(fixture.files().last == "0000000000000007.ndjson")
    #expect(try fixture.verify().isWhole)
  }

  @Test func `threads write one chain`() throws {
    let fixture = LogFixture()
    for sync in LogConfiguration.Sync.allCases {
      var configuration = fixture.configuration
      configuration.folder += sync.rawValue
      configuration.sync = sync
      configuration.segmentBytesMax = 20_000
      let log = try fixture.open(configuration)
      let kept = Atomic<Int>(0)
      let failed = Atomic<Int>(0)
      let threads = (0..<8).map { thread in
        WorkerThread {
          let recorder = log.makeRecorder()
          for round in 0..<50 {
            for part in 0...(round % 3) { recorder.take(id: "\"\(thread)-\(round)-\(part)\"") }
            let count = round % 3 + 1
            if recorder.commit(whenKept: { kept.add(count, ordering: .relaxed) }) {
              kept.add(count, ordering: .relaxed)
            }
            if recorder.hasUncommitted { failed.add(1, ordering: .relaxed) }
          }
        }
      }
      for thread in threads { thread?.join() }
      #expect(wait { kept.load(ordering: .relaxed) == 8 * 99 })
      log.close()
      #expect(failed.load(ordering: .relaxed) == 0)
      let report = try LogVerifier.verify([configuration.folder])
      #expect(report.isWhole && report.lines == 8 * 99)
      // Each thread's decisions stand in its order.
      let reader = try LogReader([configuration.folder])
      var last: [String: (Int, Int)] = [:]
      while let line = unsafe try reader.next() {
        let parts = unsafe String(decoding: try #require(unsafe line.id), as: UTF8.self).dropFirst().dropLast().split(
          separator: "-")
        let place = (Int(parts[1])!, Int(parts[2])!)
        if let before = last[String(parts[0])] { #expect(before < place) }
        last[String(parts[0])] = place
      }
    }
  }

  @Test func `one sync is for all that wait`() throws {
    let fixture = LogFixture()
    let files = FaultyFiles()
    var configuration = fixture.configuration
    configuration.sync = .always
    let log = try fixture.open(configuration, files: files)
    let recorders = (0..<20).map { _ in log.makeRecorder() }
    let kept = Atomic<Int>(0)
    files.state.withLock { $0.holdsSync = true }
    for recorder in recorders {
      recorder.take()
      recorder.keepLater { kept.add(1, ordering: .relaxed) }
    }
    usleep(5000)
    #expect(kept.load(ordering: .relaxed) == 0)
    files.state.withLock { $0.holdsSync = false }
    #expect(wait { kept.load(ordering: .relaxed) == 20 })
    #expect(files.state.withLock { $0.syncs } <= 3)
    log.close()
    #expect(try fixture.verify().lines == 20)
  }

  @Test func `what a failed sync has not brought to the disk is written again`() throws {
    let fixture = LogFixture()
    let files = FaultyFiles()
    var configuration = fixture.configuration
    configuration.sync = .always
    configuration.segmentBytesMax = 1000
    configuration.retryMilliseconds = 1
    let log = try fixture.open(configuration, files: files)
    let recorder = log.makeRecorder()
    let kept = Atomic<Int>(0)
    for failures in 0..<6 {
      files.state.withLock { $0.syncFailures = failures }
      for _ in 0..<8 { recorder.take() }
      recorder.keepLater { kept.add(1, ordering: .relaxed) }
      #expect(wait { kept.load(ordering: .relaxed) == failures + 1 })
      #expect(files.state.withLock { $0.syncFailures } == 0)
      let report = try fixture.verify()
      #expect(report.isWhole && report.lines == 8 * (failures + 1))
    }
    log.close()
    #expect(log.statistics.failures == 15)
  }

  @Test func `a segment goes on where no new one can begin, and that is said`() throws {
    let fixture = LogFixture()
    let files = FaultyFiles()
    var configuration = fixture.configuration
    configuration.segmentBytesMax = 1000
    let log = try fixture.open(configuration, files: files)
    let recorder = log.makeRecorder()
    files.state.withLock { $0.openFailure = ENOSPC }
    for _ in 0..<10 {
      fixture.clock.withLock { $0 += 600 }
      recorder.take()
      #expect(recorder.keep())
    }
    #expect(fixture.files().count == 1)
    let failures = log.statistics.failures
    #expect(failures >= 3 && failures < 8)
    files.state.withLock { $0.openFailure = nil }
    fixture.clock.withLock { $0 += 2000 }
    recorder.take()
    #expect(recorder.keep())
    log.close()
    let (first, last) = ("\(fixture.path)/0000000000000001.ndjson", "\(fixture.path)/0000000000000011.ndjson")
    let said = fixture.said.withLock { $0 }
    #expect(
      said.count == 2 && said[0].hasPrefix("warning: cannot write \(fixture.path)/")
        && said[0].hasSuffix("no space left on device: no new segment begins, and \(first) goes on until one can"))
    #expect(said.last == "a new segment of the decision log has begun: \(last)")
    #expect(try fixture.verify().isWhole)
    #expect(log.statistics.failures == failures)
  }

  // MARK: A full disk

  @Test(arguments: [2, 40]) func `answers wait until a full disk has room, wherever it fills`(_ lines: Int) throws {
    for room in stride(from: 0, to: lines * 850, by: lines * 6 + 1) {
      let fixture = LogFixture()
      let files = FaultyFiles(room: room)
      var configuration = fixture.configuration
      configuration.retryMilliseconds = 1
      configuration.segmentBytesMax = 900
      let log = try fixture.open(configuration, files: files)
      let recorder = log.makeRecorder()
      let kept = Atomic<Int>(0)
      for _ in 0..<3 {
        for _ in 0..<lines { recorder.take() }
        if recorder.commit(whenKept: { kept.add(1, ordering: .relaxed) }) { kept.add(1, ordering: .relaxed) }
      }
      if room < lines * 750 { #expect(kept.load(ordering: .relaxed) < 3) }
      let answered = kept.load(ordering: .relaxed)
      let before = try fixture.verify()
      #expect(before.isWhole && before.lines >= lines * answered)
      files.makeRoom(nil)
      #expect(wait { kept.load(ordering: .relaxed) == 3 })
      recorder.take()
      #expect(wait { recorder.keep() || !recorder.hasUncommitted })
      log.close()
      let report = try fixture.verify()
      #expect(report.isWhole && report.lines == 3 * lines + 1 && report.notes.isEmpty)
      #expect(fixture.said.withLock { $0.count } <= 2)
    }
  }

  @Test func `waiting is said once at its begin and once at its end`() throws {
    let fixture = LogFixture()
    let files = FaultyFiles(room: 0)
    var configuration = fixture.configuration
    configuration.retryMilliseconds = 1
    let log = try fixture.open(configuration, files: files)
    let recorder = log.makeRecorder()
    let kept = Atomic<Int>(0)
    recorder.take()
    recorder.keepLater { kept.add(1, ordering: .relaxed) }
    #expect(wait { log.statistics.failures > 20 })
    #expect(log.statistics.state == .waiting && log.statistics.waitingBytes > 100)
    files.makeRoom(nil)
    #expect(wait { kept.load(ordering: .relaxed) == 1 })
    let path = "\(fixture.path)/0000000000000001.ndjson"
    #expect(
      fixture.said.withLock { $0 } == [
        "warning: cannot write \(path): no space left on device: answers wait until it can be",
        "the decision log is written again: \(path)",
      ])
    #expect(log.statistics.state == .writing && log.statistics.waitingBytes == 0)
    log.close()
  }

  @Test func `not more waits than may`() throws {
    let fixture = LogFixture()
    let files = FaultyFiles(room: 0)
    var configuration = fixture.configuration
    configuration.retryMilliseconds = 1
    configuration.waitingBytesMax = 2000
    let log = try fixture.open(configuration, files: files)
    let recorder = log.makeRecorder()
    var taken = 0
    var refusal: EngineError?
    for _ in 0..<100 {
      refusal = recorder.take()
      guard refusal == nil else { break }
      taken += 1
      #expect(!recorder.keep())
    }
    #expect(taken >= 5 && taken < 20 && refusal?.code == .overloaded)
    #expect(log.statistics.state == .refusing)
    files.makeRoom(nil)
    #expect(wait { recorder.take() == nil })
    #expect(wait { recorder.keep() || !recorder.hasUncommitted })
    log.close()
    #expect(try fixture.verify().lines == taken + 1)
    #expect(log.statistics.refused > 0)
  }

  @Test func `the log goes on in another folder`() throws {
    for room in stride(from: 0, to: 1500, by: 97) {
      let fixture = LogFixture()
      let files = FaultyFiles(room: room)
      files.state.withLock { $0.folder = fixture.path }
      let other = "\(fixture.folder.path)/other"
      var configuration = fixture.configuration
      configuration.retryMilliseconds = 1
      configuration.whenFull = .spill(other)
      let log = try fixture.open(configuration, files: files)
      let recorder = log.makeRecorder()
      let kept = Atomic<Int>(0)
      for _ in 0..<4 {
        for _ in 0..<2 { recorder.take() }
        if recorder.commit(whenKept: { kept.add(1, ordering: .relaxed) }) { kept.add(1, ordering: .relaxed) }
      }
      #expect(wait { kept.load(ordering: .relaxed) == 4 })
      #expect(log.statistics.state == .spilled)
      log.close()
      let report = try fixture.verify(other)
      #expect(report.isWhole && report.lines == 8)
      #expect(try fixture.verify().problems == ["the decision log goes on in \(other): name that folder too"])
      #expect(fixture.said.withLock { $0.count } == 1)
      // Without the other folder it cannot go on.
      #expect(throws: LogError.self) { try fixture.open() }
      // With it, in its own again.
      files.makeRoom(nil)
      let again = try fixture.open(configuration)
      again.makeRecorder().take()
      again.close()
      #expect(try fixture.verify(other).isWhole)
      // Or where the segments were moved.
      for name in fixture.files(in: other) {
        fixture.replace(name, LogFixture.read("\(other)/\(name)"))
        unsafe unlink("\(other)/\(name)")
      }
      try fixture.write(1)
      #expect(try fixture.verify().lines == 9)
    }
  }

  @Test func `decisions are refused before the disk is full`() throws {
    for canReserve in [true, false] {
      let fixture = LogFixture()
      let files = FaultyFiles(room: 100_000)
      files.state.withLock { $0.canReserve = canReserve }
      var configuration = fixture.configuration
      configuration.retryMilliseconds = 1
      configuration.whenFull = .refuse
      configuration.segmentBytesMax = 30_000
      let log = try fixture.open(configuration, files: files)
      let recorder = log.makeRecorder()
      let kept = Atomic<Int>(0)
      var taken = 0
      var refused = 0
      // The log's thread has to find out, and may be late.
      let end = ContinuousClock.now + .seconds(30)
      while refused < 500, ContinuousClock.now < end {
        guard recorder.take() == nil else {
          refused += 1
          continue
        }
        taken += 1
        let isKept = recorder.commit(whenKept: { kept.add(1, ordering: .relaxed) })
        if isKept { kept.add(1, ordering: .relaxed) } else { #expect(!canReserve) }
      }
      #expect(refused > 0 && taken > 50)
      #expect(log.statistics.state == .refusing && log.statistics.failures > 0)
      if canReserve { #expect(kept.load(ordering: .relaxed) == taken) }
      files.makeRoom(nil)
      #expect(wait { kept.load(ordering: .relaxed) == taken })
      // Before anybody asks for a decision.
      #expect(wait { log.statistics.state == .writing })
      #expect(wait { recorder.take() == nil })
      #expect(wait { recorder.keep() || !recorder.hasUncommitted })
      log.close()
      let report = try fixture.verify()
      #expect(report.isWhole && report.lines == taken + 1)
      #expect(log.statistics.refused >= refused)
    }
  }

  @Test func `an end on a full disk loses nothing that was kept`() throws {
    let fixture = LogFixture()
    let files = FaultyFiles(room: 1000)
    let log = try fixture.open(files: files)
    let recorder = log.makeRecorder()
    var kept = 0
    for _ in 0..<6 {
      recorder.take()
      if recorder.commit(whenKept: { Issue.record("nothing more is kept") }) { kept += 1 }
    }
    log.close()
    let report = try fixture.verify()
    #expect(kept > 0 && kept < 6 && report.isWhole && report.lines >= kept)
    #expect(fixture.said.withLock { $0.last }?.contains("they were not answered") == true)
  }
}
