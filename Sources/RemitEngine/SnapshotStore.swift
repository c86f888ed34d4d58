private import Synchronization

/// The snapshot in force, and those before it. Any thread may ask; whoever decides looks at the generation between two
/// requests, which is one atomic read, and takes the snapshot only where it has changed.
package final class SnapshotStore: Sendable {
  /// So many are kept for a return to one of them, the one in force included.
  package static let snapshotsMax = 10

  private let recent: Mutex<[Snapshot]>
  private let number = Atomic<Int>(1)

  package init(_ first: Snapshot) {
    recent = Mutex([first])
  }

  /// Grows with each change of the snapshot in force.
  package var generation: Int { number.load(ordering: .acquiring) }

  package var current: Snapshot { recent.withLock { $0[$0.count - 1] } }

  /// The ids of the snapshots that are kept, the oldest first.
  package var ids: [String] { recent.withLock { $0.map(\.id) } }

  /// Puts a snapshot in force. Requests under way finish on the one that they began with.
  package func publish(_ snapshot: Snapshot) {
    recent.withLock { recent in
      recent.removeAll { $0.id == snapshot.id }
      recent.append(snapshot)
      if recent.count > Self.snapshotsMax { recent.removeFirst() }
    }
    number.add(1, ordering: .releasing)
  }

  /// The snapshot of that id; nil where it is not among those that are kept.
  package func snapshot(_ id: String) -> Snapshot? {
    recent.withLock { $0.first { $0.id == id } }
  }

  /// Puts a snapshot in force again, and returns it; nil where it is not among those that are kept.
  package func rollBack(to id: String) -> Snapshot? {
    guard let snapshot = snapshot(id) else { return nil }
    publish(snapshot)
    return snapshot
  }
}
