private import Glibc

/// Times the stages of one decision apart: in one process, in turn, over the natural benchmark's lines.
@main
struct RemitBench {
  static func main() {
    do {
      #if DEBUG
        throw BenchError("built for debugging; build it with -c release")
      #else
        try measure(Options(Array(CommandLine.arguments.dropFirst())))
      #endif
    } catch {
      fail("RemitBench: \(error)")
    }
  }

  private static func measure(_ options: Options) throws {
    // First, while the process is small: it looks at what memory it takes.
    let datasets = try DatasetBench(options).report()
    let bench = try Bench(options)
    let checked = try bench.checkAnswers()
    let machine = Machine.description
    let figures = try bench.measure()
    print(
      """
      \(machine); \(figures.rounds) rounds in turn
      `\(CommandLine.arguments.joined(separator: " "))`
      \(options.file): \(grouped(figures.lines)) lines of \(figures.bytes / figures.lines) bytes; \
      the first \(grouped(checked)) answers are the reference's

      \(figures.tables)
      \(try TableBench(options).report())
      \(datasets)
      """)
  }

  private static func fail(_ message: String) -> Never {
    let line = Array("\(message)\n".utf8)
    // SAFETY: the bytes outlive the call.
    unsafe line.withUnsafeBytes { bytes in unsafe _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
    exit(1)
  }
}
