/// What one run of one stage took, in nanoseconds.
struct Turn {
  let processor: Double
  let wall: Double
  let outputBytes: Int
}

/// The turns of one stage.
struct Turns {
  private(set) var all: [Turn] = []

  mutating func add(_ turn: Turn) {
    precondition(all.allSatisfy { $0.outputBytes == turn.outputBytes }, "the same input has the same answers")
    all.append(turn)
  }

  var processor: Double { all.map(\.processor).median }
  /// The best one: whatever else runs can only add to it.
  var wall: Double { all.map(\.wall).min() ?? 0 }
}

/// Everything that was measured.
struct Figures {
  let lines: Int
  let bytes: Int
  let rounds: Int

  var framing = Turns()
  var validating = Turns()
  var reading = Turns()
  var approve = Turns()
  var natural = Turns()
  var twoWorkers = Turns()
  private var medians: [Double] = []
  private var nearlyLongest: [Double] = []

  init(lines: Int, bytes: Int, rounds: Int) {
    self.lines = lines
    self.bytes = bytes
    self.rounds = rounds
  }

  /// Notes how long each decision of a round took.
  mutating func add(decisions: [UInt32]) {
    let nanoseconds = decisions.map(Double.init)
    medians.append(nanoseconds.median)
    nearlyLongest.append(nanoseconds.percentile(99))
  }

  /// The figures as Markdown.
  var tables: String {
    stageTable + "\n" + rateTable + "\n" + decisionTable
  }

  private var stageTable: String {
    func row(_ name: String, _ turns: Turns, less other: Turns?) -> String {
      let alone = turns.processor - (other?.processor ?? 0)
      return "| \(name) | \(perLine(turns.processor)) | \(perLine(alone)) | \(percent(alone / natural.processor)) |"
    }
    return """
      | one worker, processor time | ns a line up to here | ns the stage alone | of the whole |
      | --- | --: | --: | --: |
      \(row("framing: the lines are found", framing, less: nil))
      \(row("aside: every byte checked as JSON, nothing built", validating, less: framing))
      \(row("JSON in: checked, and what is declared read into Lua", reading, less: framing))
      \(row("empty call: a policy that approves", approve, less: reading))
      \(row("call and JSON out: the natural policy, the whole line", natural, less: approve))

      """
  }

  private var rateTable: String {
    func row(_ name: String, _ nanoseconds: Double) -> String {
      let decisions = Double(lines) / nanoseconds * 1e9
      let megabytes = Double(bytes) / nanoseconds * 1e3
      return "| \(name) | \(grouped(Int(decisions.rounded()))) | \(grouped(Int(megabytes.rounded()))) |"
    }
    return """
      | whole line | decisions/s | MB/s in |
      | --- | --: | --: |
      \(row("one worker, processor time, median", natural.processor))
      \(row("one worker, wall time, best", natural.wall))
      \(row("two workers, wall time, best", twoWorkers.wall))
      \(row("framing alone, processor time, median", framing.processor))

      Two workers are \(fixed(natural.wall / twoWorkers.wall)) times as fast as one by the wall, and take \
      \(fixed(twoWorkers.processor / natural.processor)) times the processor time.\(warning)

      """
  }

  /// What is to be said of the wall's clock where one worker could not even have one core for itself, in its best round.
  private var warning: String {
    let share = natural.processor / natural.wall
    guard share < 0.95 else { return "" }
    let busy = "The machine is busy: one worker had \(percent(share)) of a core"
    return " \(busy), so times by the wall are not the engine's."
  }

  private var decisionTable: String {
    """
    | single decisions, wall time | ns |
    | --- | --: |
    | p50 | \(grouped(Int(medians.median))) |
    | p99 | \(grouped(Int(nearlyLongest.median))) |
    | of each, two looks at the clock | \(grouped(Int(Clock.cost()))) |
    """
  }

  private func perLine(_ nanoseconds: Double) -> String {
    grouped(Int((nanoseconds / Double(lines)).rounded()))
  }
}

/// With a comma between thousands.
func grouped(_ number: Int) -> String {
  guard number.magnitude >= 1_000 else { return "\(number)" }
  let rest = "\(number.magnitude % 1_000)"
  return grouped(number / 1_000) + "," + String(repeating: "0", count: 3 - rest.count) + rest
}

private func percent(_ part: Double) -> String { "\(Int((part * 100).rounded())) %" }

/// With two places.
private func fixed(_ value: Double) -> String {
  let hundredths = Int((value * 100).rounded())
  let places = "\(hundredths % 100)"
  return "\(hundredths / 100).\(places.count < 2 ? "0" : "")\(places)"
}
