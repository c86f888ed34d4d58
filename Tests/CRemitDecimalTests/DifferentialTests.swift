import CRemitDecimal
import Foundation
import RemitTestKit
import Testing

/// Cases and results from Python, whose decimals and whole numbers are an implementation of their own.
@Suite("Against Python")
struct DifferentialTests {
  @Test("every operation agrees with Python's numbers")
  func everyOperation() throws {
    let (seed, _) = SeededGenerator.printed()
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("reference.py").path
    guard output(of: ["python3", "-c", ""]) != nil else {
      print("skipped: no python3 on this machine")
      return
    }
    let cases = try #require(output(of: ["python3", script, String(seed), "6000"]), "reference.py failed")
    var seen: [Substring: Int] = [:]
    for line in cases.split(separator: "\n") {
      let sides = line.split(separator: "=")
      let words = sides[0].split(separator: " ")
      let expected = sides[1].trimmingPrefix(" ")
      let result = try #require(answer(words), "unknown case: \(line)")
      #expect(result == expected, "\(line), seed \(seed)")
      seen[words[0], default: 0] += 1
    }
    #expect(seen.count == 16 && seen.values.allSatisfy { $0 > 4_000 }, "\(seen)")
  }

  /// The result of one case, in the script's form; nil where the case is not understood.
  private func answer(_ words: [Substring]) -> String? {
    switch words[0] {
    case "split":
      return UInt64(words[1]).map { show(remit_decimal(double: Double(bitPattern: $0))) }
    case "power":
      return UInt64(words[2]).map { show(remit_decimal(words[1]).raised(to: $0)) }
    case "round":
      guard let places = Int32(words[2]), let mode = rounding(words[3]) else { return nil }
      return show(remit_decimal(words[1]).rounded(places, mode))
    case "divide_rounded":
      guard let places = Int32(words[3]), let mode = rounding(words[4]) else { return nil }
      return show(remit_decimal(words[1]).divided(by: remit_decimal(words[2]), places, mode))
    default:
      let (a, b) = (remit_decimal(words[1]), remit_decimal(words[2]))
      if let operation = Operation(rawValue: String(words[0])) { return show(operation(a, b)) }
      guard words[0].hasPrefix("short_"), let operation = Operation(rawValue: String(words[0].dropFirst(6))),
        let x = a.double, let y = b.double
      else { return nil }
      return show(operation.short(x, y).flatMap { remit_decimal(double: $0) })
    }
  }

  private func show(_ result: Result<remit_decimal, Failure>) -> String {
    switch result {
    case .success(let value): show(value)
    case .failure(let failure): name(failure.status)
    }
  }

  /// By the members, so that a result that is not reduced shows.
  private func show(_ value: remit_decimal?) -> String {
    guard let value else { return "-" }
    return "\(value.negative ? "-" : "")\(value.coefficientText)e\(value.exponent)"
  }
}
