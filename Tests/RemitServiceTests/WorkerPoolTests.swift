import RemitModel
import Testing

@testable import RemitEngine
@testable import RemitService

@Suite struct WorkerPoolTests {
  /// Its line and its answer may have many bytes, and a pool that is always busy would keep a thousand of them.
  @Test func aJobThatIsTakenIsNotKept() throws {
    let snapshot = try SimulatedService.snapshots(1)[0]
    let clock = ServiceClock(milliseconds: { 0 }, uptimeSeconds: { 0 })
    let pool = WorkerPool(RequestEvaluator.Setting(store: SnapshotStore(snapshot), clock: clock), threads: 0)
    func submit() -> () -> WorkerJob? {
      let job = unsafe WorkerJob(UnsafeRawBufferPointer(start: nil, count: 0), .init(longWork: false)) {}
      pool.submit(job)
      return { [weak job] in job }
    }
    let first = submit()
    let second = submit()
    _ = pool.take()
    #expect(first() == nil)
    #expect(second() != nil)
    #expect(pool.hasWork)
    _ = pool.take()
    #expect(second() == nil)
    #expect(!pool.hasWork)
  }
}
