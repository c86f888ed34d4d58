/// The command line.
struct Options {
  static let usage = """
    usage: RemitBench FILE [--rounds N] [--policies FOLDER] [--small]

      FILE        lines that benchmarks/natural/generate.py has made
      --rounds    how often each stage takes its turn (default 9)
      --policies  where the benchmark's policies are (default benchmarks/natural/policies)
      --small     the first 5,000 lines, 3 rounds
    """

  var file = ""
  var rounds: Int?
  var policies = "benchmarks/natural/policies"
  var isSmall = false

  var roundCount: Int { rounds ?? (isSmall ? 3 : 9) }
  var linesMax: Int { isSmall ? 5_000 : .max }

  init(_ arguments: [String]) throws(BenchError) {
    var rest = arguments[...]
    func value(of option: String) throws(BenchError) -> String {
      guard let value = rest.popFirst() else { throw BenchError("\(option): expected a value\n\(Self.usage)") }
      return value
    }
    while let argument = rest.popFirst() {
      switch argument {
      case "--small": isSmall = true
      case "--policies": policies = try value(of: argument)
      case "--rounds":
        guard let number = Int(try value(of: argument)), (1...1_000).contains(number) else {
          throw BenchError("--rounds: expected a number from 1 to 1000")
        }
        rounds = number
      default:
        guard !argument.hasPrefix("-"), file.isEmpty else { throw BenchError("\(argument): unexpected\n\(Self.usage)") }
        file = argument
      }
    }
    guard !file.isEmpty else { throw BenchError(Self.usage) }
  }
}

/// Why nothing was measured.
struct BenchError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
