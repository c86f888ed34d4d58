private import Glibc
internal import RemitEngine
internal import RemitModel
internal import RemitPolicy
internal import RemitWire

/// A policy that lines of the log name, what decides by it, and what came of them. It belongs to one worker.
final class ReplaySeat {
  /// The policy as requests write it, in quotes.
  let written: [UInt8]
  let name: String
  let version: [UInt8]
  let decider: Redecider
  /// What is masked in inputs, and what decides these; both made when the first comes.
  private(set) lazy var fields: MaskedFields? = MaskedFields(decider.policy, former: former())
  private(set) lazy var masked: MaskedDecider? = MaskedDecider(decider.policy)
  /// Gives the policy as it may have been when lines were logged.
  private let former: () -> LoadedPolicy?
  var tally = ReplayTally()
  /// The version that lines had last, where it was another.
  private var formerVersion: [UInt8] = []
  private var formerLines = 0

  init(
    _ policy: LoadedPolicy, written: [UInt8], former: @escaping () -> LoadedPolicy?
  ) throws(EngineError) {
    self.written = written
    self.former = former
    name = policy.name.description
    version = Array(policy.version.description.utf8)
    decider = try Redecider(policy)
  }

  var isForGroups: Bool { decider.policy.declaration.group != nil }

  func isCalled(_ name: UnsafeRawBufferPointer) -> Bool { unsafe Self.areEqual(written, name) }

  /// Counts a line of that version.
  func count(version: UnsafeRawBufferPointer?) {
    tally.lines += 1
    guard let version = unsafe version else { return count(former: ReplayTally.noVersion, lines: 1) }
    if unsafe Self.areEqual(self.version, version) { return }
    if unsafe !Self.areEqual(formerVersion, version) {
      settle()
      formerVersion = unsafe Array(version)
    }
    formerLines += 1
  }

  /// Puts what was counted last into the tally.
  func settle() {
    count(former: String(decoding: formerVersion, as: UTF8.self), lines: formerLines)
    formerLines = 0
  }

  private func count(former version: String, lines: Int) {
    if lines > 0 { tally.formerVersions[version, default: 0] += lines }
  }

  private static func areEqual(_ known: [UInt8], _ bytes: UnsafeRawBufferPointer) -> Bool {
    guard known.count == bytes.count, let start = bytes.baseAddress else { return false }
    // SAFETY: both have as many bytes.
    return unsafe known.withUnsafeBytes { unsafe memcmp($0.baseAddress!, start, bytes.count) == 0 }
  }
}
