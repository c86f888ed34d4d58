package import RemitModel
package import RemitPolicy
internal import RemitSyntax
private import Synchronization

/// Changes policies in one place at a time, and looks whether their tests notice.
///
/// A mutant is a text in memory: every other file comes from the store. The tests are those of the store too, so that what they
/// expect does not change with what they test.
package struct MutationRun: Sendable {
  private let store: ModuleStore
  private let limits: Limits
  private let subjects: [TestedSubject]
  package let mutants: [Mutant]

  /// One change of one file.
  package struct Mutant: Sendable {
    package let file: String
    /// What is changed, in words.
    package let description: String
    package let line: Int
    package let column: Int
    /// The line of the file, without the space around it.
    package let text: String
    /// A test runs the statement that it is in, or loading does.
    package let isReached: Bool
    let source: [UInt8]
    /// The site of the statement.
    let site: Int?
  }

  package enum Fate: Equatable, Sendable {
    /// A test failed.
    case killed
    /// It cannot even be loaded.
    case refused
    case survived
  }

  /// Why no mutant can be judged.
  package enum Failure: Error {
    case loading(PolicyLoadError)
    /// The tests of that policy or plugin do not pass without a mutant.
    case failing(String)
  }

  /// - Parameters:
  ///   - policies: Whose tests are run. Their files are mutated.
  ///   - plugins: The same of plugins.
  ///   - includesModules: What policies share is mutated too.
  package init(
    _ store: ModuleStore, policies: [PolicyName], plugins: [String], includesModules: Bool
  ) throws(Failure) {
    var reader = SubjectReader(store)
    for name in policies {
      guard try Self.loading({ () throws(PolicyLoadError) in try reader.read(name) }) else { throw .failing("\(name)") }
    }
    for name in plugins {
      guard try Self.loading({ () throws(PolicyLoadError) in try reader.read(plugin: name) }) else {
        throw .failing("plugin.\(name)")
      }
    }
    self.store = store
    subjects = reader.subjects
    limits = Self.limits(subjects, store)
    let files = reader.files.keys.filter { file in
      let isPolicy = policies.contains { $0.file == file }
      let isPlugin = plugins.contains { file.hasPrefix("plugins/\($0)/") }
      let isShared = !file.hasPrefix("plugins/") && !store.folder.policyNames().contains { $0.file == file }
      return isPolicy || isPlugin || includesModules && isShared
    }
    mutants = files.sorted().flatMap { file in reader.files[file].map(Self.mutants) ?? [] }
  }

  /// Ten times the steps that loading takes, to the next power of ten: a mutant that loads for ever need not take all that
  /// a policy may.
  private static func limits(_ subjects: [TestedSubject], _ store: ModuleStore) -> Limits {
    var limits = store.limits
    var steps: Int64 = 100_000
    while steps * 10 < store.limits.load.instructionsMax {
      limits.load.instructionsMax = steps
      let trial = ModuleStore(store, replacing: [:], limits: limits)
      if subjects.allSatisfy({ $0.isNoticed(in: trial, order: []) == nil }) {
        limits.load.instructionsMax = steps * 10
        return limits
      }
      steps *= 10
    }
    return store.limits
  }

  private static func mutants(of coverage: FileCoverage) -> [Mutant] {
    let file = coverage.file
    guard let tree = try? parse(file.source, file: file.file) else { return [] }
    let lines = file.source.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    return tree.mutations().map { mutation in
      let site = coverage.statement(around: mutation.range.lowerBound)
      let words = String(decoding: lines[mutation.line - 1], as: UTF8.self).split(whereSeparator: \.isWhitespace)
      return Mutant(
        file: file.file, description: mutation.description, line: mutation.line, column: mutation.column,
        text: words.joined(separator: " "), isReached: site.map { coverage.hits(of: $0) > 0 } ?? true,
        source: mutation.applied(to: file.source), site: site)
    }
  }

  private static func loading<Result>(_ body: () throws(PolicyLoadError) -> Result) throws(Failure) -> Result {
    do throws(PolicyLoadError) {
      return try body()
    } catch {
      throw .loading(error)
    }
  }

  /// What becomes of each mutant, in their order.
  ///
  /// - Parameters:
  ///   - jobs: How many threads judge.
  ///   - onJudged: Called by any of them with how many have been judged.
  package func judge(jobs: Int, onJudged: @escaping @Sendable (Int) -> Void = { _ in }) -> [Fate] {
    let desk = JudgingDesk(count: mutants.count)
    let work: @Sendable () -> Void = {
      while let place = desk.take() { onJudged(desk.put(fate(of: mutants[place]), at: place)) }
    }
    let threads = (1..<max(1, jobs)).compactMap { _ in WorkerThread(work) }
    work()
    for thread in threads { thread.join() }
    return desk.fates
  }

  private func fate(of mutant: Mutant) -> Fate {
    let changed = ModuleStore(store, replacing: [mutant.file: mutant.source], limits: limits)
    let concerned = subjects.filter { $0.files.contains(mutant.file) }.map { subject in
      let order = subject.order(reaching: mutant.site, of: mutant.file)
      return (subject: subject, order: order)
    }
    // A file's own tests know it best.
    for (subject, order) in concerned.filter({ $0.subject.file == mutant.file })
      + concerned.filter({ $0.subject.file != mutant.file })
    {
      guard let isKilled = subject.isNoticed(in: changed, order: order) else { continue }
      return isKilled ? .killed : .refused
    }
    return .survived
  }
}

/// Hands out the places of mutants, and takes their fates. Any thread may ask.
private final class JudgingDesk: Sendable {
  private struct State {
    var next = 0
    var judged = 0
    var fates: [MutationRun.Fate]
  }
  private let state: Mutex<State>

  init(count: Int) {
    state = Mutex(State(fates: Array(repeating: .survived, count: count)))
  }

  func take() -> Int? {
    state.withLock { state in
      guard state.next < state.fates.count else { return nil }
      state.next += 1
      return state.next - 1
    }
  }

  /// - Returns: How many have been judged.
  func put(_ fate: MutationRun.Fate, at place: Int) -> Int {
    state.withLock { state in
      state.fates[place] = fate
      state.judged += 1
      return state.judged
    }
  }

  var fates: [MutationRun.Fate] { state.withLock { $0.fates } }
}
