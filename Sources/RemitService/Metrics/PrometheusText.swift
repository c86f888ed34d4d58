internal import RemitWire

/// Writes metrics in Prometheus' text format, version 0.0.4.
struct PrometheusText: ~Copyable {
  enum Kind: String, Sendable {
    case counter, gauge, histogram
  }

  typealias Label = (name: String, value: String)

  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  private var output = ByteWriter()

  var bytes: [UInt8] { output.bytes }
  var hasFailed: Bool { output.hasFailed }

  /// What stands before the samples of a metric.
  mutating func family(_ name: String, _ kind: Kind, help: String) {
    output.append("# HELP ")
    output.append(name)
    output.append(" ")
    appendEscaped(help, quotes: false)
    output.append("\n# TYPE ")
    output.append(name)
    output.append(" ")
    output.append(kind.rawValue)
    output.append("\n")
  }

  mutating func sample(_ name: String, _ labels: [Label] = [], _ value: Int) {
    append(name, labels)
    output.append(value)
    output.append("\n")
  }

  mutating func sample(_ name: String, _ labels: [Label] = [], _ value: Double) {
    append(name, labels)
    output.append(Self.text(value))
    output.append("\n")
  }

  /// The samples of one histogram.
  ///
  /// - Parameters:
  ///   - bounds: The buckets' upper bounds, ascending, all finite.
  ///   - counts: How many values are in each bucket alone, and behind them how many are above the last bound.
  mutating func histogram(_ name: String, _ labels: [Label] = [], bounds: [Double], counts: [Int], sum: Double) {
    precondition(counts.count == bounds.count + 1, "a histogram has one bucket more than bounds")
    var total = 0
    for (index, count) in counts.enumerated() {
      total += count
      let bound = index < bounds.count ? Self.text(bounds[index]) : "+Inf"
      sample(name + "_bucket", labels + [("le", bound)], total)
    }
    sample(name + "_sum", labels, sum)
    sample(name + "_count", labels, total)
  }

  private mutating func append(_ name: String, _ labels: [Label]) {
    output.append(name)
    for (index, label) in labels.enumerated() {
      output.append(index == 0 ? "{" : ",")
      output.append(label.name)
      output.append("=\"")
      appendEscaped(label.value, quotes: true)
      output.append("\"")
    }
    output.append(labels.isEmpty ? " " : "} ")
  }

  private mutating func appendEscaped(_ text: String, quotes: Bool) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\\"): output.append("\\\\")
      case UInt8(ascii: "\n"): output.append("\\n")
      case UInt8(ascii: "\"") where quotes: output.append("\\\"")
      default: output.append(byte)
      }
    }
  }

  /// As Go reads numbers, which is what the format asks for.
  static func text(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if let whole = Int(exactly: value), abs(whole) < 1 << 53 { return "\(whole)" }
    return "\(value)"
  }

  // MARK: Names

  /// A name of a metric that the format allows, as near to the wanted one as can be.
  static func metricName(_ wanted: String) -> String {
    name(wanted, allowing: [UInt8(ascii: "_"), UInt8(ascii: ":")])
  }

  /// The same for a label: two underscores in front are Prometheus' own, and `le` is that of buckets.
  static func labelName(_ wanted: String) -> String {
    let name = name(wanted, allowing: [UInt8(ascii: "_")])
    return name.hasPrefix("__") || name == "le" ? "exported_" + name : name
  }

  private static func name(_ wanted: String, allowing others: [UInt8]) -> String {
    var name: [UInt8] = []
    for byte in wanted.utf8 {
      let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
      if isDigit && name.isEmpty { name.append(UInt8(ascii: "_")) }
      name.append(isDigit || isLetter || others.contains(byte) ? byte : UInt8(ascii: "_"))
    }
    return name.isEmpty ? "_" : String(decoding: name, as: UTF8.self)
  }
}
