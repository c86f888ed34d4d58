import CRemitDecimal
import Foundation
import RemitTestKit

/// What an operation answers, in a form that tables can spell: a value's compact text (`12.5`, `1e6144`) or the status.
typealias Outcome = String

func name(_ status: remit_decimal_status) -> Outcome {
  switch status {
  case REMIT_DECIMAL_OK: "ok"
  case REMIT_DECIMAL_INEXACT: "inexact"
  case REMIT_DECIMAL_RANGE: "range"
  case REMIT_DECIMAL_DIVISION_BY_ZERO: "division by zero"
  case REMIT_DECIMAL_SYNTAX: "syntax"
  default: "unknown status \(status.rawValue)"
  }
}

/// The roundings by the names that policies and decTest files use.
let roundings: [(name: String, value: remit_rounding)] = [
  ("half_even", REMIT_HALF_EVEN), ("half_up", REMIT_HALF_UP), ("half_down", REMIT_HALF_DOWN), ("down", REMIT_DOWN),
  ("up", REMIT_UP), ("floor", REMIT_FLOOR), ("ceiling", REMIT_CEILING),
]

func rounding(_ name: some StringProtocol) -> remit_rounding? { roundings.first { $0.name == name }?.value }

/// Equal members, which is what equal values must have.
func == (a: remit_decimal, b: remit_decimal) -> Bool {
  a.hi == b.hi && a.lo == b.lo && a.exponent == b.exponent && a.negative == b.negative
}

extension remit_decimal {
  static func parse(_ text: some StringProtocol, exponent: Bool = true) -> (remit_decimal_status, remit_decimal) {
    var text = String(text)
    var result = remit_decimal()
    // SAFETY: the pointer and its length are of one buffer, used during the call only.
    let status = text.withUTF8 { bytes in
      unsafe bytes.withMemoryRebound(to: CChar.self) {
        unsafe remit_decimal_parse($0.baseAddress, $0.count, exponent, &result)
      }
    }
    return (status, result)
  }

  /// The value of a text that is known to be one.
  init(_ text: some StringProtocol) {
    let (status, value) = Self.parse(text)
    precondition(status == REMIT_DECIMAL_OK, "\(text) is no decimal: \(CRemitDecimalTests.name(status))")
    self = value
  }

  /// The canonical text.
  var plain: String {
    unsafe bytes(capacity: Int(REMIT_DECIMAL_TEXT_MAX)) { value, text in unsafe remit_decimal_format(value, text) }
  }

  func fixed(_ places: Int32, _ rounding: remit_rounding) -> String {
    unsafe bytes(capacity: Int(REMIT_DECIMAL_TEXT_MAX) + 128) { value, text in
      unsafe remit_decimal_format_fixed(value, places, rounding, text)
    }
  }

  /// Canonical text, or coefficient and exponent where that would run to hundreds of zeros.
  var compact: Outcome {
    if exponent > -60 && exponent < 60 { return plain }
    return "\(negative ? "-" : "")\(coefficientText)e\(exponent)"
  }

  var coefficientText: String {
    unsafe bytes(capacity: Int(REMIT_DECIMAL_DIGITS_MAX)) { value, text in unsafe Int(remit_decimal_digits(value, text))
    }
  }

