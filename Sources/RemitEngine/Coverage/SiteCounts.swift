internal import RemitLua
internal import RemitWire

/// How often each site of a machine's modules was reached: two counts a site, by the module's name.
///
/// Of a condition they are how often it was true and how often false, of anything else how often it was reached, and 0.
struct SiteCounts {
  private(set) var modules: [String: [Int]] = [:]

  init() {}

  /// What a traced machine has counted since it was made.
  init(of machine: LuaVM) {
    guard let json = try? machine.coverage(), let view = try? JSONView(json.array()) else { return }
    for module in view["modules"]?.elements ?? [] {
      guard let name = module["name"]?.string, let counts = module["counts"] else { continue }
      modules[name] = Self.numbers(counts.rawBytes)
    }
  }

  /// The whole numbers of `[1,2,…]`, in one pass: there are thousands.
  private static func numbers(_ json: ArraySlice<UInt8>) -> [Int] {
    var numbers: [Int] = []
    var number: Int?
    for byte in json {
      if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
        number = (number ?? 0) * 10 + Int(byte - UInt8(ascii: "0"))
      } else if let found = number {
        numbers.append(found)
        number = nil
      }
    }
    return numbers
  }
}
