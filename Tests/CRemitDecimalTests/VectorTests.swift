import CRemitDecimal
import Foundation
import Testing

/// The General Decimal Arithmetic test cases, as far as this machine has them: CPython's own tests carry them.
///
/// They are read where they lie; what our model does not have (rounding to a precision, signed zeros, NaN,
/// infinities) is passed over.
@Suite("General Decimal Arithmetic test cases")
struct VectorTests {
  /// Files for any precision, and those for decQuad, whose model of 34 digits is ours.
  static let files = [
    "add", "subtract", "multiply", "divide", "divideint", "remainder", "compare", "quantize", "power", "tointegral",
    "plus", "minus",
    "dqAdd", "dqSubtract", "dqMultiply", "dqDivide", "dqDivideInt", "dqRemainder", "dqCompare", "dqQuantize",
    "dqToIntegral", "dqPlus",
  ]

  @Test("our results are theirs wherever both exist")
  func vectors() throws {
    let find = "import os, test; print(os.path.join(os.path.dirname(test.__file__), 'decimaltestdata'))"
    guard let directory = output(of: ["python3", "-c", find])?.trimmingCharacters(in: .whitespacesAndNewlines),
      FileManager.default.fileExists(atPath: directory)
    else {
      print("skipped: no decimaltestdata beside this machine's python3")
      return
    }
    var checked: [String: Int] = [:]
    for file in Self.files {
      let path = "\(directory)/\(file).decTest"
      guard let bytes = FileManager.default.contents(atPath: path) else { continue }
      var state = Vector.Settings()
      for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
        guard let vector = Vector(line, &state), let verdict = vector.verdict() else { continue }
        #expect(verdict.ours == verdict.theirs, "\(file).decTest: \(line)")
        checked[vector.operation, default: 0] += 1
      }
    }
    print(
      "decTest cases checked:",
      checked.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
    #expect(
      checked["add", default: 0] > 500 && checked["multiply", default: 0] > 100 && checked["divide", default: 0] > 100)
    #expect(
      checked["quantize", default: 0] > 300 && checked["compare", default: 0] > 500
        && checked["remainder", default: 0] > 100)
  }
}

/// One line: `id operation operands -> result conditions`.
private struct Vector {
  struct Settings {
    var precision = 9
    var rounding: remit_rounding?
  }

  var operation: String
  var operands: [remit_decimal]
  /// Nil where it is none of ours: infinite, not a number, out of range.
  var result: remit_decimal?
  var conditions: Set<String>
  var settings: Settings
  /// The exponent as written of the second operand: what `quantize` goes by.
  var writtenExponent: Int

  /// Nil for operands that are not ours and for a line that is no case, like a directive, which changes the settings.
  init?(_ line: Substring, _ settings: inout Settings) {
    let words = line.split(whereSeparator: \.isWhitespace).map { $0.trimmingCharacters(in: ["'", "\""]) }
    if words.count >= 2, words[0].hasSuffix(":") {
      if words[0].lowercased() == "precision:" { settings.precision = Int(words[1]) ?? 0 }
      if words[0].lowercased() == "rounding:" { settings.rounding = CRemitDecimalTests.rounding(words[1].lowercased()) }
      return nil
    }
    guard let arrow = words.firstIndex(of: "->"), arrow >= 3, words.count > arrow + 1, !words[0].hasPrefix("--") else {
      return nil
    }
    let texts = words[2..<arrow]
    let parsed = texts.map { Self.read($0) }
    guard parsed.allSatisfy({ $0 != nil }) else { return nil }
    self.operation = words[1].lowercased()
    self.operands = parsed.compactMap { $0 }
    self.result = Self.read(words[arrow + 1])
    self.conditions = Set(words[(arrow + 2)...].prefix { !$0.hasPrefix("--") }.map { $0.lowercased() })
    self.settings = settings
    self.writtenExponent = texts.last.map(Self.exponent) ?? 0
  }

  /// As decTest allows a point at the end (`1.`), which our grammar does not.
  private static func read(_ text: String) -> remit_decimal? {
    var text = text.lowercased()
    if text.hasSuffix(".") { text.removeLast() }
    text = text.replacingOccurrences(of: ".e", with: "e")
    let (status, value) = remit_decimal.parse(text)
    return status == REMIT_DECIMAL_OK ? value : nil
  }

  private static func exponent(_ text: String) -> Int {
    let parts = text.lowercased().split(separator: "e")
    let point = parts[0].firstIndex(of: ".")
    let fraction = point.map { parts[0].distance(from: $0, to: parts[0].endIndex) - 1 } ?? 0
    return (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) - fraction
  }

  private var isExact: Bool {
    conditions.isDisjoint(with: [
      "inexact", "overflow", "underflow", "invalid_operation", "division_by_zero", "division_undefined",
      "division_impossible",
      "invalid_context", "insufficient_storage", "conversion_syntax",
    ])
  }

  /// Ours and theirs; nil where the case says nothing about us.
  func verdict() -> (ours: Outcome, theirs: Outcome)? {
    let theirs: Outcome
    if isExact, let result {
      theirs = result.compact
    } else if conditions.contains("division_by_zero"), operation == "divide" || operation == "divideint" {
      theirs = name(REMIT_DECIMAL_DIVISION_BY_ZERO)
    } else if conditions.contains("inexact"), settings.precision == REMIT_DECIMAL_DIGITS_MAX,
      conditions.isDisjoint(with: ["overflow", "underflow", "subnormal", "clamped"]),
      ["add", "subtract", "multiply", "divide"].contains(operation)
    {
      theirs = name(REMIT_DECIMAL_INEXACT)
    } else if operation == "quantize", conditions.isDisjoint(with: ["invalid_operation"]), let result {
      theirs = result.compact  // rounding is its task
    } else {
      return nil
    }
    guard let ours else { return nil }
    return (ours, theirs)
  }

  private var ours: Outcome? {
    let a = operands[0]
    if operands.count == 1 {
      switch operation {
      case "plus": return Operation.add(remit_decimal("0"), a).outcome
      case "minus": return Operation.subtract(remit_decimal("0"), a).outcome
      case "tointegral": return settings.rounding.map { a.rounded(0, $0).outcome }
      default: return nil
      }
    }
    guard operands.count == 2 else { return nil }
    let b = operands[1]
    // Ours floor, theirs cut off: the same where no sign differs.
    let sameSigns = a.negative == b.negative
    switch operation {
    case "add": return Operation.add(a, b).outcome
    case "subtract": return Operation.subtract(a, b).outcome
    case "multiply": return Operation.multiply(a, b).outcome
    case "divide": return Operation.divide(a, b).outcome
    case "divideint": return sameSigns || (b.lo | b.hi) == 0 ? Operation.floorDivide(a, b).outcome : nil
    case "remainder": return sameSigns ? Operation.modulo(a, b).outcome : nil
    case "compare": return String(remit_decimal.compare(a, b))
    case "quantize": return settings.rounding.map { a.rounded(Int32(-writtenExponent), $0).outcome }
    case "power":
      guard b.exponent >= 0, !b.negative, b.exponent < 3, b.hi == 0, let exponent = UInt64(b.plain) else { return nil }
      return a.raised(to: exponent).outcome
    default: return nil
    }
  }
}