  /// Also checks that nothing is written beyond the room that the header promises to suffice.
  private func bytes(
    capacity: Int, _ write: (UnsafePointer<remit_decimal>, UnsafeMutablePointer<CChar>) -> Int
  ) -> String {
    var value = self
    var text = [CChar](repeating: 0x23, count: capacity + 16)
    // SAFETY: the array has the room that the function asks for, and more.
    let count = unsafe write(&value, &text)
    precondition(count <= capacity && text[capacity...].allSatisfy { $0 == 0x23 }, "text beyond its room")
    return String(decoding: text[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// The double of a short value.
  var double: Double? {
    var value = self
    var result = 0.0
    return unsafe remit_decimal_to_double(&value, &result) ? result : nil
  }

  init?(double: Double) {
    self.init()
    guard unsafe remit_decimal_from_double(double, &self) else { return nil }
  }

  static func compare(_ a: Self, _ b: Self) -> Int {
    var (a, b) = (a, b)
    return unsafe Int(remit_decimal_compare(&a, &b))
  }

  func rounded(_ places: Int32, _ rounding: remit_rounding) -> Result<remit_decimal, Failure> {
    var (value, result) = (self, remit_decimal())
    return Failure.result(unsafe remit_decimal_round(&value, places, rounding, &result), result)
  }

  func raised(to exponent: UInt64) -> Result<remit_decimal, Failure> {
    var (value, result) = (self, remit_decimal())
    return Failure.result(unsafe remit_decimal_power(&value, exponent, &result), result)
  }

  func divided(by b: Self, _ places: Int32, _ rounding: remit_rounding) -> Result<remit_decimal, Failure> {
    var (a, b, result) = (self, b, remit_decimal())
    return Failure.result(unsafe remit_decimal_divide_rounded(&a, &b, places, rounding, &result), result)
  }
}

struct Failure: Error, Equatable {
  var status: remit_decimal_status

  static func result(_ status: remit_decimal_status, _ value: remit_decimal) -> Result<remit_decimal, Failure> {
    status == REMIT_DECIMAL_OK ? .success(value) : .failure(Failure(status: status))
  }
}

extension Result<remit_decimal, Failure> {
  var outcome: Outcome {
    switch self {
    case .success(let value): value.compact
    case .failure(let failure): name(failure.status)
    }
  }
}

/// The operations of two operands, exact or refused.
enum Operation: String, CaseIterable {
  case add, subtract, multiply, divide
  case floorDivide = "floor_divide"
  case modulo

  func callAsFunction(_ a: remit_decimal, _ b: remit_decimal) -> Result<remit_decimal, Failure> {
    var (a, b, result) = (a, b, remit_decimal())
    let status =
      switch self {
      case .add: unsafe remit_decimal_add(&a, &b, &result)
      case .subtract: unsafe remit_decimal_subtract(&a, &b, &result)
      case .multiply: unsafe remit_decimal_multiply(&a, &b, &result)
      case .divide: unsafe remit_decimal_divide(&a, &b, &result)
      case .floorDivide: unsafe remit_decimal_floor_divide(&a, &b, &result)
      case .modulo: unsafe remit_decimal_modulo(&a, &b, &result)
      }
    return Failure.result(status, result)
  }

  func callAsFunction(_ a: String, _ b: String) -> Outcome { self(remit_decimal(a), remit_decimal(b)).outcome }

  /// The same on doubles; nil where they refuse.
  func short(_ a: Double, _ b: Double) -> Double? {
    var result = Double.nan
    let done =
      switch self {
      case .add: unsafe remit_short_add(a, b, &result)
      case .subtract: unsafe remit_short_subtract(a, b, &result)
      case .multiply: unsafe remit_short_multiply(a, b, &result)
      case .divide: unsafe remit_short_divide(a, b, &result)
      case .floorDivide: unsafe remit_short_floor_divide(a, b, &result)
      case .modulo: unsafe remit_short_modulo(a, b, &result)
      }
    return done ? result : nil
  }
}

func shortSplit(_ value: Double) -> (coefficient: Int64, places: Int32)? {
  var coefficient: Int64 = 0
  var places: Int32 = 0
  return unsafe remit_short_split(value, &coefficient, &places) ? (coefficient, places) : nil
}

func shortJoin(_ coefficient: Int64, _ places: Int32) -> Double? {
  var result = Double.nan
  return unsafe remit_short_join(coefficient, places, &result) ? result : nil
}

func shortText(_ value: Double) -> String {
  var text = [CChar](repeating: 0x23, count: 40)
  let count = unsafe remit_short_format(value, &text)
  return String(decoding: text[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
}

extension SeededGenerator {
  /// That of a test, which is printed.
  static func printed(_ test: String = #function) -> (seed: UInt64, generator: SeededGenerator) {
    print("\(test): REMIT_SEED=\(TestSeed.value)")
    return (TestSeed.value, SeededGenerator(seed: TestSeed.value))
  }

  /// Up to `digits` digits, `places` behind the point, either sign; now and then of nines, ones or few digits only.
  mutating func decimal(digits: Int = 34, places: ClosedRange<Int> = -8...30) -> remit_decimal {
    let count = Int.random(in: 1...digits, using: &self)
    let alphabet = ["0123456789", "0123456789", "9", "09", "1", "05"].randomElement(using: &self)!
    let text = String((0..<count).map { _ in alphabet.randomElement(using: &self)! })
    let sign = Bool.random(using: &self) ? "-" : ""
    return remit_decimal("\(sign)\(text)e\(-Int.random(in: places, using: &self))")
  }

  /// The double of a short value.
  mutating func short() -> Double {
    while true {
      let value = decimal(digits: 15, places: Bool.random(using: &self) ? 0...3 : 0...22)
      if let double = value.double { return double }
    }
  }
}

/// Runs a program and returns what it prints; nil where it cannot be run or fails.
func output(of arguments: [String]) -> String? {
  let process = Process()
  let pipe = Pipe()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = arguments
  process.standardOutput = pipe
  process.standardInput = FileHandle.nullDevice
  guard (try? process.run()) != nil else { return nil }
  let data = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return process.terminationStatus == 0 ? String(decoding: data, as: UTF8.self) : nil
}
