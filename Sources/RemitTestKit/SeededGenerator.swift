import Glibc

/// SplitMix64: the same numbers from the same seed, everywhere.
package struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// Where the choices of random tests come from, and how many they make.
package enum TestSeed {
  /// `REMIT_SEED`. Without it the same in each run: a test that fails does so for what was changed.
  package static let value = variable("REMIT_SEED").flatMap(UInt64.init) ?? 20_250_615

  /// `REMIT_EFFORT`: how many times as many runs as in CI.
  package static let effort = variable("REMIT_EFFORT").flatMap(Int.init) ?? 1

  private static func variable(_ name: String) -> String? {
    // SAFETY: nothing sets a variable meanwhile, and the text is copied.
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }
}
